//===- Program.cpp - The host's side of a spec ------------------------------===//
//
// Sizes that types do not already prove equal are compared at launch, under the
// names the user gave: "sequence length of %k". Static sizes of arguments are
// promises that every launch checks by itself.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Program.h"

#include "dialects/Attn/IR/HeadSharing.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace lacuna {

namespace {
class ProgramEmitter {
public:
  ProgramEmitter(func::FuncOp spec, Block &body, const StatusBits &bits)
      : spec(spec), builder(ImplicitLocOpBuilder::atBlockBegin(spec.getLoc(), &body)), bits(bits) {
    values.map(spec.getArguments(), body.getArguments());
  }

  /// Makes the table of an expansion. An extent that would be below zero is zero:
  /// whoever reads the table finds nothing there.
  void emitExpansion(const ExpandKernel &expansion) {
    attn::ExpandBlocksOp op = expansion.op;
    builder.setLoc(op.getLoc());
    auto notNegative = [&](Value size) {
      return builder.createOrFold<arith::MaxSIOp>(size, number(0));
    };
    Value columns = notNegative(
        builder.createOrFold<arith::IndexCastOp>(builder.getIndexType(), onHost(op.getColumns())));
    expectLists(op, columns);

    int64_t rank = op.getBlocks().getType().getRank();
    SmallVector<Value> sizes;
    for (int64_t axis = 0; axis + 1 < rank; ++axis)
      sizes.push_back(extent({op.getOffsets() ? op.getOffsets() : op.getList(), axis, ""}));
    if (op.getOffsets())
      sizes.back() = notNegative(builder.createOrFold<arith::SubIOp>(sizes.back(), number(1)));
    sizes.push_back(columns);
    Value blocks = temporary(sizes, builder.getI1Type());
    values.map(op.getBlocks(), blocks);
    for (auto [axis, size] : llvm::enumerate(sizes))
      extents[{op.getBlocks(), axis}] = size;

    SmallVector<Value> operands(
        llvm::map_range(listsOf(op), [&](Value list) { return values.lookup(list); }));
    operands.append({blocks, statusWord()});
    Grid grid{rank > 3 ? sizes[0] : number(1), rank > 2 ? sizes[rank - 3] : number(1),
              sizes[rank - 2]};
    launch(symbolOf(expansion.kernel), grid, operands, /*ofPlan=*/true);
  }

  /// Checks the scalars whose value the spec was made for.
  void checkScalars() {
    for (BlockArgument argument : spec.getArguments()) {
      auto promised = spec.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), "attn.value");
      if (!promised)
        continue;
      Value given = values.lookup(argument);
      // The host knows an i1 as 0 or 1.
      given = argument.getType().isInteger(1)
                  ? arith::IndexCastUIOp::create(builder, builder.getIndexType(), given).getResult()
                  : arith::IndexCastOp::create(builder, builder.getIndexType(), given).getResult();
      tile::ExpectEqualOp::create(builder, given, builder.getStringAttr(nameInSpec(argument)),
                                  number(promised.getInt()), builder.getStringAttr(""));
    }
  }

  /// Checks the sizes of an attend, makes its results, and its plan if it has one.
  void prepare(attn::AttendOp attend, const AttendKernel &kernel) {
    builder.setLoc(attend.getLoc());
    Value q = attend.getQuery(), k = attend.getKey(), v = attend.getValue();
    expectEqual({q, 0, "batch"}, {k, 0, "batch"});
    expectEqual({q, 0, "batch"}, {v, 0, "batch"});
    expectEqual({k, 1, "key heads"}, {v, 1, "key heads"});
    expectHeads(attend);
    expectEqual({k, 2, "sequence length"}, {v, 2, "sequence length"});
    expectPositions(attend.getQueryPosition(), q, "query heads");
    expectPositions(attend.getKeyPosition(), k, "key heads");
    if (attend.isRagged())
      expectOffsets(attend);

    for (Value result : attend.getResults())
      if (!result.use_empty())
        values.map(result, resultLike(cast<RankedTensorType>(result.getType()), q));
    groups[attend] = emitHeadGroup(attend, symbolOf(kernel.kernel));
    if (kernel.plan)
      plans[attend] = emitPlan(attend, *kernel.plan, symbolOf(kernel.kernel));
  }

  /// All plans come before all launches that use them.
  void emitLaunch(attn::AttendOp attend, const AttendKernel &kernel) {
    builder.setLoc(attend.getLoc());
    SmallVector<Value> operands(
        llvm::map_range(kernel.operands, [&](Value operand) { return values.lookup(operand); }));
    llvm::append_range(operands, plans[attend]);
    operands.push_back(groups[attend]);
    if (kernel.takesStatus)
      operands.push_back(statusWord());
    Grid grid = gridOf(attend);
    if (attend.isRagged())
      grid = ofPieces(pieceCounts[attend], grid.heads);
    launch(symbolOf(kernel.kernel), grid, operands, /*ofPlan=*/false);
  }

  void emitReturn() {
    Operation *end = spec.front().getTerminator();
    builder.setLoc(end->getLoc());
    SmallVector<Value> results(
        llvm::map_range(end->getOperands(), [&](Value result) { return values.lookup(result); }));
    tile::ReturnOp::create(builder, results);
  }

private:
  /// Batches, heads and rows of a launch.
  struct Grid {
    Value batches, heads, rows;
  };

  /// A block for each batch, head and query tile; or for each key head and tile of the
  /// rows that its query heads have together.
  Grid gridOf(attn::AttendOp attend) {
    Value q = attend.getQuery();
    Value batches = extent({q, 0, ""});
    int64_t heads = attn::headsTogether(attend);
    if (heads == 1)
      return {batches, extent({q, 1, ""}), extent({q, 2, ""})};
    Value rows = builder.createOrFold<arith::MulIOp>(extent({q, 2, ""}), number(heads));
    return {batches, extent({attend.getKey(), 1, ""}), rows};
  }

  /// A block for each piece and head.
  Grid ofPieces(Value pieces, Value heads) { return {pieces, heads, number(1)}; }

  void launch(FlatSymbolRefAttr kernel, Grid grid, ValueRange operands, bool ofPlan) {
    tile::LaunchOp::create(builder, kernel, grid.batches, grid.heads, grid.rows, operands,
                           IntegerAttr(), IntegerAttr(), IntegerAttr(), IntegerAttr(),
                           ofPlan ? builder.getUnitAttr() : UnitAttr());
  }

  /// The program's copy of scalar code of the spec, folded.
  Value onHost(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || values.contains(value))
      return values.lookup(value);
    if (auto dim = dyn_cast<tensor::DimOp>(op))
      return extent({dim.getSource(), *dim.getConstantIndex(), ""});
    for (Value operand : op->getOperands())
      values.map(operand, onHost(operand));
    Operation *copy = builder.clone(*op, values);
    SmallVector<Value> folded;
    if (failed(builder.tryFold(copy, folded)) || folded.empty())
      return copy->getResult(0);
    copy->erase();
    return folded[0];
  }

  Value number(int64_t value) { return arith::ConstantIndexOp::create(builder, value); }

  /// A size as kernels take it.
  Value asArgument(Value size) {
    return arith::IndexCastOp::create(builder, builder.getI32Type(), size);
  }

  /// What a kernel is passed for a value of the spec; a size is computed here.
  Value passed(Value operand) {
    auto dim = operand.getDefiningOp<tensor::DimOp>();
    return dim ? asArgument(extent({dim.getSource(), *dim.getConstantIndex(), ""}))
               : values.lookup(operand);
  }

  /// A tensor that only kernels see. Sizes that are known are in its type.
  Value temporary(ArrayRef<Value> sizes, Type element) {
    SmallVector<int64_t> shape;
    SmallVector<Value> open;
    for (Value size : sizes) {
      std::optional<int64_t> known = getConstantIntValue(size);
      shape.push_back(known.value_or(ShapedType::kDynamic));
      if (!known)
        open.push_back(size);
    }
    return tile::NewTensorOp::create(builder, RankedTensorType::get(shape, element), open);
  }

  /// The cells of a table, written by its kernel.
  Value emitSummary(const TableSummary &summary) {
    auto type = cast<RankedTensorType>(summary.table.getType());
    int64_t last = type.getRank() - 1;
    SmallVector<Value> sizes;
    for (int64_t axis = 0; axis < last; ++axis)
      sizes.push_back(extent({summary.table, axis, ""}));
    Grid grid{last > 0 ? sizes[0] : number(1), last > 1 ? sizes[1] : number(1),
              extent({summary.table, last, ""})};
    Value segments =
        builder.createOrFold<arith::CeilDivSIOp>(grid.rows, number(tile::SummarizeOp::kSegment));
    sizes.append({builder.createOrFold<arith::MulIOp>(segments, number(tile::SummarizeOp::kStride)),
                  number(3)});
    Value cells = temporary(sizes, builder.getI64Type());
    launch(symbolOf(summary.kernel), grid, {values.lookup(summary.table), cells}, /*ofPlan=*/true);
    return cells;
  }

  /// Runs that a list has room for, unless the user pins it: one for every key
  /// tile where all lists take 16 MiB at most; else what those hold, but 64 at
  /// least.
  Value emitCapacity(attn::AttendOp attend, Value lists, Value tiles) {
    if (auto schedule = attend.getScheduleAttr(); schedule && schedule.getPlanCapacity())
      return number(schedule.getPlanCapacity());
    Value atLeastOne = arith::MaxSIOp::create(builder, lists, number(1));
    Value share = arith::FloorDivSIOp::create(builder, number((16 << 20) / 8), atLeastOne);
    Value fair = arith::MaxSIOp::create(builder, share, number(64));
    return arith::MinSIOp::create(builder, tiles, fair);
  }

  /// How many heads of a launch read keys and values that the cache holds together, as
  /// kernels take it: all of those that share a key head, or several times as many.
  Value emitHeadGroup(attn::AttendOp attend, FlatSymbolRefAttr main) {
    Value k = attend.getKey();
    int64_t bytes = (attend.getQueryHeadDim() + attend.getValueHeadDim()) *
                    cast<RankedTensorType>(k.getType()).getElementTypeBitWidth() / 8;
    Value one = number(1);
    Value keys = builder.createOrFold<arith::MaxSIOp>(extent({k, 2, ""}), one);
    Value ofHead = builder.createOrFold<arith::MulIOp>(keys, number(bytes));
    Value cache = tile::CacheBytesOp::create(builder, main);
    Value fitting = arith::FloorDivSIOp::create(builder, cache, ofHead);
    Value keyHeads = arith::MaxSIOp::create(builder, fitting, one);
    Value heads = keyHeads;
    if (attn::headsTogether(attend) == 1)
      heads = arith::MulIOp::create(builder, keyHeads, queryHeadsPerKeyHead(attend));
    Value group = arith::MinSIOp::create(builder, heads, gridOf(attend).heads);
    return asArgument(arith::MaxSIOp::create(builder, group, one));
  }

  Value queryHeadsPerKeyHead(attn::AttendOp attend) {
    Value keyHeads =
        builder.createOrFold<arith::MaxSIOp>(extent({attend.getKey(), 1, ""}), number(1));
    return builder.createOrFold<arith::FloorDivSIOp>(extent({attend.getQuery(), 1, ""}), keyHeads);
  }

  /// Makes a plan; returns what kernels take of it, as AttendKernel says.
  SmallVector<Value> emitPlan(attn::AttendOp attend, const AttendPlan &plan,
                              FlatSymbolRefAttr main) {
    SmallVector<Value> listed = plan.lists ? listOperands(attend, plan) : SmallVector<Value>();
    Grid grid = gridOf(attend);
    if (!plan.perBatch)
      grid.batches = number(1);
    if (!plan.perHead)
      grid.heads = number(1);
    Value rows = tile::TileCountOp::create(builder, grid.rows, tile::Axis::Query, main.getValue());
    Type i32 = builder.getI32Type();
    SmallVector<Value> results;
    if (plan.pieces) {
      rows = pieceCounts[attend] = emitPieceCount(attend, rows);
      results.push_back(temporary({rows, number(6)}, i32));
    }
    if (!plan.order) { // runs are tables in the kernel
      emitPieces(attend, plan, results[0], /*counts=*/{});
      return results;
    }
    Value lists = plan.lists ? emitLists(attend, main, grid, rows) : Value();
    Value counts = temporary({grid.batches, grid.heads, rows, number(2)}, i32);
    Value order = temporary({grid.batches, grid.heads, rows}, i32);
    Value scratch = temporary({grid.batches, grid.heads, rows}, i32);
    if (plan.pieces)
      emitPieces(attend, plan, results[0], plan.lists ? Value() : counts);
    if (plan.lists) {
      listed.append(results);
      listed.append({lists, counts, statusWord()});
      launch(symbolOf(plan.lists), plan.pieces ? ofPieces(rows, grid.heads) : grid, listed,
             /*ofPlan=*/true);
      results.append({lists, counts});
    }
    Value group = groups[attend];
    Value inGroup = arith::IndexCastOp::create(builder, builder.getIndexType(), group);
    Value launched = arith::CeilDivSIOp::create(builder, grid.heads, inGroup);
    launch(symbolOf(plan.order), {grid.batches, launched, number(1)},
           {counts, order, scratch, group},
           /*ofPlan=*/true);
    results.push_back(order);
    return results;
  }

  /// What the kernel of the lists takes before the plan's own tensors; makes the summaries.
  SmallVector<Value> listOperands(attn::AttendOp attend, const AttendPlan &plan) {
    SmallVector<Value> operands = {asArgument(extent({attend.getQuery(), 2, ""})),
                                   asArgument(extent({attend.getKey(), 2, ""})),
                                   asArgument(queryHeadsPerKeyHead(attend))};
    for (Value operand : plan.operands)
      operands.push_back(passed(operand));
    for (const TableSummary &summary : plan.summaries)
      operands.push_back(emitSummary(summary));
    return operands;
  }

  /// Room for the lists of runs of `rows` query tiles of each head and batch.
  Value emitLists(attn::AttendOp attend, FlatSymbolRefAttr main, Grid grid, Value rows) {
    Value keys = extent({attend.getKey(), 2, ""});
    Value tiles = tile::TileCountOp::create(builder, keys, tile::Axis::Key, main.getValue());
    Value slices = builder.createOrFold<arith::MulIOp>(grid.batches, grid.heads);
    Value capacity = emitCapacity(attend, arith::MulIOp::create(builder, slices, rows), tiles);
    return temporary({grid.batches, grid.heads, rows, capacity, number(2)}, builder.getI32Type());
  }

  /// As many query tiles as all sequences of a ragged batch can have together, when all
  /// its queries take `tiles`.
  Value emitPieceCount(attn::AttendOp attend, Value tiles) {
    Value offsets = extent({attend.getQueryOffsets(), 0, ""});
    Value sequences = builder.createOrFold<arith::SubIOp>(offsets, number(1));
    sequences = builder.createOrFold<arith::MaxSIOp>(sequences, number(0));
    return arith::AddIOp::create(builder, tiles, sequences);
  }

  /// Cuts the sequences of a ragged batch; by one warp. Counts their key tiles, if there
  /// is something to count in.
  void emitPieces(attn::AttendOp attend, const AttendPlan &plan, Value pieces, Value counts) {
    SmallVector<Value> operands = {pieces};
    if (counts)
      operands.push_back(counts);
    operands.append({values.lookup(attend.getQueryOffsets()), values.lookup(attend.getKeyOffsets()),
                     asArgument(extent({attend.getQuery(), 2, ""})),
                     asArgument(extent({attend.getKey(), 2, ""})), statusWord()});
    Value one = number(1);
    launch(symbolOf(plan.pieces), {one, one, one}, operands, /*ofPlan=*/true);
  }

  static FlatSymbolRefAttr symbolOf(tile::KernelOp kernel) {
    return FlatSymbolRefAttr::get(kernel.getSymNameAttr());
  }

  /// A size of a tensor of the spec, and what it counts.
  struct Size {
    Value tensor;
    int64_t axis;
    StringRef what;
  };

  static int64_t staticSize(Size size) {
    return cast<RankedTensorType>(size.tensor.getType()).getDimSize(size.axis);
  }
  static bool isDynamic(Size size) { return ShapedType::isDynamic(staticSize(size)); }

  /// Each size is read once.
  Value extent(Size size) {
    Value &known = extents[{size.tensor, size.axis}];
    if (!known)
      known = builder.createOrFold<tensor::DimOp>(values.lookup(size.tensor), size.axis);
    return known;
  }

  /// The status that all kernels share.
  Value statusWord() {
    if (!status) {
      SmallVector<StringRef> meanings(bits.meanings().begin(), bits.meanings().end());
      status = tile::StatusOp::create(builder, builder.getStrArrayAttr(meanings));
    }
    return status;
  }

  /// "sequence length of %k".
  StringAttr label(Size size) {
    return builder.getStringAttr(size.what + " of " + nameInSpec(size.tensor));
  }

  template <class ExpectOp>
  void expect(Size lhs, Size rhs) {
    if (!isDynamic(lhs) && !isDynamic(rhs)) // the verifier has compared them
      return;
    Value left = extent(lhs), right = extent(rhs);
    ExpectOp::create(builder, left, label(lhs), right, label(rhs));
  }
  void expectEqual(Size lhs, Size rhs) {
    if (lhs.tensor != rhs.tensor || lhs.axis != rhs.axis)
      expect<tile::ExpectEqualOp>(lhs, rhs);
  }
  void expectDivides(Size lhs, Size rhs) {
    if (lhs.tensor != rhs.tensor || lhs.axis != rhs.axis)
      expect<tile::ExpectDividesOp>(lhs, rhs);
  }

  /// Counts and offsets have the leading dimensions of their list, and bit maps as
  /// many words as the columns need.
  void expectLists(attn::ExpandBlocksOp op, Value columns) {
    int64_t last = op.getList().getType().getRank() - 1;
    const StringRef names[] = {"batch", "heads", "rows"};
    Value numbers = op.getCounts() ? op.getCounts() : op.getOffsets();
    for (int64_t axis = 0; numbers && axis < last; ++axis) {
      StringRef what = names[axis + (op.getCounts() ? 3 : 2) - last];
      expectEqual({op.getList(), axis, what}, {numbers, axis, what});
    }
    if (!op.getBits())
      return;
    Value words = arith::CeilDivSIOp::create(builder, columns, number(32));
    Size given{op.getList(), last, "words"};
    tile::ExpectEqualOp::create(builder, extent(given), label(given), words,
                                builder.getStringAttr("words for a bit of every column"));
  }

  /// A table of positions ends in the dimensions of what it describes.
  void expectPositions(Value position, Value described, StringRef heads) {
    auto table = position ? dyn_cast<RankedTensorType>(position.getType()) : RankedTensorType();
    if (!table)
      return;
    int64_t rank = table.getRank();
    expectEqual({position, rank - 1, "positions"}, {described, 2, "sequence length"});
    if (rank > 1)
      expectEqual({position, 0, "batch"}, {described, 0, "batch"});
    if (rank > 2)
      expectEqual({position, 1, heads}, {described, 1, heads});
  }

  /// Every key head has as many query heads, or as many as the schedule says.
  void expectHeads(attn::AttendOp attend) {
    Size q{attend.getQuery(), 1, "query heads"}, k{attend.getKey(), 1, "key heads"};
    int64_t heads = attn::headsTogether(attend);
    if (heads == 1)
      return expectDivides(k, q);
    if (attn::queryHeadsPerKeyHead(attend)) // compared before
      return;
    Value wanted = builder.createOrFold<arith::MulIOp>(extent(k), number(heads));
    StringAttr name = builder.getStringAttr(Twine(heads) + " times the " + label(k).getValue());
    tile::ExpectEqualOp::create(builder, extent(q), label(q), wanted, name);
  }

  /// Sequences lie along one axis, and have queries as well as keys.
  void expectOffsets(attn::AttendOp attend) {
    Size batch{attend.getQuery(), 0, "batch"};
    if (isDynamic(batch))
      tile::ExpectEqualOp::create(builder, extent(batch), label(batch), number(1),
                                  builder.getStringAttr("batch of ragged tensors"));
    expectEqual({attend.getQueryOffsets(), 0, "offsets"}, {attend.getKeyOffsets(), 0, "offsets"});
  }

  /// Results have the leading sizes of the query; other sizes are static.
  Value resultLike(RankedTensorType type, Value query) {
    SmallVector<Value> dynamic;
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (type.isDynamicDim(axis))
        dynamic.push_back(extent({query, axis, ""}));
    return tile::NewTensorOp::create(builder, type, dynamic);
  }

  func::FuncOp spec;
  ImplicitLocOpBuilder builder;
  const StatusBits &bits;
  Value status;
  IRMapping values;
  DenseMap<std::pair<Value, int64_t>, Value> extents;
  /// What the kernel of an attend takes of its plan.
  DenseMap<Operation *, SmallVector<Value>> plans;
  /// Room for pieces of a ragged attend.
  DenseMap<Operation *, Value> pieceCounts;
  /// Heads whose work an attend mixes.
  DenseMap<Operation *, Value> groups;
};
} // namespace

void emitProgram(OpBuilder &builder, func::FuncOp spec, ArrayRef<ExpandKernel> expansions,
                 ArrayRef<std::pair<attn::AttendOp, AttendKernel>> kernels,
                 const StatusBits &bits) {
  OperationState state(spec.getLoc(), tile::ProgramOp::getOperationName());
  auto &properties = state.getOrAddProperties<tile::ProgramOp::Properties>();
  properties.sym_name = spec.getSymNameAttr();
  properties.function_type = TypeAttr::get(spec.getFunctionType());
  Block &body = state.addRegion()->emplaceBlock();
  for (BlockArgument argument : spec.getArguments())
    body.addArgument(argument.getType(), argument.getLoc());
  auto program = cast<tile::ProgramOp>(builder.create(state));
  for (unsigned index = 0; index < spec.getNumArguments(); ++index)
    for (StringRef about : {"name", "digest"})
      if (auto text = spec.getArgAttrOfType<StringAttr>(index, ("attn." + about).str()))
        program.setArgAttr(index, ("tile." + about).str(), text);

  ProgramEmitter emitter(spec, body, bits);
  emitter.checkScalars();
  for (const ExpandKernel &expansion : expansions)
    emitter.emitExpansion(expansion);
  for (auto &[attend, kernel] : kernels)
    emitter.prepare(attend, kernel);
  for (auto &[attend, kernel] : kernels)
    emitter.emitLaunch(attend, kernel);
  emitter.emitReturn();
}

} // namespace lacuna
