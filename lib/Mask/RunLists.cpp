#include "lib/Mask/RunLists.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

using namespace lacuna;
using namespace lacuna::mask;

std::int64_t mask::listCapacity(std::int64_t rows, std::int64_t tiles) {
  constexpr std::int64_t bytes = 16 << 20, least = 64;
  const std::int64_t fitting = bytes / std::int64_t(sizeof(Run)) / std::max<std::int64_t>(rows, 1);
  return std::min(tiles, std::max(fitting, least));
}

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
      std::iota(at, at + rowCount, 0);
      std::stable_sort(at, at + rowCount,
                       [&](std::int32_t a, std::int32_t b) { return cost[a] > cost[b]; });
    }
  return order;
}

Status RunLists::write(std::int64_t capacity, std::int32_t *runArray, std::int32_t *counts) const {
  if (longest() > capacity)
    return Status(StatusKind::Resource, "a row of the plan has " + std::to_string(longest()) +
                                            " runs, but lists hold " + std::to_string(capacity) +
                                            "; pin plan_capacity in #attn.schedule");
  for (std::int64_t batch = 0; batch < batchCount; ++batch)
    for (std::int64_t head = 0; head < headCount; ++head)
      for (std::int64_t n = 0; n < rowCount; ++n) {
        const Span<Run> list = row(batch, head, n);
        const std::size_t at = index(batch, head, n);
        if (!list.empty())
          std::memcpy(runArray + at * std::size_t(capacity) * 2, list.begin(),
                      list.size() * sizeof(Run));
        counts[2 * at] = std::int32_t(list.size());
        counts[2 * at + 1] = std::int32_t(tiles(batch, head, n));
      }
  return Status();
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
