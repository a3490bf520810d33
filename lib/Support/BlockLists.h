//===- BlockLists.h - Lists of blocks become a table of bits ----------------===//
//
// For whoever evaluates an attn.expand_blocks on the host. Every number of the
// lists is checked: they come from outside.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_SUPPORT_BLOCKLISTS_H
#define LIB_SUPPORT_BLOCKLISTS_H

#include "lacuna/Result.h"
#include "lacuna/Tensor.h"

#include <cstdint>
#include <vector>

namespace lacuna {

/// Lists in host memory, as attn.expand_blocks takes them: tensors of i32, of
/// which counts and offsets have rank 0 where the format has none.
struct BlockLists {
  TensorRef list, counts, offsets;
  bool bits = false;
  std::int64_t columns = 0;
};

/// A table of i1, row-major.
struct BlockTable {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> elements;

  TensorRef ref() const {
    return TensorRef::contiguous(reinterpret_cast<DeviceAddress>(elements.data()), DType::I1,
                                 shape);
  }
};

/// The table that the lists say. Errors: Type, with the row where they first say
/// none: "row [0, 3] has the block 7, but there are 5 columns".
Result<BlockTable> expandBlocks(const BlockLists &lists);

} // namespace lacuna

#endif // LIB_SUPPORT_BLOCKLISTS_H
