//===- WarpShares.h - How rows are dealt to warps ---------------*- C++ -*-===//
//
// The rule of #tile.fragment without MLIR, for the resource model, too.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_IR_WARPSHARES_H
#define DIALECTS_TILE_IR_WARPSHARES_H

#include <cstdint>

namespace lacuna::tile {

/// How many of `warps` warps have the same rows of a tile of `rows`, and share its columns:
/// 1 where each has 16 or more of its own; 0 where such a tile cannot be dealt.
constexpr std::int64_t warpsSharingRows(std::int64_t rows, std::int64_t warps) {
  const std::int64_t blocks = rows % 16 ? 0 : rows / 16;
  if (blocks < 1 || warps < 1)
    return 0;
  return blocks % warps == 0 ? 1 : warps % blocks == 0 ? warps / blocks : 0;
}

} // namespace lacuna::tile

#endif // DIALECTS_TILE_IR_WARPSHARES_H
