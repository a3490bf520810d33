//===- Pieces.h - Query tiles of a ragged batch ---------------------------===//
#ifndef DIALECTS_ATTN_IR_PIECES_H
#define DIALECTS_ATTN_IR_PIECES_H

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstdint>

namespace lacuna::attn {

/// For how many query tiles, each of one sequence, there is room: all that sequences which
/// are `offsets` - 1 can have when they have `queries` together. That is what a kernel's
/// grid counts, so run lists have as many rows.
inline int64_t roomForPieces(int64_t queries, int64_t queryTile, int64_t offsets) {
  return llvm::divideCeil(queries, queryTile) + std::max<int64_t>(offsets - 1, 0);
}

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_IR_PIECES_H
