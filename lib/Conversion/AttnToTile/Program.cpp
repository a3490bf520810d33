//===- Program.cpp - The host's side of a spec ------------------------------===//
#include "lib/Conversion/AttnToTile/Program.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "lib/Conversion/AttnToTile/KernelPlace.h"
#include "lib/Conversion/AttnToTile/ProgramSizes.h"
#include "lib/Conversion/AttnToTile/RowIndices.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace lacuna {

namespace {
class ProgramEmitter : public ProgramSizes {
public:
  ProgramEmitter(func::FuncOp spec, Block &body, const StatusBits &bits)
      : ProgramSizes(spec, body), bits(bits) {}

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

  /// Makes an order, what rows are sorted by, or a table in an order.
  void emitOrder(const OrderKernel &made) {
    Operation *op = made.op;
    builder.setLoc(op->getLoc());
    auto gather = dyn_cast<attn::GatherOp>(op);
    auto hash = dyn_cast<attn::HashOp>(op);
    Value like = gather ? Value(gather.getOrder()) : op->getOperand(0);
    if (gather)
      expectOrder(like, gather.getSource());
    if (hash)
      expectProjections(hash);
    SmallVector<Value> sizes;
    for (int64_t axis = 0; axis < 3; ++axis)
      sizes.push_back(extent({like, axis, ""}));
    SmallVector<Value> operands(
        llvm::map_range(op->getOperands(), [&](Value operand) { return values.lookup(operand); }));
    for (Value result : op->getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      operands.push_back(
          temporary(ArrayRef(sizes).take_front(type.getRank()), type.getElementType()));
      values.map(result, operands.back());
      takeExtents(result, like);
    }
    if (isa<attn::SortOp>(op))
      operands.push_back(temporary(sizes, builder.getI32Type()));
    launch(symbolOf(made.kernel), {sizes[0], sizes[1], gather || hash ? sizes[2] : number(1)},
           operands, /*ofPlan=*/true);
  }

  /// Checks the sizes of an op, makes its results, and its plan if it has one.
  void prepare(Operation *op, const AttendKernel &kernel) {
    builder.setLoc(op->getLoc());
    checkSizes(op);
    Value like = rowTensorOf(op);
    for (const GradientSum &sum : kernel.sums)
      makeSums(sum);
    for (Value result : writtenResults(op))
      if (!values.contains(result)) {
        values.map(result, resultLike(cast<RankedTensorType>(result.getType()), like));
        takeExtents(result, like);
      }
    auto attend = dyn_cast<attn::TiledAttention>(op);
    if (kernel.takesGroup)
      groups[op] = emitHeadGroup(attend, symbolOf(kernel.kernel));
    if (kernel.plan)
      plans[op] = emitPlan(attend, *kernel.plan, symbolOf(kernel.kernel));
  }

  /// All plans come before all launches that use them.
  void emitLaunch(Operation *op, const AttendKernel &kernel) {
    builder.setLoc(op->getLoc());
    for (const GradientSum &sum : kernel.sums)
      launchOnSums(sum.clear, sum, sums[sum.gradient]);
    SmallVector<Value> operands;
    for (Value operand : kernel.operands) {
      Value sum = operand.getDefiningOp() == op ? sums.lookup(operand) : Value();
      operands.push_back(sum ? sum : values.lookup(operand));
    }
    llvm::append_range(operands, plans[op]);
    if (kernel.takesGroup)
      operands.push_back(groups[op]);
    if (kernel.takesStatus)
      operands.push_back(statusWord());
    Value rows = rowTensorOf(op);
    Grid grid = gridOfRows(rows, rowAxisOf(cast<ShapedType>(rows.getType())));
    if (auto attend = dyn_cast<attn::TiledAttention>(op)) {
      if (!attend.isByKey())
        grid = gridOf(attend);
      if (attend.isRagged())
        grid = ofPieces(pieceCounts[attend], grid.heads);
    }
    launch(symbolOf(kernel.kernel), grid, operands, /*ofPlan=*/false);
    for (const GradientSum &sum : kernel.sums)
      if (sum.finish) {
        SmallVector<Value> operands = {sums[sum.gradient], values.lookup(sum.gradient)};
        for (Value operand : sum.finishOperands)
          operands.push_back(values.lookup(operand));
        if (sum.takesStatus)
          operands.push_back(statusWord());
        launchOnSums(sum.finish, sum, operands);
      }
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

  /// The tensor whose batches, heads and rows are those of the op's results.
  static Value rowTensorOf(Operation *op) {
    if (movesRows(op))
      return orderOf(op);
    if (auto rowWise = dyn_cast<attn::RowWise>(op))
      return rowWise.getRowTensor();
    return cast<attn::TiledAttention>(op).getRowTensor();
  }

  /// The table or scalar whose gradient that is; null for those of queries, keys and values.
  static Value wantedOf(attn::BackwardOp op, Value gradient) {
    for (Value wanted : op.getWanted())
      if (op.getGradientOf(wanted) == gradient)
        return wanted;
    return {};
  }

  /// The tensor whose rows those of another are: itself, if it is an argument.
  static Value rowsOf(Value tensor) {
    auto backward = tensor.getDefiningOp<attn::BackwardOp>();
    if (Value wanted = backward ? wantedOf(backward, tensor) : Value())
      return wanted;
    if (backward && tensor == backward.getQueryGradient())
      return backward.getQuery();
    return tensor.getDefiningOp() ? rowTensorOf(tensor.getDefiningOp()) : tensor;
  }

  /// Makes a gradient that kernels add to, and room for its sums unless it has that.
  void makeSums(const GradientSum &sum) {
    auto type = cast<RankedTensorType>(sum.gradient.getType());
    Value like = rowsOf(sum.gradient);
    values.map(sum.gradient, resultLike(type, like));
    SmallVector<Value> sizes;
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      sizes.push_back(extent({like, axis, ""}));
      extents[{sum.gradient, axis}] = sizes.back();
    }
    if (sizes.empty())
      sizes.push_back(number(1));
    sums[sum.gradient] =
        sum.finish ? temporary(sizes, builder.getF32Type()) : values.lookup(sum.gradient);
  }

  void launchOnSums(tile::KernelOp kernel, const GradientSum &sum, ValueRange operands) {
    launch(symbolOf(kernel), gridOfRows(sum.gradient, sum.rowAxis), operands, /*ofPlan=*/false);
  }

  void checkSizes(Operation *op) {
    if (auto gather = dyn_cast<attn::GatherOp>(op))
      return expectOrder(gather.getOrder(), gather.getSource());
    if (auto scatter = dyn_cast<attn::ScatterOp>(op))
      return expectOrder(scatter.getOrder(), rowsOf(scatter.getSource()));
    if (auto rowWise = dyn_cast<attn::RowWise>(op))
      return expectRowsLike(op->getOperands(), rowWise.getRowTensor());
    auto attend = cast<attn::TiledAttention>(op);
    expectAttention(attend);
    if (auto backward = dyn_cast<attn::BackwardOp>(op))
      expectRowsLike({backward.getLse(), backward.getOutputGradient()}, attend.getQuery());
  }

  /// A tensor that the program makes has the sizes of another, but for features.
  void takeExtents(Value made, Value like) {
    auto type = cast<RankedTensorType>(made.getType());
    for (int64_t axis = 0; axis < type.getRank() - hasFeatures(type); ++axis)
      extents[{made, axis}] = extent({like, axis, ""});
  }

  /// A block for each tile of the rows along an axis, as emitRowIndices has it.
  Grid gridOfRows(Value tensor, int64_t axis) {
    if (axis == 2)
      return {extent({tensor, 0, ""}), extent({tensor, 1, ""}), extent({tensor, 2, ""})};
    Value one = number(1), heads = one;
    for (int64_t before = 0; before < axis; ++before)
      heads = builder.createOrFold<arith::MulIOp>(heads, extent({tensor, before, ""}));
    return {one, heads, axis < 0 ? one : extent({tensor, axis, ""})};
  }

  /// A list of runs for each batch, query head and row tile, or for each key head and tile
  /// of the rows that its query heads have together. By query, a block has one.
  Grid gridOf(attn::TiledAttention attend) {
    Value q = attend.getQuery(), rows = attend.getRowTensor();
    Value batches = extent({q, 0, ""});
    int64_t heads = attn::headsTogether(attend);
    if (heads == 1)
      return {batches, extent({q, 1, ""}), extent({rows, 2, ""})};
    Value together = builder.createOrFold<arith::MulIOp>(extent({q, 2, ""}), number(heads));
    return {batches, extent({attend.getKey(), 1, ""}), together};
  }

  /// A block for each piece and head.
  Grid ofPieces(Value pieces, Value heads) { return {pieces, heads, number(1)}; }

  void launch(FlatSymbolRefAttr kernel, Grid grid, ValueRange operands, bool ofPlan) {
    tile::LaunchOp::create(builder, kernel, grid.batches, grid.heads, grid.rows, operands,
                           IntegerAttr(), IntegerAttr(), IntegerAttr(), IntegerAttr(),
                           ofPlan ? builder.getUnitAttr() : UnitAttr());
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
  Value emitCapacity(attn::TiledAttention attend, Value lists, Value tiles) {
    if (auto schedule = attend.getScheduleAttr(); schedule && schedule.getPlanCapacity())
      return number(schedule.getPlanCapacity());
    Value atLeastOne = arith::MaxSIOp::create(builder, lists, number(1));
    Value share = arith::FloorDivSIOp::create(builder, number((16 << 20) / 8), atLeastOne);
    Value fair = arith::MaxSIOp::create(builder, share, number(64));
    return arith::MinSIOp::create(builder, tiles, fair);
  }

  /// How many heads of a launch read keys and values that the cache holds together, as
  /// kernels take it: all of those that share a key head, or several times as many.
  Value emitHeadGroup(attn::TiledAttention attend, FlatSymbolRefAttr main) {
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

  /// Makes a plan; returns what kernels take of it, as AttendKernel says.
  SmallVector<Value> emitPlan(attn::TiledAttention attend, const AttendPlan &plan,
                              FlatSymbolRefAttr main) {
    SmallVector<Value> listed = plan.lists ? listOperands(attend, plan) : SmallVector<Value>();
    Grid grid = gridOf(attend);
    if (!plan.perBatch)
      grid.batches = number(1);
    if (!plan.perHead)
      grid.heads = number(1);
    Value rows = tile::TileCountOp::create(builder, grid.rows, rowAxisOf(attend), main.getValue());
    Type i32 = builder.getI32Type();
    SmallVector<Value> results;
    if (plan.pieces) {
      rows = pieceCounts[attend] = emitPieceCount(attend, rows);
      results.push_back(temporary({rows, number(6)}, i32));
    }
    Value lists = plan.lists ? emitLists(attend, main, grid, rows) : Value();
    Value counts, order, scratch;
    if (plan.lists || plan.order)
      counts = temporary({grid.batches, grid.heads, rows, number(2)}, i32);
    if (plan.order) {
      order = temporary({grid.batches, grid.heads, rows}, i32);
      scratch = temporary({grid.batches, grid.heads, rows}, i32);
    }
    if (plan.pieces)
      emitPieces(attend, plan, results[0], plan.lists ? Value() : counts);
    if (plan.lists) {
      listed.append(results);
      listed.append({lists, counts, statusWord()});
      launch(symbolOf(plan.lists), plan.pieces ? ofPieces(rows, grid.heads) : grid, listed,
             /*ofPlan=*/true);
      results.append({lists, counts});
    }
    if (!plan.order)
      return results;
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
  SmallVector<Value> listOperands(attn::TiledAttention attend, const AttendPlan &plan) {
    SmallVector<Value> operands = {asArgument(extent({attend.getRowTensor(), 2, ""})),
                                   asArgument(extent({attend.getColumnTensor(), 2, ""})),
                                   asArgument(queryHeadsPerKeyHead(attend))};
    for (Value operand : plan.operands)
      operands.push_back(passed(operand));
    for (const TableSummary &summary : plan.summaries)
      operands.push_back(emitSummary(summary));
    return operands;
  }

  /// Room for the lists of runs of `rows` row tiles of each head and batch.
  Value emitLists(attn::TiledAttention attend, FlatSymbolRefAttr main, Grid grid, Value rows) {
    Value columns = extent({attend.getColumnTensor(), 2, ""});
    tile::Axis axis = attend.isByKey() ? tile::Axis::Query : tile::Axis::Key;
    Value tiles = tile::TileCountOp::create(builder, columns, axis, main.getValue());
    Value slices = builder.createOrFold<arith::MulIOp>(grid.batches, grid.heads);
    Value capacity = emitCapacity(attend, arith::MulIOp::create(builder, slices, rows), tiles);
    return temporary({grid.batches, grid.heads, rows, capacity, number(2)}, builder.getI32Type());
  }

  /// As many row tiles as all sequences of a ragged batch can have together, when all
  /// its rows take `tiles`.
  Value emitPieceCount(attn::TiledAttention attend, Value tiles) {
    Value offsets = extent({attend.getQueryOffsets(), 0, ""});
    Value sequences = builder.createOrFold<arith::SubIOp>(offsets, number(1));
    sequences = builder.createOrFold<arith::MaxSIOp>(sequences, number(0));
    return arith::AddIOp::create(builder, tiles, sequences);
  }

  /// Cuts the sequences of a ragged batch; by one warp. Counts their column tiles, if there
  /// is something to count in.
  void emitPieces(attn::TiledAttention attend, const AttendPlan &plan, Value pieces, Value counts) {
    SmallVector<Value> operands = {pieces};
    if (counts)
      operands.push_back(counts);
    operands.append({values.lookup(attend.getRowOffsets()),
                     values.lookup(attend.getColumnOffsets()),
                     asArgument(extent({attend.getRowTensor(), 2, ""})),
                     asArgument(extent({attend.getColumnTensor(), 2, ""})), statusWord()});
    Value one = number(1);
    launch(symbolOf(plan.pieces), {one, one, one}, operands, /*ofPlan=*/true);
  }

  static FlatSymbolRefAttr symbolOf(tile::KernelOp kernel) {
    return FlatSymbolRefAttr::get(kernel.getSymNameAttr());
  }

  /// The status that all kernels share.
  Value statusWord() {
    if (!status) {
      SmallVector<StringRef> meanings(bits.meanings().begin(), bits.meanings().end());
      status = tile::StatusOp::create(builder, builder.getStrArrayAttr(meanings));
    }
    return status;
  }

  /// Results have the leading sizes of the query; other sizes are static.
  Value resultLike(RankedTensorType type, Value query) {
    SmallVector<Value> dynamic;
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (type.isDynamicDim(axis))
        dynamic.push_back(extent({query, axis, ""}));
    return tile::NewTensorOp::create(builder, type, dynamic);
  }

  const StatusBits &bits;
  Value status;
  /// What the kernel of an attend takes of its plan.
  DenseMap<Operation *, SmallVector<Value>> plans;
  /// Room for pieces of a ragged attend.
  DenseMap<Operation *, Value> pieceCounts;
  /// By gradient: what kernels add to.
  DenseMap<Value, Value> sums;
  /// Heads whose work an attend mixes.
  DenseMap<Operation *, Value> groups;
};
} // namespace

void emitProgram(OpBuilder &builder, func::FuncOp spec, ArrayRef<ExpandKernel> expansions,
                 ArrayRef<OrderKernel> orders,
                 ArrayRef<std::pair<Operation *, AttendKernel>> kernels, const StatusBits &bits) {
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
  for (const OrderKernel &order : orders)
    emitter.emitOrder(order);
  for (auto &[op, kernel] : kernels)
    emitter.prepare(op, kernel);
  for (auto &[op, kernel] : kernels)
    emitter.emitLaunch(op, kernel);
  emitter.emitReturn();
}

} // namespace lacuna
