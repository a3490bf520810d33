//===- AttendVerifier.cpp - When an attend is well formed -----------------===//
//
// verify() holds what operands and their static sizes must satisfy; sizes known
// only at launch are checked there and named in the same words. verifyRegions()
// holds what the clauses may contain. What the definition reserves for later
// systems (several sources, gather, broadcast, weight) is refused by name here.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/SpecRules.h"

using namespace mlir;
using namespace lacuna::attn;

using Clause = AttendOp::Clause;

static constexpr int64_t headDimMultiple = 8;
static constexpr int64_t headDimLimit = 256;

namespace {
/// A static or dynamic size and how messages call its owner.
struct NamedSize {
  StringRef owner;
  int64_t size;
};
} // namespace

/// Two sizes that must be equal, unless one is known only at launch.
static LogicalResult sameSize(AttendOp op, StringRef what, NamedSize one, NamedSize other) {
  if (ShapedType::isDynamic(one.size) || ShapedType::isDynamic(other.size) ||
      one.size == other.size)
    return success();
  return op.emitOpError() << what << " differ: " << one.size << " in the " << one.owner << ", "
                          << other.size << " in the " << other.owner;
}

static LogicalResult verifyHeadDim(AttendOp op, NamedSize dim) {
  if (ShapedType::isDynamic(dim.size))
    return op.emitOpError() << "head_dim of the " << dim.owner << " must be static";
  if (dim.size < headDimMultiple || dim.size > headDimLimit || dim.size % headDimMultiple)
    return op.emitOpError() << "head_dim of the " << dim.owner << " must be a multiple of "
                            << headDimMultiple << " up to " << headDimLimit << ", but is "
                            << dim.size;
  return success();
}

/// A table of positions ends in the dimensions of what it describes.
static LogicalResult verifyPositions(AttendOp op, Value position, StringRef owner,
                                     RankedTensorType described) {
  auto table = position ? dyn_cast<RankedTensorType>(position.getType()) : RankedTensorType();
  if (!table)
    return success();
  if (table.getRank() < 1 || table.getRank() > 3)
    return op.emitOpError() << "positions of the " << owner
                            << " must be [sequence], [batch, sequence] or [batch, heads, "
                               "sequence], but have "
                            << table.getRank() << " dimensions";
  const StringRef names[] = {"batch sizes", "head counts", "sequence lengths"};
  for (int64_t axis = 0; axis < table.getRank(); ++axis) {
    // [batch, sequence] skips the heads.
    int64_t of = axis == table.getRank() - 1 ? 2 : axis;
    if (failed(sameSize(op, names[of], {owner, described.getDimSize(of)},
                        {"positions", table.getDimSize(axis)})))
      return failure();
  }
  return success();
}

/// Sequences lie one behind the other along the third axis, so the first is no batch.
static LogicalResult verifyRagged(AttendOp op) {
  TypedValue<RankedTensorType> ofQueries = op.getQueryOffsets(), ofKeys = op.getKeyOffsets();
  if (!ofQueries && !ofKeys)
    return success();
  if (!ofQueries || !ofKeys)
    return op.emitOpError() << "has offsets of the " << (ofQueries ? "query" : "keys")
                            << " only; a ragged attend needs those of both";
  if (op.getRunsAttr())
    return op.emitOpError("has runs, which a ragged attend cannot have: they hold for one length");
  for (RankedTensorType tensor : {op.getQuery().getType(), op.getKey().getType()})
    if (int64_t batch = tensor.getDimSize(0); !ShapedType::isDynamic(batch) && batch != 1)
      return op.emitOpError() << "is ragged, so its tensors have a batch of 1, but one has "
                              << batch;
  for (Value offsets : {ofQueries, ofKeys})
    if (cast<RankedTensorType>(offsets.getType()).getDimSize(0) == 0)
      return op.emitOpError("has no offsets, needs one more than sequences");
  return sameSize(op, "numbers of offsets", {"query", ofQueries.getType().getDimSize(0)},
                  {"keys", ofKeys.getType().getDimSize(0)});
}

static LogicalResult verifyNotBuiltYet(AttendOp op) {
  if (op.getNumSources() != 1)
    return op.emitOpError() << "has " << op.getNumSources()
                            << " sources, but only one is supported yet";
  if (!op.getIndexLists()[0].empty())
    return op.emitOpError("has a source with 'gather', which is not supported yet");
  if (op.getBroadcast()[0])
    return op.emitOpError("has a source with 'broadcast', which is not supported yet");
  if (!op.getWeight().empty())
    return op.emitOpError("has a 'weight' clause, which is not supported yet");
  return success();
}

/// Run lists answer for one pair of lengths.
static LogicalResult verifyRuns(AttendOp op) {
  RunsAttr runs = op.getRunsAttr();
  if (!runs)
    return success();
  if (op.getMode() != Mode::Baked)
    return op.emitOpError("has runs, which need the mode 'baked'");
  RankedTensorType query = op.getQuery().getType();
  int64_t queries = query.getDimSize(2), keys = op.getKey().getType().getDimSize(2);
  if (ShapedType::isDynamic(queries) || ShapedType::isDynamic(keys))
    return op.emitOpError("has runs, which need static sequence lengths");
  auto tiles = [](int64_t extent, int64_t tile) { return (extent + tile - 1) / tile; };
  if (runs.getExtent(2) != tiles(queries, runs.getQueryTile()))
    return op.emitOpError() << "has runs of " << runs.getExtent(2) << " query tiles, but "
                            << queries << " queries have " << tiles(queries, runs.getQueryTile());
  if (runs.getEnd() > tiles(keys, runs.getKeyTile()))
    return op.emitOpError() << "has runs up to key tile " << runs.getEnd() - 1 << ", but " << keys
                            << " keys have " << tiles(keys, runs.getKeyTile());
  for (unsigned axis : {0u, 1u})
    if (int64_t extent = runs.getExtent(axis); extent != 1 && extent != query.getDimSize(axis))
      return op.emitOpError() << "has runs of " << extent << (axis ? " heads" : " batches")
                              << ", needs 1 or as many as the query has";
  return success();
}

LogicalResult AttendOp::verify() {
  size_t sources = getNumSources();
  if (getValues().size() != sources || getKeyPositionCounts().size() != sources ||
      getIndexListCounts().size() != sources || getBroadcast().size() != sources ||
      getClauses().size() != sources * kClauses)
    return emitOpError() << "needs keys, values, position and index counts, a broadcast flag and "
                         << kClauses << " regions for each of its sources";
  if (llvm::any_of(getKeyPositionCounts(), [](int32_t count) { return count > 1; }) ||
      llvm::any_of(getIndexListCounts(), [](int32_t count) { return count > 1; }))
    return emitOpError("takes at most one position operand and one index list per source");
  if (failed(verifyNotBuiltYet(*this)))
    return failure();

  RankedTensorType query = getQuery().getType(), key = getKey().getType(),
                   value = getValue().getType();
  if (query.getElementType() != key.getElementType() ||
      query.getElementType() != value.getElementType())
    return emitOpError() << "element types differ: " << query.getElementType() << " in the query, "
                         << key.getElementType() << " in the keys, " << value.getElementType()
                         << " in the values";
  int64_t queryHeads = query.getDimSize(1), keyHeads = key.getDimSize(1);
  if (!ShapedType::isDynamic(queryHeads) && !ShapedType::isDynamic(keyHeads) &&
      (keyHeads == 0 ? queryHeads != 0 : queryHeads % keyHeads != 0))
    return emitOpError() << "query heads must be a multiple of key heads, but there are "
                         << queryHeads << " and " << keyHeads;
  return failure(
      failed(verifyHeadDim(*this, {"query", query.getDimSize(3)})) ||
      failed(verifyHeadDim(*this, {"keys", key.getDimSize(3)})) ||
      failed(verifyHeadDim(*this, {"values", value.getDimSize(3)})) ||
      failed(sameSize(*this, "head_dims", {"query", query.getDimSize(3)},
                      {"keys", key.getDimSize(3)})) ||
      failed(sameSize(*this, "batch sizes", {"query", query.getDimSize(0)},
                      {"keys", key.getDimSize(0)})) ||
      failed(sameSize(*this, "batch sizes", {"query", query.getDimSize(0)},
                      {"values", value.getDimSize(0)})) ||
      failed(sameSize(*this, "batch sizes", {"keys", key.getDimSize(0)},
                      {"values", value.getDimSize(0)})) ||
      failed(sameSize(*this, "head counts", {"keys", keyHeads}, {"values", value.getDimSize(1)})) ||
      failed(sameSize(*this, "sequence lengths", {"keys", key.getDimSize(2)},
                      {"values", value.getDimSize(2)})) ||
      failed(verifyPositions(*this, getQueryPosition(), "query", query)) ||
      failed(verifyPositions(*this, getKeyPosition(), "keys", key)) ||
      failed(verifyRagged(*this)) || failed(verifyRuns(*this)));
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// Argument types without the slots, and what the region yields.
static std::pair<SmallVector<Type>, SmallVector<Type>> signatureOf(Clause clause, Builder builder) {
  Type i32 = builder.getI32Type(), f32 = builder.getF32Type();
  switch (clause) {
  case Clause::Where:
    return {{i32, i32, i32, i32}, {builder.getI1Type()}};
  case Clause::Score:
  case Clause::Weight:
    return {{f32, i32, i32, i32, i32}, {f32}};
  case Clause::Intervals:
    return {{i32, i32, i32, i32}, {i32, i32, i32, i32}};
  case Clause::Classify:
    return {SmallVector<Type>(6, i32), SmallVector<Type>(2, builder.getI1Type())};
  }
  llvm_unreachable("all clauses have a signature");
}

/// "(f32, i32, i32)": for messages.
static std::string listOf(TypeRange types) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '(';
  llvm::interleaveComma(types, stream);
  stream << ')';
  return text;
}

static LogicalResult verifySignature(AttendOp op, Clause clause, Region &region) {
  StringRef name = AttendOp::getClauseName(clause);
  auto [arguments, results] = signatureOf(clause, Builder(op.getContext()));
  // A box has two ends in every slot, and has slots exactly when the predicate has.
  if (clause == Clause::Classify && op.takesSlots())
    arguments.append(4, arguments.back());
  SmallVector<Type> withSlots = arguments;
  bool mayTakeSlots = clause != Clause::Intervals && clause != Clause::Classify;
  if (mayTakeSlots)
    withSlots.append(2, arguments.back());
  TypeRange found = region.getArgumentTypes();
  if (found != TypeRange(arguments) && !(mayTakeSlots && found == TypeRange(withSlots)))
    return op.emitOpError() << "'" << name << "' takes " << listOf(arguments)
                            << (mayTakeSlots ? ", and two more i32 for the slots if wanted" : "")
                            << ", but has " << listOf(found);
  auto yield = dyn_cast<YieldOp>(region.front().back());
  if (!yield)
    return op.emitOpError() << "'" << name << "' must end in attn.yield";
  // Intervals may come in several pairs.
  size_t pairs = yield.getNumOperands() / results.size();
  if (clause == Clause::Intervals && pairs > 1 && pairs <= AttendOp::kMaxIntervalPairs)
    results.resize(pairs * results.size(), results.front());
  if (yield.getOperandTypes() != TypeRange(results))
    return yield.emitOpError() << "must yield " << listOf(results) << " from '" << name
                               << "', but yields " << listOf(yield.getOperandTypes());
  return success();
}

/// A box of elements is read by load_range, one element by load.
static std::string whyNotInClause(Clause clause, Operation *op) {
  if (clause == Clause::Classify && isa<LoadOp>(op))
    return "is not allowed in 'classify': a box is read by attn.load_range";
  if (clause != Clause::Classify && isa<LoadRangeOp>(op))
    return "is allowed only in 'classify'";
  return whyNotInRegion(op);
}

LogicalResult AttendOp::verifyRegions() {
  for (unsigned index = 0; index < getClauses().size(); ++index) {
    Region &region = getClauses()[index];
    if (region.empty())
      continue;
    auto clause = static_cast<Clause>(index % kClauses);
    if (failed(verifySignature(*this, clause, region)))
      return failure();
    WalkResult walked = region.walk([clause](Operation *inner) {
      std::string reason = whyNotInClause(clause, inner);
      if (reason.empty())
        return WalkResult::advance();
      inner->emitError() << "region op '" << inner->getName() << "' " << reason;
      return WalkResult::interrupt();
    });
    if (walked.wasInterrupted())
      return failure();
  }
  return success();
}
