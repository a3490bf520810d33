//===- Kernel.cpp - One attend as one kernel --------------------------------===//
//
//   scalars of the spec, once per block
//   runs    = the intervals region, or every key tile
//   loop      scores = query x keys; score region; mask if PARTIAL; softmax step;
//             sum += weights x values
//   stores    output and lse, those that are used
//
// What regions compute without looking at a query or a key is moved out of them
// first, so that it is computed once per block too.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Kernel.h"

#include "dialects/Attn/IR/SpecRules.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Scores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>

using namespace mlir;

namespace lacuna {

//===----------------------------------------------------------------------===//
// What a kernel takes from its function
//===----------------------------------------------------------------------===//

/// Moves scalar code that depends on no argument of its region before the attend.
static void hoistInvariants(attn::AttendOp attend) {
  for (Region &clause : attend.getClauses()) {
    if (clause.empty())
      continue;
    for (Operation &op : llvm::make_early_inc_range(clause.front().without_terminator())) {
      bool invariant = llvm::all_of(
          op.getOperands(), [&](Value operand) { return operand.getParentRegion() != &clause; });
      if (invariant && op.getNumRegions() == 0 && attn::isScalarCode(&op) && isSpeculatable(&op))
        op.moveBefore(attend);
    }
  }
}

namespace {
/// What the attend needs from outside: values that become kernel arguments, and
/// scalar code to copy, in an order in which it can be copied.
struct Captures {
  SetVector<Value> arguments;
  SetVector<Operation *> code;

  void add(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || !attn::isScalarCode(op)) {
      arguments.insert(value);
    } else if (auto dim = dyn_cast<tensor::DimOp>(op)) {
      add(dim.getSource());
      code.insert(op);
    } else {
      for (Value operand : op->getOperands())
        add(operand);
      code.insert(op);
    }
  }
};
} // namespace

/// Query, keys and values come first, the rest in the order of the function.
static Captures capturesOf(attn::AttendOp attend) {
  Captures captures;
  for (Value tensor : {Value(attend.getQuery()), Value(attend.getKey()), Value(attend.getValue())})
    captures.add(tensor);
  SetVector<Value> used;
  for (Value operand : attend->getOperands())
    used.insert(operand);
  for (Region &clause : attend.getClauses())
    getUsedValuesDefinedAbove(clause, used);

  Captures rest;
  for (Value value : used)
    rest.add(value);
  SmallVector<Value> ordered = rest.arguments.takeVector();
  llvm::stable_sort(ordered, [](Value a, Value b) {
    auto x = dyn_cast<BlockArgument>(a), y = dyn_cast<BlockArgument>(b);
    return x && (!y || x.getArgNumber() < y.getArgNumber());
  });
  captures.arguments.insert(ordered.begin(), ordered.end());
  captures.code = std::move(rest.code);
  return captures;
}

/// A tensor arrives as a view.
static Type parameterType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tile::ViewType::get(type.getContext(), tensor.getShape(), tensor.getElementType());
  return type;
}

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

/// The runs of a query tile. Positions that come from a table have no first and
/// last; then nothing is known.
static Value emitRuns(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value zero) {
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
  Value first = place.first, last = arith::SubIOp::create(builder, pastLast, one);
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

/// What the user pinned of the schedule, for the passes that choose one.
static DictionaryAttr pinsOf(attn::AttendOp attend, Builder &builder) {
  auto schedule = attend.getScheduleAttr();
  if (!schedule)
    return {};
  SmallVector<NamedAttribute> pins;
  const std::pair<StringRef, int64_t> all[] = {{"query_tile", schedule.getQueryTile()},
                                               {"key_tile", schedule.getKeyTile()},
                                               {"warps", schedule.getWarps()},
                                               {"stages", schedule.getStages()}};
  for (auto [name, value] : all)
    if (value)
      pins.push_back(builder.getNamedAttr(name, builder.getI64IntegerAttr(value)));
  return builder.getDictionaryAttr(pins);
}

/// Finds the block's share and the sizes; fills all of `place` but the scope.
static void emitPlace(ImplicitLocOpBuilder &builder, KernelPlace &place) {
  attn::AttendOp attend = place.attend;
  Location loc = builder.getLoc();
  Value q = place.scope.lookup(attend.getQuery()), k = place.scope.lookup(attend.getKey());
  Value batches = extentOf(builder, loc, q, 0), heads = extentOf(builder, loc, q, 1);
  Value keyHeads = extentOf(builder, loc, k, 1);
  place.queries = extentOf(builder, loc, q, 2);
  place.keys = extentOf(builder, loc, k, 2);
  auto block = tile::BlockOp::create(builder, batches, heads, place.queries);
  place.batch = block.getBatch();
  place.head = block.getHead();
  place.first = block.getFirst();
  // Created in this order so that the text reads so; a group of 1 folds.
  Value group = builder.createOrFold<arith::DivUIOp>(heads, keyHeads);
  place.keyHead = builder.createOrFold<arith::DivUIOp>(place.head, group);
  if (place.keyHead != place.head && place.keyHead.getDefiningOp())
    named("key_head", place.keyHead);
}

static void emitBody(ImplicitLocOpBuilder &builder, KernelPlace &place, Value output, Value lse) {
  attn::AttendOp attend = place.attend;
  Value zero = arith::ConstantIntOp::create(builder, 0, 32);
  emitPlace(builder, place);
  Value runs = emitRuns(builder, place, zero);

  TileTypes types(builder.getContext(), attend.getQuery().getType().getElementType(),
                  attend.getQueryHeadDim(), attend.getValueHeadDim());
  Scale scale = chooseScale(builder, place);
  OnlineSoftmax softmax(builder, types, scale.form);
  Value noScore = arith::ConstantOp::create(builder, builder.getF32FloatAttr(0.0f));
  Value query = tile::LoadOp::create(builder, types.query, place.scope.lookup(attend.getQuery()),
                                     ValueRange{place.batch, place.head, place.first, zero});

  auto loop = tile::ForRunsOp::create(builder, runs, softmax.begin(), /*ahead=*/0);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&loop.getBody().front());
    Value key = loop.getKey();
    auto load = [&](RankedTensorType type, Value tensor) {
      return tile::LoadOp::create(builder, type, place.scope.lookup(tensor),
                                  ValueRange{place.batch, place.keyHead, key, zero});
    };
    Value keys = named("keys", load(types.key, attend.getKey()));
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
    Value values = named("values", load(types.value, attend.getValue()));
    Value sum = tile::DotOp::create(builder, step.weights, values, step.faded);
    tile::YieldOp::create(builder, ValueRange{step.max, step.total, sum});
  }

  if (output)
    tile::StoreOp::create(builder, softmax.output(loop.getResults()), output,
                          ValueRange{place.batch, place.head, place.first, zero});
  if (lse)
    tile::StoreOp::create(builder, softmax.logSumExp(loop.getResults()), lse,
                          ValueRange{place.batch, place.head, place.first});
  tile::ReturnOp::create(builder, ValueRange());
}

/// Arguments are called in generated text what they are called in the spec.
static void nameArguments(attn::AttendOp attend, ValueRange operands, ValueRange arguments) {
  auto spec = attend->getParentOfType<func::FuncOp>();
  for (auto [operand, argument] : llvm::zip(operands, arguments)) {
    auto source = dyn_cast<BlockArgument>(operand);
    StringAttr name;
    if (source && spec && source.getOwner() == &spec.getBody().front())
      name = spec.getArgAttrOfType<StringAttr>(source.getArgNumber(), "attn.name");
    if (name)
      named(name.getValue(), argument);
    else if (operand == attend.getOutput() || operand == attend.getLse())
      named(operand == attend.getLse() ? "lse" : "output", argument);
  }
}

/// Whether a kernel may find an index out of range.
static bool readsTables(attn::AttendOp attend) {
  for (Region *clause : {&attend.getWhere(), &attend.getScore()})
    if (clause->walk([](attn::LoadOp) { return WalkResult::interrupt(); }).wasInterrupted())
      return true;
  return false;
}

AttendKernel emitAttendKernel(OpBuilder &builder, attn::AttendOp attend, StringRef name,
                              StatusBits &bits) {
  hoistInvariants(attend);
  Captures captures = capturesOf(attend);
  AttendKernel result;
  result.operands.assign(captures.arguments.begin(), captures.arguments.end());
  for (Value used : attend.getResults())
    if (!used.use_empty())
      result.operands.push_back(used);

  SmallVector<Type> types(llvm::map_range(ValueRange(result.operands).getTypes(), parameterType));
  result.takesStatus = readsTables(attend);
  if (result.takesStatus)
    types.push_back(tile::StatusType::get(builder.getContext()));
  OperationState state(attend.getLoc(), tile::KernelOp::getOperationName());
  auto &properties = state.getOrAddProperties<tile::KernelOp::Properties>();
  properties.sym_name = builder.getStringAttr(name);
  properties.function_type = TypeAttr::get(builder.getFunctionType(types, {}));
  if (DictionaryAttr pins = pinsOf(attend, builder))
    state.addAttribute("tile.pins", pins);
  state.addRegion()->emplaceBlock().addArguments(
      types, SmallVector<Location>(types.size(), attend.getLoc()));
  result.kernel = cast<tile::KernelOp>(builder.create(state));

  Block &body = result.kernel.getBody().front();
  auto b = ImplicitLocOpBuilder::atBlockBegin(attend.getLoc(), &body);
  KernelPlace place;
  place.attend = attend;
  ValueRange operands = result.operands;
  ValueRange arguments = body.getArguments();
  place.scope.map(operands, arguments.take_front(operands.size()));
  nameArguments(attend, operands, arguments.take_front(operands.size()));
  place.bits = &bits;
  if (result.takesStatus)
    place.status = arguments.back();
  ScalarCopier copier(b, place.scope, bits);
  for (Operation *op : captures.code) {
    copier.copy(op);
    place.scope.map(op->getResult(0), copier.lookup(op->getResult(0)));
  }
  emitBody(b, place, place.scope.lookupOrNull(attend.getOutput()),
           place.scope.lookupOrNull(attend.getLse()));
  return result;
}

} // namespace lacuna
