#include "lib/Compiler/SpecTable.h"

#include <string>

using namespace lacuna;

Result<TensorRef> SpecTable::resolve(Span<Value> arguments,
                                     std::deque<BlockTable> &expanded) const {
  if (!columns)
    return arguments[argument].tensor;
  auto tensor = [&](std::optional<unsigned> number) {
    return number ? arguments[*number].tensor : TensorRef();
  };
  std::optional<std::int64_t> width = columns->evaluate(arguments);
  if (!width)
    return Status(StatusKind::Type, "the number of block columns cannot be computed");
  const BlockLists lists = {tensor(argument), tensor(counts), tensor(offsets), bits, *width};
  for (const TensorRef *list : {&lists.list, &lists.counts, &lists.offsets})
    if (list->rank && !list->address && list->elementCount())
      return Status(StatusKind::Type, "a list of blocks has no elements");
  Result<BlockTable> table = expandBlocks(lists);
  if (!table)
    return Status(StatusKind::Type, "the list in argument " + std::to_string(argument) + " " +
                                        table.status().message());
  expanded.push_back(std::move(*table));
  return expanded.back().ref();
}
