//===- SpecTable.h - A table that a mask reads ------------------------------===//
#ifndef LIB_COMPILER_SPECTABLE_H
#define LIB_COMPILER_SPECTABLE_H

#include "lacuna/Result.h"
#include "lacuna/Tensor.h"
#include "lib/Runtime/Expression.h"
#include "lib/Support/BlockLists.h"

#include <deque>
#include <optional>

namespace lacuna {

/// An argument of a spec, or blocks that lists among its arguments name. Numbers
/// are those of the spec function's arguments.
struct SpecTable {
  unsigned argument = 0;                  ///< the table itself, or the list
  std::optional<Expression> columns = {}; ///< of the blocks; none: no list
  std::optional<unsigned> counts = {}, offsets = {};
  bool bits = false;

  bool operator==(const SpecTable &) const = default;

  /// The table for arguments that lie in host memory, or have address 0 where
  /// nobody reads them. One made of lists is put into `expanded`, which must
  /// outlive it. Errors: Type, when lists name no table.
  Result<TensorRef> resolve(Span<Value> arguments, std::deque<BlockTable> &expanded) const;
};

} // namespace lacuna

#endif // LIB_COMPILER_SPECTABLE_H
