//===- ShareHeads.cpp - Query heads whose keys are loaded once ------------===//
//
// A block that computes G query heads of a key head together has tiles of rows in
// which position r / G of head r % G is row r. Its price is the number of tiles of
// rows: each visits its keys, loads them with their values, and multiplies with all
// of its rows, the idle ones included. G heads of Q queries each make
//
//     apart       G * tiles(Q)
//     together    tiles(G * Q)
//
// of them, so together is never more, and G times less where Q is small: decoding
// steps, a few speculative tokens. Two things cost more together. A score function
// that reads its head does so for every element, not once for a block; and where a
// group does not fill tiles evenly, the copy engine has no box for it and kernels
// with roles are out of reach. These must save half of the tiles.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/HeadSharing.h"
#include "dialects/Attn/Transforms/Passes.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_SHAREHEADS
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

/// Rows of the smallest tile that schedules begin with; the larger ones are multiples.
static constexpr int64_t tileRows = 64;

static int64_t tilesOf(int64_t rows) { return llvm::divideCeil(rows, tileRows); }

/// What makes an element or a tile of `heads` heads cost more than one of a single
/// head, or nothing.
static std::optional<SharingObstacle> findCost(AttendOp attend, int64_t heads) {
  if (Operation *use = findHeadUse(attend.getScore(), 1, heads))
    return SharingObstacle{use, "the score function would look at the head of every element"};
  if (tileRows % heads)
    return SharingObstacle{attend, "tiles of " + std::to_string(tileRows) +
                                       " rows do not hold groups of " + std::to_string(heads) +
                                       " heads evenly"};
  return std::nullopt;
}

namespace {
struct ShareHeadsPass final : lacuna::attn::impl::ShareHeadsBase<ShareHeadsPass> {
  using ShareHeadsBase::ShareHeadsBase;

  void runOnOperation() override {
    getOperation().walk([&](AttendOp attend) {
      ScheduleAttr schedule = attend.getScheduleAttr();
      std::optional<int64_t> heads = queryHeadsPerKeyHead(attend);
      if (heads && *heads > 1 && !(schedule && schedule.getHeads()))
        decide(attend, *heads);
    });
    markAllAnalysesPreserved();
  }

private:
  void decide(AttendOp attend, int64_t heads) {
    std::optional<SharingObstacle> obstacle = findSharingObstacle(attend, heads);
    int64_t queries = attend.getQuery().getType().getDimSize(2);
    bool isKnown = !ShapedType::isDynamic(queries);
    int64_t together = isKnown ? tilesOf(heads * queries) : 0;
    int64_t split = isKnown ? heads * tilesOf(queries) : 0;
    bool savesHalf = isKnown && 2 * together <= split;
    if (!obstacle && !savesHalf)
      obstacle = findCost(attend, heads);
    if (obstacle) {
      ++apart;
      obstacle->op->emitRemark() << "each query head loads keys and values for itself: "
                                 << obstacle->text;
      return;
    }
    share(attend, heads);
    ++shared;
    InFlightDiagnostic remark = attend.emitRemark();
    remark << heads << " query heads of a key head load its keys and values once";
    if (isKnown)
      remark << ": " << together << " instead of " << split << " tiles of " << tileRows << " rows";
  }

  static void share(AttendOp attend, int64_t heads) {
    ScheduleAttr old = attend.getScheduleAttr();
    if (!old)
      old = ScheduleAttr::get(attend.getContext(), 0, 0, 0, 0, 0, 0);
    attend.setScheduleAttr(ScheduleAttr::get(attend.getContext(), old.getQueryTile(),
                                             old.getKeyTile(), old.getWarps(), old.getStages(),
                                             old.getPlanCapacity(), heads));
  }
};
} // namespace
