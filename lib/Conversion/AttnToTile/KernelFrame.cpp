//===- KernelFrame.cpp - The arguments of a kernel of attention -------------===//
#include "lib/Conversion/AttnToTile/KernelFrame.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "lib/Conversion/AttnToTile/BlockLists.h"
#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

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

/// What is pinned of the schedule, for the passes that choose one: by the user, and
/// by run lists, which are of tiles of one size.
static DictionaryAttr pinsOf(attn::TiledAttention attend, Builder &builder) {
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

/// Whether a kernel may find an index out of range.
static bool readsTables(attn::TiledAttention attend) {
  for (Region *clause : {&attend.getWhere(), &attend.getScore()})
    if (clause->walk([](attn::LoadOp) { return WalkResult::interrupt(); }).wasInterrupted())
      return true;
  return false;
}

/// What a kernel takes besides what its clauses capture. Offsets are for the plan, unless
/// a clause reads them, too.
static SmallVector<Value> kernelOperands(attn::TiledAttention attend) {
  SmallVector<Value> operands;
  for (Value operand : attend->getOperands())
    if (operand != attend.getQueryOffsets() && operand != attend.getKeyOffsets())
      operands.push_back(operand);
  return operands;
}

/// Arguments of the kernel after those that a launch passes for values of the spec, and
/// what they are to `place`.
static void placePlanned(attn::TiledAttention attend, const AttendKernel &kernel,
                         ValueRange arguments, KernelPlace &place) {
  auto next = [&](StringRef name) {
    Value view = named(name, arguments.front());
    arguments = arguments.drop_front();
    return view;
  };
  if (attend.isRagged())
    place.pieces = next("pieces");
  if (isPlanned(attend)) {
    place.lists = next("lists");
    place.counts = next("counts");
    place.perBatch = kernel.plan->perBatch;
    place.perHead = kernel.plan->perHead;
  }
  if (kernel.takesOrder())
    place.order = next("order");
  if (kernel.takesGroup)
    place.group = next("group");
  if (kernel.takesStatus)
    place.status = arguments.front();
}

SmallVector<Value> writtenResults(Operation *op) {
  auto backward = dyn_cast<attn::BackwardOp>(op);
  SmallVector<Value> written;
  for (Value result : op->getResults())
    if (!result.use_empty() ||
        (backward && (!backward.isByKey() || result == backward.getQueryGradient())))
      written.push_back(result);
  return written;
}

/// The kernels around one that adds to gradients.
static SmallVector<GradientSum, 0> emitSums(OpBuilder &builder, attn::BackwardOp op, StringRef name,
                                            StatusBits &bits) {
  SmallVector<GradientSum, 0> sums;
  bool mayFail = mayBeSpoiled(op);
  for (auto [index, wanted] : llvm::enumerate(op.getWanted()))
    sums.push_back(emitGradientSum(builder, op.getGradientOf(wanted),
                                   (name + "_sum" + Twine(index)).str(), mayFail));
  if (op.getAddsQuery())
    sums.push_back(emitQuerySum(builder, op, (name + "_queries").str(), bits, mayFail));
  return sums;
}

AttendKernel beginKernel(OpBuilder &builder, attn::TiledAttention attend, StringRef name,
                         StatusBits &bits, KernelPlace &place) {
  MLIRContext *context = builder.getContext();
  hoistInvariants(attend);
  AttendKernel result;
  bool listed = isPlanned(attend);
  if (listed || attend.isRagged())
    result.plan = emitPlan(builder, attend, name, bits);
  SmallVector<Region *> clauses;
  for (Region &clause : attend->getRegions()) {
    bool isOfTiles = &clause == &attend.getClassify() ||
                     (&clause == &attend.getIntervals() && (listed || attend.getRunsAttr()));
    if (!isOfTiles)
      clauses.push_back(&clause);
  }
  Captures captures = capturesOf({attend.getQuery(), attend.getKey(), attend.getValue()},
                                 kernelOperands(attend), clauses);
  result.operands.assign(captures.arguments.begin(), captures.arguments.end());
  llvm::append_range(result.operands, writtenResults(attend));
  SmallVector<Type> types(llvm::map_range(ValueRange(result.operands).getTypes(), parameterType));
  if (auto backward = dyn_cast<attn::BackwardOp>(attend.getOperation()))
    result.sums = emitSums(builder, backward, name, bits);
  for (const GradientSum &sum : result.sums)
    types[llvm::find(result.operands, sum.gradient) - result.operands.begin()] =
        parameterType(sumType(cast<RankedTensorType>(sum.gradient.getType())));
  PlanViews views(context);
  if (attend.isRagged())
    types.push_back(pieceView(context));
  if (listed)
    types.append({views.lists, views.counts});
  if (result.takesOrder())
    types.push_back(views.order);
  result.takesGroup = !attend.isByKey();
  if (result.takesGroup)
    types.push_back(builder.getI32Type());
  result.takesStatus = result.plan || readsTables(attend);
  if (result.takesStatus)
    types.push_back(tile::StatusType::get(context));
  result.kernel = createKernel(builder, attend.getLoc(), name, types);
  if (DictionaryAttr pins = pinsOf(attend, builder))
    result.kernel->setAttr("tile.pins", pins);

  Block &body = result.kernel.getBody().front();
  auto b = ImplicitLocOpBuilder::atBlockBegin(attend.getLoc(), &body);
  place.attend = attend;
  place.heads = attn::headsTogether(attend);
  place.bits = &bits;
  size_t passed = result.operands.size();
  ValueRange arguments = body.getArguments();
  place.scope.map(ValueRange(result.operands), arguments.take_front(passed));
  nameArguments(attend, result.operands, arguments.take_front(passed));
  placePlanned(attend, result, arguments.drop_front(passed), place);
  copyCode(b, captures, place.scope, bits);
  if (attn::RunsAttr runs = attend.getRunsAttr())
    placeTables(b, runs, place);
  place.query = place.scope.lookup(attend.getQuery());
  place.key = place.scope.lookup(attend.getKey());
  place.value = place.scope.lookup(attend.getValue());
  return result;
}

bool mayBeSpoiled(attn::TiledAttention attend) {
  return isPlanned(attend) || attend.isRagged() || readsExpandedBlocks(attend);
}

} // namespace lacuna
