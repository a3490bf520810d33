//===- HeadSharing.h - Query heads that can be computed together ----------===//
//
// Query heads of one key head read the same keys and values. A block may compute
// them together, and load those once, if nothing decides which tiles it visits or
// what is visible in them by the number of a query head among them.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_HEADSHARING_H
#define DIALECTS_ATTN_IR_HEADSHARING_H

#include "dialects/Attn/IR/Attn.h"

#include <optional>
#include <string>

namespace lacuna::attn {

/// Query heads for each key head, if the types of queries and keys say it.
std::optional<int64_t> queryHeadsPerKeyHead(Attention attend);

/// How many query heads of a key head a block computes together: 1 unless the schedule
/// says more.
int64_t headsTogether(TiledAttention attend);

/// The operation of a clause that tells `heads` query heads of a key head apart: one that
/// uses the head argument and does not divide it by a constant multiple of `heads`. Null
/// when nothing does. The clause has its head argument behind that of the batch, which is
/// number `batchArgument`. Nothing tells a single head apart.
mlir::Operation *findHeadUse(mlir::Region &clause, unsigned batchArgument, int64_t heads);

/// Why a block cannot compute something, as a clause about it, and where that stands.
struct SharingObstacle {
  mlir::Operation *op;
  std::string text; ///< "the mask tells query heads of a key head apart"
};

/// Why blocks cannot compute `heads` query heads of a key head together, or nothing when
/// they can. Expects masks to be expanded and scalars to stand in the clauses.
std::optional<SharingObstacle> findSharingObstacle(TiledAttention attend, int64_t heads);

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_IR_HEADSHARING_H
