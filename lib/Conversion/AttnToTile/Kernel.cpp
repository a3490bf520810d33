//===- Kernel.cpp - One attend as one kernel --------------------------------===//
//
//   scalars of the spec, once per block
//   views   = the tensors, or of a ragged batch the sequence of the block's piece
//   runs    = the intervals region, the lists of a plan or of the spec, or every key tile
//   loop      scores = query x keys; score region; mask if PARTIAL; softmax step;
//             sum += weights x values
//   stores    output and lse, those that are used
//
// What regions compute without looking at a query or a key is moved out of them
// first, so that it is computed once per block too.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Kernel.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "lib/Conversion/AttnToTile/BlockLists.h"
#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/PackedHeads.h"
#include "lib/Conversion/AttnToTile/Ragged.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Scores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace lacuna {

//===----------------------------------------------------------------------===//
// Scale and runs
//===----------------------------------------------------------------------===//

namespace {
/// Where the scale goes: into the exponent, or in front of everything else.
struct Scale {
  ExponentForm form;
  Value multiplier; ///< null: folded
};
} // namespace

static Scale chooseScale(ImplicitLocOpBuilder &builder, const KernelPlace &place) {
  attn::AttendOp attend = place.attend;
  bool modified = !attend.getScore().empty();
  double factor = 1.0 / std::sqrt(double(attend.getQueryHeadDim()));
  if (Value given = attend.getScale()) {
    FloatAttr known;
    if (!matchPattern(given, m_Constant(&known)))
      return {{1.0, modified}, place.scope.lookup(given)};
    factor = known.getValueAsDouble();
  }
  // Folding needs a maximum that scaling keeps a maximum, far from overflow.
  bool foldable = factor > 0x1p-64 && factor < 0x1p64;
  if (!modified && foldable)
    return {{factor, false}, {}};
  if (modified && factor == 1.0)
    return {{1.0, true}, {}};
  return {{1.0, modified},
          arith::ConstantOp::create(builder, builder.getF32FloatAttr(float(factor)))};
}

/// The run lists that a spec brings with it.
static void placeTables(ImplicitLocOpBuilder &builder, attn::RunsAttr runs, KernelPlace &place) {
  auto table = [&](StringRef name, DenseIntElementsAttr elements) {
    return named(name, tile::TableOp::create(builder, elements).getView());
  };
  place.lists = table("lists", runs.getLists());
  place.counts = table("counts", runs.getCounts());
  place.order = table("order", runs.getOrder());
  place.perBatch = runs.getExtent(0) > 1;
  place.perHead = runs.getExtent(1) > 1;
}

/// The runs that are listed for the query tile.
static Value emitListedRuns(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value zero) {
  Value extent = tile::TileExtentOp::create(builder, tile::Axis::Query);
  Value row = arith::DivUIOp::create(builder, place.gridRow, extent);
  return tile::ListRunsOp::create(builder, place.lists, place.counts,
                                  place.perBatch ? place.batch : zero,
                                  place.perHead ? place.gridHead : zero, row);
}

/// The runs of a query tile. Positions that come from a table have no first and
/// last; then nothing is known.
static Value emitRuns(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value zero) {
  if (place.lists)
    return emitListedRuns(builder, place, zero);
  attn::AttendOp attend = place.attend;
  Value position = attend.getQueryPosition();
  bool known = !attend.getIntervals().empty() && (!position || position.getType().isInteger());
  if (!known) {
    Value fullEnd = attend.getWhere().empty() ? place.keys : zero;
    return tile::IntervalRunsOp::create(builder, ValueRange{zero, place.keys, zero, fullEnd});
  }
  Value extent = tile::TileExtentOp::create(builder, tile::Axis::Query);
  Value one = arith::ConstantIntOp::create(builder, 1, 32);
  Value end = arith::AddIOp::create(builder, place.first, extent);
  Value pastLast = arith::MinSIOp::create(builder, end, place.queries);
  Value first = positionOfRow(builder, place.first, place.heads);
  Value last = arith::SubIOp::create(builder, pastLast, one);
  last = positionOfRow(builder, last, place.heads);
  ScalarCopier copier(builder, place.scope, *place.bits);
  if (position) {
    first = arith::AddIOp::create(builder, first, copier.lookup(position));
    last = arith::AddIOp::create(builder, last, copier.lookup(position));
  }
  SmallVector<Value> bounds =
      copier.copyRegion(attend.getIntervals(), {place.batch, place.head, first, last});
  // Intervals lie within the keys; one that ends before it begins is empty. If
  // they depend on a table read outside its bounds, nothing is known, and the
  // predicate will say what is wrong.
  Value inside = copier.allInside(builder.getLoc());
  for (auto [index, bound] : llvm::enumerate(bounds)) {
    bool isEnd = index % 2;
    bound = isEnd ? builder.createOrFold<arith::MinSIOp>(bound, place.keys)
                  : builder.createOrFold<arith::MaxSIOp>(bound, zero);
    Value unknown = index % 4 == 1 ? place.keys : zero;
    if (inside)
      bound = builder.createOrFold<arith::SelectOp>(inside, bound, unknown);
  }
  return tile::IntervalRunsOp::create(builder, bounds);
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

/// What is pinned of the schedule, for the passes that choose one: by the user, and
/// by run lists, which are of tiles of one size.
static DictionaryAttr pinsOf(attn::AttendOp attend, Builder &builder) {
  attn::ScheduleAttr schedule = attend.getScheduleAttr();
  attn::RunsAttr runs = attend.getRunsAttr();
  if (!schedule && !runs)
    return {};
  if (!schedule)
    schedule = attn::ScheduleAttr::get(builder.getContext(), 0, 0, 0, 0, 0, 0);
  SmallVector<NamedAttribute> pins;
  const std::pair<StringRef, int64_t> all[] = {
      {"query_tile", runs ? runs.getQueryTile() : schedule.getQueryTile()},
      {"key_tile", runs ? runs.getKeyTile() : schedule.getKeyTile()},
      {"warps", schedule.getWarps()},
      {"stages", schedule.getStages()}};
  for (auto [name, value] : all)
    if (value)
      pins.push_back(builder.getNamedAttr(name, builder.getI64IntegerAttr(value)));
  return pins.empty() ? DictionaryAttr() : builder.getDictionaryAttr(pins);
}

/// Views of the sequence that the block's piece belongs to, in place of the tensors;
/// all that follows sees one sequence.
static void enterSequence(ImplicitLocOpBuilder &builder, KernelPlace &place, tile::PieceOp piece) {
  place.first = piece.getFirst();
  static_cast<SequencePlace &>(place) = emitSequence(builder, piece);
  for (Value *view : {&place.query, &place.output, &place.lse})
    if (*view)
      *view = tile::PartOp::create(builder, *view, 2, place.queryBegin, piece.getQueryEnd());
  for (Value *view : {&place.key, &place.value})
    *view = tile::PartOp::create(builder, *view, 2, place.keyBegin, piece.getKeyEnd());
}

/// Makes rows of the views of queries positions of all heads that go together.
static void packRows(ImplicitLocOpBuilder &builder, KernelPlace &place) {
  for (Value *view : {&place.query, &place.output, &place.lse})
    *view = packHeads(builder, *view, place.heads);
  place.queries = rowsOfPositions(builder, place.queries, place.heads);
}

/// Finds the block's share and the sizes; fills all of `place` but the scope.
static void emitPlace(ImplicitLocOpBuilder &builder, KernelPlace &place) {
  Location loc = builder.getLoc();
  Value batches = extentOf(builder, loc, place.query, 0),
        heads = extentOf(builder, loc, place.heads > 1 ? place.key : place.query, 1);
  Value keyHeads = extentOf(builder, loc, place.key, 1);
  place.queries = extentOf(builder, loc, place.query, 2);
  if (!place.pieces)
    packRows(builder, place);
  Value rows = place.queries;
  place.keys = extentOf(builder, loc, place.key, 2);
  if (place.pieces)
    rows = rowsOfPieces(builder, place.pieces);
  auto block = tile::BlockOp::create(builder, batches, heads, rows, place.order, place.group);
  place.batch = place.tensorBatch = block.getBatch();
  place.head = place.keyHead = place.gridHead = block.getHead();
  place.first = place.gridRow = block.getFirst();
  if (place.pieces) {
    enterSequence(builder, place, emitPiece(builder, place.pieces, place.gridRow));
    packRows(builder, place);
  }
  if (place.heads > 1) {
    Value factor = arith::ConstantIntOp::create(builder, place.heads, 32);
    place.head = named("first_head", arith::MulIOp::create(builder, place.keyHead, factor));
    return;
  }
  // Created in this order so that the text reads so; a group of 1 folds.
  Value group = builder.createOrFold<arith::DivUIOp>(heads, keyHeads);
  place.keyHead = builder.createOrFold<arith::DivUIOp>(place.head, group);
  if (place.keyHead != place.head && place.keyHead.getDefiningOp())
    named("key_head", place.keyHead);
}

/// The sums of rows, or NaN when what they rely on has failed: then output and
/// lse become NaN.
static Value spoiled(ImplicitLocOpBuilder &builder, RankedTensorType type, Value sums,
                     Value failed) {
  Value nan = arith::ConstantOp::create(
      builder, builder.getF32FloatAttr(std::numeric_limits<float>::quiet_NaN()));
  return tile::MapOp::create(builder, type, sums, ValueRange(),
                             [&](OpBuilder &nested, Location loc, ValueRange element) {
                               ImplicitLocOpBuilder b(loc, nested);
                               Value value = arith::SelectOp::create(b, failed, nan, element[0]);
                               tile::YieldOp::create(b, value);
                             });
}

static void emitBody(ImplicitLocOpBuilder &builder, KernelPlace &place) {
  attn::AttendOp attend = place.attend;
  Value zero = arith::ConstantIntOp::create(builder, 0, 32);
  emitPlace(builder, place);
  Value runs = emitRuns(builder, place, zero);
  auto uniform = [&](Region &clause, unsigned batchArgument) {
    bool ofRows = attn::findHeadUse(clause, batchArgument, place.heads);
    return emitUniformReads(builder, place.scope, *place.bits, clause, batchArgument, place.batch,
                            ofRows ? Value() : place.head);
  };
  place.scoreReads = uniform(attend.getScore(), 1);
  place.whereReads = uniform(attend.getWhere(), 0);

  TileTypes types(builder.getContext(), attend.getQuery().getType().getElementType(),
                  attend.getQueryHeadDim(), attend.getValueHeadDim());
  Scale scale = chooseScale(builder, place);
  OnlineSoftmax softmax(builder, types, scale.form);
  Value noScore = arith::ConstantOp::create(builder, builder.getF32FloatAttr(0.0f));
  Value query =
      tile::LoadOp::create(builder, types.query, place.query,
                           ValueRange{place.tensorBatch, place.gridHead, place.first, zero});

  auto loop = tile::ForRunsOp::create(builder, runs, softmax.begin(), /*ahead=*/0);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&loop.getBody().front());
    Value key = loop.getKey();
    auto load = [&](RankedTensorType type, Value view) {
      return tile::LoadOp::create(builder, type, view,
                                  ValueRange{place.tensorBatch, place.keyHead, key, zero});
    };
    Value keys = named("keys", load(types.key, place.key));
    Value empty = tile::SplatOp::create(builder, types.scores, noScore);
    Value products = tile::DotOp::create(builder, query, keys, empty);
    Scores scores = emitScores(builder, place, types, products, scale.multiplier, key);
    auto seen = scf::IfOp::create(builder, types.scores, loop.getPartial(), /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(&seen.getThenRegion().front());
      scf::YieldOp::create(builder, emitMask(builder, place, types, scores.tile, key));
      builder.setInsertionPointToStart(&seen.getElseRegion().front());
      scf::YieldOp::create(builder, scores.tile);
    }
    Value checked = emitScoreCheck(builder, place, types, seen.getResult(0), scores.failures);
    OnlineSoftmax::Step step = softmax.step(loop.getCarried(), checked);
    Value values = named("values", load(types.value, place.value));
    Value sum = tile::DotOp::create(builder, step.weights, values, step.faded);
    tile::YieldOp::create(builder, ValueRange{step.max, step.total, sum});
  }

  SmallVector<Value> state(loop.getResults());
  if (isPlanned(attend) || attend.isRagged() || readsExpandedBlocks(attend))
    state[1] =
        spoiled(builder, types.rows, state[1], tile::FailedOp::create(builder, place.status));
  if (place.output)
    tile::StoreOp::create(builder, softmax.output(state), place.output,
                          ValueRange{place.tensorBatch, place.gridHead, place.first, zero});
  if (place.lse)
    tile::StoreOp::create(builder, softmax.logSumExp(state), place.lse,
                          ValueRange{place.tensorBatch, place.gridHead, place.first});
  tile::ReturnOp::create(builder, ValueRange());
}

/// Whether a kernel may find an index out of range.
static bool readsTables(attn::AttendOp attend) {
  for (Region *clause : {&attend.getWhere(), &attend.getScore()})
    if (clause->walk([](attn::LoadOp) { return WalkResult::interrupt(); }).wasInterrupted())
      return true;
  return false;
}

/// What a kernel takes besides what its clauses capture. Offsets are for the plan, unless
/// a clause reads them, too.
static SmallVector<Value> kernelOperands(attn::AttendOp attend) {
  SmallVector<Value> operands;
  for (Value operand : attend->getOperands())
    if (operand != attend.getQueryOffsets() && operand != attend.getKeyOffsets())
      operands.push_back(operand);
  return operands;
}

AttendKernel emitAttendKernel(OpBuilder &builder, attn::AttendOp attend, StringRef name,
                              StatusBits &bits) {
  hoistInvariants(attend);
  AttendKernel result;
  bool listed = isPlanned(attend);
  if (listed || attend.isRagged())
    result.plan = emitPlan(builder, attend, name, bits);
  SmallVector<Region *> clauses = {&attend.getWhere(), &attend.getScore()};
  if (!listed && !attend.getRunsAttr())
    clauses.push_back(&attend.getIntervals());
  Captures captures = capturesOf({attend.getQuery(), attend.getKey(), attend.getValue()},
                                 kernelOperands(attend), clauses);
  result.operands.assign(captures.arguments.begin(), captures.arguments.end());
  for (Value used : attend.getResults())
    if (!used.use_empty())
      result.operands.push_back(used);

  SmallVector<Type> types(llvm::map_range(ValueRange(result.operands).getTypes(), parameterType));
  PlanViews views(builder.getContext());
  if (attend.isRagged())
    types.push_back(pieceView(builder.getContext()));
  if (listed)
    types.append({views.lists, views.counts});
  if (result.plan && result.plan->order)
    types.push_back(views.order);
  types.push_back(builder.getI32Type());
  result.takesStatus = result.plan || readsTables(attend);
  if (result.takesStatus)
    types.push_back(tile::StatusType::get(builder.getContext()));
  result.kernel = createKernel(builder, attend.getLoc(), name, types);
  if (DictionaryAttr pins = pinsOf(attend, builder))
    result.kernel->setAttr("tile.pins", pins);

  Block &body = result.kernel.getBody().front();
  auto b = ImplicitLocOpBuilder::atBlockBegin(attend.getLoc(), &body);
  KernelPlace place;
  place.attend = attend;
  place.heads = attn::headsTogether(attend);
  ValueRange operands = result.operands;
  ValueRange arguments = body.getArguments();
  place.scope.map(operands, arguments.take_front(operands.size()));
  nameArguments(attend, operands, arguments.take_front(operands.size()));
  place.bits = &bits;
  if (result.takesStatus)
    place.status = arguments.back();
  place.group = named("group", arguments.drop_back(result.takesStatus).back());
  ValueRange planned = arguments.drop_front(operands.size());
  auto next = [&](StringRef name) {
    Value view = named(name, planned.front());
    planned = planned.drop_front();
    return view;
  };
  if (attend.isRagged())
    place.pieces = next("pieces");
  if (listed) {
    place.lists = next("lists");
    place.counts = next("counts");
    place.perBatch = result.plan->perBatch;
    place.perHead = result.plan->perHead;
  }
  if (result.plan && result.plan->order)
    place.order = next("order");
  ScalarCopier copier(b, place.scope, bits);
  for (Operation *op : captures.code) {
    copier.copy(op);
    place.scope.map(op->getResult(0), copier.lookup(op->getResult(0)));
  }
  if (attn::RunsAttr runs = attend.getRunsAttr())
    placeTables(b, runs, place);
  place.query = place.scope.lookup(attend.getQuery());
  place.key = place.scope.lookup(attend.getKey());
  place.value = place.scope.lookup(attend.getValue());
  place.output = place.scope.lookupOrNull(attend.getOutput());
  place.lse = place.scope.lookupOrNull(attend.getLse());
  emitBody(b, place);
  return result;
}

} // namespace lacuna
