#include "lib/Emulator/Ptx/Liveness.h"

#include <algorithm>
#include <bit>

using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

namespace {

/// A set of registers.
class Bits {
public:
  explicit Bits(std::size_t count) : words((count + 63) / 64) {}
  bool test(int i) const { return words[i >> 6] >> (i & 63) & 1; }
  void set(int i) { words[i >> 6] |= u64(1) << (i & 63); }
  /// Becomes use | (live & ~kill); true when that changed it.
  bool assignFlow(const Bits &use, const Bits &live, const Bits &kill) {
    bool changed = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      u64 next = use.words[i] | (live.words[i] & ~kill.words[i]);
      changed |= next != words[i];
      words[i] = next;
    }
    return changed;
  }
  void merge(const Bits &other) {
    for (std::size_t i = 0; i < words.size(); ++i)
      words[i] |= other.words[i];
  }
  template <class Visit>
  void forEach(Visit visit) const {
    for (std::size_t i = 0; i < words.size(); ++i)
      for (u64 rest = words[i]; rest; rest &= rest - 1)
        visit(static_cast<int>(i * 64 + std::countr_zero(rest)));
  }

private:
  std::vector<u64> words;
};

} // namespace

Liveness ptx::computeLiveness(const Kernel &kernel, const Cfg &cfg,
                              const std::vector<Effects> &effects) {
  std::size_t registers = kernel.registers.size(), blocks = cfg.blocks.size();
  std::vector<Bits> use(blocks, Bits(registers)), kill = use, liveIn = use, liveOut = use;
  for (std::size_t b = 0; b < blocks; ++b) {
    for (int i = cfg.blocks[b].first; i < cfg.blocks[b].last; ++i) {
      for (int r : effects[i].reads)
        if (!kill[b].test(r))
          use[b].set(r);
      if (kernel.statements[i].guard < 0)
        for (int r : effects[i].writes)
          kill[b].set(r);
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t b = blocks; b-- > 0;) {
      for (int successor : cfg.blocks[b].successors)
        if (successor != cfg.exitBlock)
          liveOut[b].merge(liveIn[successor]);
      changed |= liveIn[b].assignFlow(use[b], liveOut[b], kill[b]);
    }
  }

  Liveness result;
  result.ranges.assign(registers, {1 << 30, -1});
  auto touch = [&](int r, int at) {
    Liveness::Range &range = result.ranges[r];
    range.first = std::min(range.first, at);
    range.last = std::max(range.last, at);
  };
  for (std::size_t b = 0; b < blocks; ++b) {
    liveIn[b].forEach([&](int r) { touch(r, cfg.blocks[b].first); });
    liveOut[b].forEach([&](int r) { touch(r, cfg.blocks[b].last - 1); });
    for (int i = cfg.blocks[b].first; i < cfg.blocks[b].last; ++i) {
      for (int r : effects[i].reads)
        touch(r, i);
      for (int r : effects[i].writes)
        touch(r, i);
    }
  }
  if (blocks)
    liveIn[0].forEach([&](int r) { result.readBeforeWritten.push_back(r); });
  return result;
}

Slots ptx::assignSlots(const Kernel &kernel, const Liveness &liveness,
                       const std::vector<bool> &pinned, u32 begin) {
  Slots result;
  result.offset.assign(kernel.registers.size(), 0);
  result.end = begin;
  std::vector<int> order;
  for (std::size_t r = 0; r < kernel.registers.size(); ++r)
    if (liveness.ranges[r].last >= 0)
      order.push_back(static_cast<int>(r));
  std::sort(order.begin(), order.end(), [&](int x, int y) {
    int first = liveness.ranges[x].first, second = liveness.ranges[y].first;
    return first != second ? first < second : x < y;
  });
  std::vector<int> active[3];
  std::vector<u32> free[3];
  for (int r : order) {
    RegisterClass width = kernel.registers[r].width;
    std::size_t pool = static_cast<std::size_t>(width);
    std::erase_if(active[pool], [&](int other) {
      // A slot read by a statement may be written by the same statement only
      // when handlers work lane by lane; matrix handlers do not.
      bool over = liveness.ranges[other].last < liveness.ranges[r].first;
      if (over)
        free[pool].push_back(result.offset[other]);
      return over;
    });
    if (!pinned[r] && !free[pool].empty()) {
      result.offset[r] = free[pool].back();
      free[pool].pop_back();
    } else {
      result.offset[r] = result.end;
      result.end += slotBytes(width);
    }
    if (!pinned[r])
      active[pool].push_back(r);
  }
  return result;
}
