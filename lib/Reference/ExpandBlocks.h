//===- ExpandBlocks.h - One attn.expand_blocks -----------------------------===//
#ifndef LIB_REFERENCE_EXPANDBLOCKS_H
#define LIB_REFERENCE_EXPANDBLOCKS_H

#include "dialects/Attn/IR/Attn.h"
#include "lib/Reference/RegionCode.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lacuna::reference {

/// A table of i1: one byte for each element, row-major.
struct BlockTable {
  std::vector<std::int64_t> shape;
  std::string bytes;
};

/// Evaluates the op. Emits an error at the op when the lists say no table, with
/// the row where they first do not.
mlir::FailureOr<BlockTable> expandBlocks(attn::ExpandBlocksOp op, const Environment &environment);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_EXPANDBLOCKS_H
