//===- AttendVerifier.cpp - When an attend is well formed -----------------===//
//
// verify() holds what only attend has, besides the operands that it shares with its
// gradient (VerifyAttention.h); verifyRegions() holds what the clauses may contain.
// What the definition reserves for later systems (several sources, gather,
// broadcast, weight) is refused by name here.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/Clauses.h"
#include "dialects/Attn/IR/Pieces.h"
#include "dialects/Attn/IR/SpecRules.h"
#include "dialects/Attn/IR/VerifyAttention.h"

using namespace mlir;
using namespace lacuna::attn;

using Clause = AttendOp::Clause;

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
  int64_t wanted = tiles(queries, runs.getQueryTile());
  if (op.isRagged()) {
    int64_t offsets = op.getQueryOffsets().getType().getDimSize(0);
    if (ShapedType::isDynamic(offsets))
      return op.emitOpError("has runs, which need a static number of offsets");
    wanted = roomForPieces(queries, runs.getQueryTile(), offsets);
  }
  if (runs.getExtent(2) != wanted)
    return op.emitOpError() << "has runs of " << runs.getExtent(2) << " query tiles, but "
                            << queries << " queries have " << (op.isRagged() ? "room for " : "")
                            << wanted;
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

  return failure(failed(verifyAttention(*this)) || failed(verifyRuns(*this)));
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

static ClauseSignature signatureOf(AttendOp op, Clause clause) {
  Builder builder(op.getContext());
  Type i32 = builder.getI32Type(), f32 = builder.getF32Type();
  ClauseSignature signature{AttendOp::getClauseName(clause), {}, {}};
  switch (clause) {
  case Clause::Where:
    signature.arguments = {i32, i32, i32, i32};
    signature.results = {builder.getI1Type()};
    break;
  case Clause::Score:
  case Clause::Weight:
    signature.arguments = {f32, i32, i32, i32, i32};
    signature.results = {f32};
    break;
  case Clause::Intervals:
    return intervalsSignature(builder);
  case Clause::Classify:
    return classifySignature(builder, op.takesSlots());
  }
  return signature;
}

static std::string whyNotInClause(Clause clause, Operation *op) {
  if (isa<ContributeOp>(op))
    return "is allowed only in 'pullback'";
  std::string reason = whyNotRead(op, clause == Clause::Classify);
  return reason.empty() ? whyNotInRegion(op) : reason;
}

LogicalResult AttendOp::verifyRegions() {
  for (unsigned index = 0; index < getClauses().size(); ++index) {
    auto clause = static_cast<Clause>(index % kClauses);
    auto whyNot = [clause](Operation *inner) { return whyNotInClause(clause, inner); };
    if (failed(verifyClause(*this, signatureOf(*this, clause), getClauses()[index], whyNot)))
      return failure();
  }
  return success();
}
