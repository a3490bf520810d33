#include "lib/Mask/RunLists.h"

#include <algorithm>
#include <numeric>

using namespace lacuna;
using namespace lacuna::mask;

std::int64_t RunLists::tiles(std::int64_t batch, std::int64_t head, std::int64_t number) const {
  std::int64_t count = 0;
  for (const Run &run : row(batch, head, number))
    count += run.length();
  return count;
}

std::int64_t RunLists::longest() const {
  std::size_t longest = 0;
  for (std::size_t n = 0; n + 1 < offsets.size(); ++n)
    longest = std::max(longest, offsets[n + 1] - offsets[n]);
  return std::int64_t(longest);
}

std::vector<std::int32_t> RunLists::longestFirst() const {
  std::vector<std::int32_t> order(std::size_t(batchCount * headCount * rowCount));
  std::vector<std::int64_t> cost(rowCount);
  auto at = order.begin();
  for (std::int64_t batch = 0; batch < batchCount; ++batch)
    for (std::int64_t head = 0; head < headCount; ++head, at += rowCount) {
      for (std::int64_t n = 0; n < rowCount; ++n)
        cost[n] = tiles(batch, head, n);
      const std::int32_t first = std::int32_t(head * rowCount);
      std::iota(std::reverse_iterator(at + rowCount), std::reverse_iterator(at), first);
      std::stable_sort(at, at + rowCount, [&](std::int32_t a, std::int32_t b) {
        return cost[a - first] > cost[b - first];
      });
    }
  return order;
}

std::vector<std::int32_t> RunLists::toArray() const {
  const std::size_t width = 2 * std::size_t(capacity());
  std::vector<std::int32_t> array(std::size_t(batchCount * headCount * rowCount) * width);
  for (std::size_t n = 0; n + 1 < offsets.size(); ++n)
    for (std::size_t at = offsets[n]; at < offsets[n + 1]; ++at) {
      std::int32_t *place = array.data() + n * width + 2 * (at - offsets[n]);
      place[0] = runs[at].first;
      place[1] = runs[at].lengthAndClass;
    }
  return array;
}

RunListBuilder::RunListBuilder(std::int64_t batches, std::int64_t heads, std::int64_t rows,
                               std::int64_t columns) {
  lists.batchCount = batches;
  lists.headCount = heads;
  lists.rowCount = rows;
  lists.columnCount = columns;
  last.resize(std::size_t(batches * heads * rows));
}

void RunListBuilder::append(std::int64_t row, std::int32_t first, std::int32_t length,
                            bool partial) {
  const std::size_t number = firstRow + std::size_t(row);
  if (std::uint32_t previous = last[number]) {
    Run &run = entries[previous - 1].run;
    if (run.isPartial() == partial && run.first + run.length() == first) {
      run = Run::of(run.first, run.length() + length, partial);
      return;
    }
  }
  entries.push_back({std::uint32_t(number), Run::of(first, length, partial)});
  last[number] = std::uint32_t(entries.size());
}

RunLists RunListBuilder::finish() {
  lists.offsets.assign(last.size() + 1, 0);
  for (const Entry &entry : entries)
    ++lists.offsets[entry.row + 1];
  std::partial_sum(lists.offsets.begin(), lists.offsets.end(), lists.offsets.begin());
  lists.runs.resize(entries.size());
  std::vector<std::size_t> next(lists.offsets.begin(), lists.offsets.end() - 1);
  for (const Entry &entry : entries)
    lists.runs[next[entry.row]++] = entry.run;
  return std::move(lists);
}
