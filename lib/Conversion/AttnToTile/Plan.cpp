//===- Plan.cpp - The kernels that plan an attend ---------------------------===//
//
// The `classify` clause becomes the region of tile.write_runs: what it asks of
// the rows of the tile is computed once before, what it asks of a box of keys
// inside. Positions that come from a table are bounded like everything else that
// the clause reads: by the range of the table over the box of slots.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Plan.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/KernelPlace.h"
#include "lib/Conversion/AttnToTile/PackedHeads.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

bool isPlanned(attn::TiledAttention attend) {
  return attend.getMode() == attn::Mode::Planned && !attend.getClassify().empty();
}

static tile::ViewType openView(MLIRContext *context, int64_t axes, int64_t last, unsigned bits) {
  SmallVector<int64_t> shape(axes, ShapedType::kDynamic);
  if (last)
    shape.push_back(last);
  return tile::ViewType::get(context, shape, IntegerType::get(context, bits));
}

PlanViews::PlanViews(MLIRContext *context)
    : lists(openView(context, 4, 2, 32)), counts(openView(context, 3, 2, 32)),
      order(openView(context, 3, 0, 32)) {}

tile::ViewType PlanViews::cells(MLIRContext *context, int64_t rank) {
  return openView(context, rank, 3, 64);
}

//===----------------------------------------------------------------------===//
// Summaries
//===----------------------------------------------------------------------===//

/// Tables whose last axis a box may span: cells save reading all elements.
/// Beyond three axes a kernel's grid has no index for each.
static SetVector<Value> summarizedTables(attn::TiledAttention attend) {
  SetVector<Value> tables;
  auto add = [&](Value table) {
    if (cast<RankedTensorType>(table.getType()).getRank() <= 3)
      tables.insert(table);
  };
  attend.getClassify().walk([&](attn::LoadRangeOp load) {
    if (load.getFirst().back() != load.getLast().back())
      add(load.getTable());
  });
  for (Value position : {attend.getRowPosition(), attend.getColumnPosition()})
    if (position && isa<RankedTensorType>(position.getType()))
      add(position);
  return tables;
}

static tile::KernelOp emitSummary(OpBuilder &builder, Location loc, RankedTensorType table,
                                  StringRef name) {
  tile::KernelOp kernel =
      createKernel(builder, loc, name,
                   {parameterType(table), PlanViews::cells(table.getContext(), table.getRank())});
  Block &body = kernel.getBody().front();
  named("table", body.getArgument(0));
  named("cells", body.getArgument(1));
  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &body);
  Value view = body.getArgument(0);
  int64_t rank = table.getRank();
  Value one = arith::ConstantIntOp::create(b, 1, 32);
  Value batches = rank > 1 ? extentOf(b, loc, view, 0) : one;
  Value heads = rank > 2 ? extentOf(b, loc, view, 1) : one;
  auto block = tile::BlockOp::create(b, batches, heads, extentOf(b, loc, view, rank - 1));
  SmallVector<Value> indices = {block.getBatch(), block.getHead()};
  indices.truncate(rank - 1);
  indices.push_back(block.getFirst());
  tile::SummarizeOp::create(b, view, body.getArgument(1), indices);
  tile::ReturnOp::create(b, ValueRange());
  return kernel;
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

namespace {
/// First and last of consecutive slots, or of what lies there; i32, inclusive.
struct Span {
  Value first, last;
};

/// Where a kernel of lists stands.
struct ListPlace : AttentionPlace {
  DenseMap<Value, Value> cells; ///< by table of the spec function
  Value group;                  ///< query heads for each key head
};
} // namespace

static Span moved(ImplicitLocOpBuilder &builder, Span span, Value distance) {
  if (!distance)
    return span;
  return {arith::AddIOp::create(builder, span.first, distance),
          arith::AddIOp::create(builder, span.last, distance)};
}

/// Positions of a span of one side's rows of a sequence.
static Span positionsOf(ImplicitLocOpBuilder &builder, const ListPlace &place, PlaceSide side,
                        Span rows) {
  Value source = side.position;
  if (!source)
    return rows;
  Value known = place.scope.lookup(source);
  if (source.getType().isInteger())
    return moved(builder, rows, known);
  Span slots = moved(builder, rows, side.begin);
  auto wide = [&](Value value) -> Value {
    return arith::ExtSIOp::create(builder, builder.getI64Type(), value);
  };
  SmallVector<Value> first;
  int64_t rank = cast<RankedTensorType>(source.getType()).getRank();
  // Tensors of a ragged batch have one batch, whatever the number of the sequence.
  if (rank > 1)
    first.push_back(place.pieces ? arith::ConstantIntOp::create(builder, 0, 64).getResult()
                                 : wide(place.batch));
  if (rank > 2)
    first.push_back(wide(side.head));
  SmallVector<Value> last = first;
  first.push_back(wide(slots.first));
  last.push_back(wide(slots.last));
  auto range = tile::LoadRangeOp::create(builder, known, first, last, place.cells.lookup(source));
  // The launch has checked that the table holds every slot; if it did not, the
  // range would be that of i64.
  auto narrow = [&](Value value) -> Value {
    Value low = arith::ConstantIntOp::create(builder, INT32_MIN, 64);
    Value high = arith::ConstantIntOp::create(builder, INT32_MAX, 64);
    value = arith::MaxSIOp::create(builder, value, low);
    value = arith::MinSIOp::create(builder, value, high);
    return arith::TruncIOp::create(builder, builder.getI32Type(), value);
  };
  return {narrow(range.getMin()), narrow(range.getMax())};
}

/// Moves what the classifier computes of the rows alone out of it: it is asked
/// about many boxes of keys.
static void hoistRowCode(tile::WriteRunsOp runs) {
  Region &classify = runs.getClassify();
  for (Operation &op : llvm::make_early_inc_range(classify.front().without_terminator()))
    if (op.getNumRegions() == 0 && llvm::all_of(op.getOperands(), [&](Value operand) {
          return operand.getParentRegion() != &classify;
        }))
      op.moveBefore(runs);
}

static void emitLists(ImplicitLocOpBuilder &builder, ListPlace &place, Value lists, Value counts,
                      Value status) {
  attn::TiledAttention attend = place.attend;
  Location loc = builder.getLoc();
  Value rows = place.pieces ? rowsOfPieces(builder, place.pieces, tile::Axis::Query)
                            : rowsOfPositions(builder, place.rows().count, place.heads);
  auto block = tile::BlockOp::create(builder, extentOf(builder, loc, lists, 0),
                                     extentOf(builder, loc, lists, 1), rows);
  place.batch = block.getBatch();
  if (place.heads > 1) {
    place.keyHead = block.getHead();
    place.head = arith::MulIOp::create(builder, place.keyHead,
                                       arith::ConstantIntOp::create(builder, place.heads, 32));
  } else {
    place.head = block.getHead();
    place.keyHead = arith::DivUIOp::create(builder, place.head, place.group);
  }
  Value extent = tile::TileExtentOp::create(builder, tile::Axis::Query);
  Value row = arith::DivUIOp::create(builder, block.getFirst(), extent);
  Value first = block.getFirst();
  if (place.pieces) {
    auto piece = tile::PieceOp::create(builder, place.pieces, row);
    static_cast<SequencePlace &>(place) = emitSequence(builder, piece, attend);
    first = piece.getFirst();
    rows = rowsOfPositions(builder, place.rows().count, place.heads);
  }
  Value end = arith::AddIOp::create(builder, first, extent);
  Value past = arith::MinSIOp::create(builder, end, rows);
  Value one = arith::ConstantIntOp::create(builder, 1, 32);
  Value last = arith::SubIOp::create(builder, past, one);
  Span i{positionOfRow(builder, first, place.heads), positionOfRow(builder, last, place.heads)};
  Span iPositions = positionsOf(builder, place, place.rows(), i);

  auto runs =
      tile::WriteRunsOp::create(builder, builder.getI1Type(), lists, counts, block.getBatch(),
                                block.getHead(), row, place.columns().count);
  {
    OpBuilder::InsertionGuard guard(builder);
    Type i32 = builder.getI32Type();
    builder.createBlock(&runs.getClassify(), {}, {i32, i32}, {loc, loc});
    Span j{runs.getFirst(), runs.getLast()};
    Span jPositions = positionsOf(builder, place, place.columns(), j);
    ScalarCopier copier(builder, place.scope, *place.bits);
    for (auto [table, cells] : place.cells)
      copier.summarize(table, cells);
    SmallVector<Value> arguments = {place.batch,     place.head,       iPositions.first,
                                    iPositions.last, jPositions.first, jPositions.last};
    if (attend.takesSlots()) {
      Span islots = moved(builder, i, place.rows().begin),
           jslots = moved(builder, j, place.columns().begin);
      arguments.append({islots.first, islots.last, jslots.first, jslots.last});
    }
    tile::YieldOp::create(builder, copier.copyRegion(attend.getClassify(), arguments));
  }
  hoistRowCode(runs);
  unsigned bit = place.bits->of("the plan has more runs of tiles than it has room for");
  tile::ReportOp::create(builder, status, bit, runs.getOverflow());
  tile::ReturnOp::create(builder, ValueRange());
}

static void emitOrder(OpBuilder &builder, tile::KernelOp kernel) {
  Block &body = kernel.getBody().front();
  Location loc = kernel.getLoc();
  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &body);
  Value counts = named("counts", body.getArgument(0)), order = named("order", body.getArgument(1)),
        scratch = named("scratch", body.getArgument(2)),
        group = named("group", body.getArgument(3));
  Value heads = extentOf(b, loc, counts, 1), one = arith::ConstantIntOp::create(b, 1, 32);
  Value past = arith::AddIOp::create(b, heads, arith::SubIOp::create(b, group, one));
  Value groups = arith::DivUIOp::create(b, past, group);
  auto block = tile::BlockOp::create(b, extentOf(b, loc, counts, 0), groups, one);
  Value first = arith::MulIOp::create(b, block.getHead(), group);
  Value left = arith::SubIOp::create(b, heads, first);
  tile::OrderRowsOp::create(b, counts, order, scratch, block.getBatch(), first,
                            arith::MinSIOp::create(b, left, group));
  tile::ReturnOp::create(b, ValueRange());
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

/// Whether an attend's classes depend on an argument of the clause, or on an axis
/// of the tables of positions.
static bool dependsOn(attn::TiledAttention attend, unsigned argument, int64_t rank) {
  auto hasAxis = [&](Value position) {
    auto table = position ? dyn_cast<RankedTensorType>(position.getType()) : RankedTensorType();
    return table && table.getRank() > rank;
  };
  return !attend.getClassify().getArgument(argument).use_empty() ||
         hasAxis(attend.getRowPosition()) || hasAxis(attend.getColumnPosition());
}

SmallVector<tile::KernelOp> AttendPlan::kernels() const {
  SmallVector<tile::KernelOp> all;
  if (pieces)
    all.push_back(pieces);
  for (const TableSummary &summary : summaries)
    all.push_back(summary.kernel);
  if (lists)
    all.push_back(lists);
  if (order)
    all.push_back(order);
  return all;
}

/// Emits the kernels of the summaries and of the lists.
static void emitListKernels(OpBuilder &builder, attn::TiledAttention attend, StringRef name,
                            StatusBits &bits, AttendPlan &plan) {
  Location loc = attend.getLoc();
  plan.perBatch = !attend.isRagged() && dependsOn(attend, 0, 1);
  plan.perHead = dependsOn(attend, 1, 2);
  for (auto [index, table] : llvm::enumerate(summarizedTables(attend)))
    plan.summaries.push_back(
        {table, emitSummary(builder, loc, cast<RankedTensorType>(table.getType()),
                            (name + "_summary" + Twine(index)).str())});

  SmallVector<Value> positions;
  for (Value position : {attend.getRowPosition(), attend.getColumnPosition()})
    if (position)
      positions.push_back(position);
  Captures captures = capturesOf({}, positions, {&attend.getClassify()}, /*takesSizes=*/true);
  plan.operands = captures.arguments.takeVector();
  PlanViews views(builder.getContext());
  constexpr unsigned sizes = 3;
  SmallVector<Type> types(sizes, builder.getI32Type());
  llvm::append_range(types, llvm::map_range(ValueRange(plan.operands).getTypes(), parameterType));
  for (const TableSummary &summary : plan.summaries)
    types.push_back(PlanViews::cells(builder.getContext(),
                                     cast<RankedTensorType>(summary.table.getType()).getRank()));
  if (plan.pieces)
    types.push_back(pieceView(builder.getContext()));
  types.append({views.lists, views.counts, tile::StatusType::get(builder.getContext())});
  plan.lists = createKernel(builder, loc, (name + "_lists").str(), types);

  Block &body = plan.lists.getBody().front();
  ValueRange arguments = body.getArguments();
  ListPlace place;
  place.attend = attend;
  place.heads = attn::headsTogether(attend);
  place.bits = &bits;
  (attend.isByKey() ? place.keys : place.queries) = named(attend.getRowName(), arguments[0]);
  (attend.isByKey() ? place.queries : place.keys) = named(attend.getColumnName(), arguments[1]);
  place.group = named("group", arguments[2]);
  arguments = arguments.drop_front(sizes);
  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &body);
  for (auto [operand, argument] : llvm::zip(plan.operands, arguments))
    place.scope.map(operand, operand.getType().isIndex()
                                 ? arith::ExtSIOp::create(b, b.getI64Type(), argument).getResult()
                                 : argument);
  nameArguments(attend, plan.operands, arguments);
  arguments = arguments.drop_front(plan.operands.size());
  for (const TableSummary &summary : plan.summaries) {
    place.cells[summary.table] = named("cells", arguments.front());
    arguments = arguments.drop_front();
  }
  if (plan.pieces) {
    place.pieces = named("pieces", arguments.front());
    arguments = arguments.drop_front();
  }
  copyCode(b, captures, place.scope, bits);
  emitLists(b, place, named("lists", arguments[0]), named("counts", arguments[1]), arguments[2]);
}

AttendPlan emitPlan(OpBuilder &builder, attn::TiledAttention attend, StringRef name,
                    StatusBits &bits) {
  AttendPlan plan;
  bool listed = isPlanned(attend), ordered = !attend.getRunsAttr() && !attend.isByKey();
  if (attend.isRagged())
    plan.pieces = emitCutKernel(builder, attend, (name + "_pieces").str(),
                                /*counts=*/!listed && ordered, bits);
  if (listed)
    emitListKernels(builder, attend, name, bits, plan);
  for (tile::KernelOp kernel : {plan.pieces, plan.lists})
    if (kernel)
      kernel.setTransposed(attend.isByKey());
  if (!ordered)
    return plan;
  PlanViews views(builder.getContext());
  plan.order = createKernel(builder, attend.getLoc(), (name + "_order").str(),
                            {views.counts, views.order, views.order, builder.getI32Type()});
  emitOrder(builder, plan.order);
  return plan;
}

} // namespace lacuna
