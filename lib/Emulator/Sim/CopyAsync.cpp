//===- CopyAsync.cpp - cp.async and its groups -----------------------------===//
//
// A copy is checked when it is issued and takes effect by mode: at once, when
// its group is waited for, or some time between. Data that nobody waited for
// is caught by the clock of the agent "cp.async of warp w" in any mode.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/AsyncState.h"
#include "lib/Emulator/Sim/Launch.h"
#include "lib/Emulator/Sim/MemoryAccess.h"

#include <algorithm>
#include <cstring>

using namespace lacuna::emulator;
using ptx::Operand;
using ptx::Space;

void lacuna::emulator::perform(const Copy &copy) {
  std::memcpy(copy.to, copy.from, copy.source);
  std::memset(copy.to + copy.source, 0, copy.bytes - copy.source);
}

/// a: shared address (imm: offset); b: global address; option: bytes copied;
/// c: bytes of these that are read, or none; list[0]: offset of the global
/// address; list[1], if any: predicate that makes it copy zeros.
static Step copyAsync(Warp &warp, const Instruction &i) {
  Block &block = *warp.block;
  AsyncMode mode = block.launch->options->mode;
  const u64 *global = lanes<u64>(warp, i.b);
  const u32 *sizes = i.c ? lanes<u32>(warp, i.c) : nullptr;
  u32 ignored = i.listSize > 1 ? predicate(warp, i.list[1]) : 0;
  u32 bytes = i.option;
  AccessMemo toMemo, fromMemo;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    u32 group = warp.copies.committed[lane] + 1;
    u32 to = static_cast<u32>(laneAddress(warp, i, lane));
    u64 from = global[lane] + static_cast<s64>(static_cast<s32>(i.list[0]));
    u32 source = sizes ? sizes[lane] : bytes;
    if (source > bytes) {
      reportLazily(warp, ReportKind::OutOfBounds, lane, [&] {
        return "copies " + std::to_string(bytes) + " bytes but reads " + std::to_string(source);
      });
      source = bytes;
    }
    if (ignored >> lane & 1)
      source = 0;
    Accessor write{copyAgents + warp.id, group, static_cast<u32>(lane), true, false, false};
    u8 *target = accessShared(warp, lane, to, bytes, write, toMemo);
    const u8 *data = accessGlobal(warp, lane, from, source,
                                  genericAccess(warp, static_cast<u32>(lane), false), fromMemo);
    if (!target || (source && !data))
      continue;
    Copy copy{target,
              data,
              group,
              static_cast<u8>(lane),
              static_cast<u8>(bytes),
              static_cast<u8>(source)};
    if (mode == AsyncMode::Eager || (mode == AsyncMode::Random && block.random.below(4) == 0))
      perform(copy);
    else
      warp.copies.pending.push_back(copy);
  }
  return Step::Next;
}

static Step countCopy(Warp &warp, const Instruction &i) {
  Worker &worker = *warp.block->worker;
  const u32 ignored = i.listSize > 1 ? predicate(warp, i.list[1]) : 0;
  const u32 bytes = i.option;
  worker.sharedBytes += u64(std::popcount(warp.mask)) * bytes;
  for (u32 rest = warp.mask & ~ignored; rest; rest &= rest - 1)
    worker.globalBytesLoaded +=
        i.c ? std::min(bytes, lanes<u32>(warp, i.c)[std::countr_zero(rest)]) : bytes;
  return Step::Next;
}

static Step commit(Warp &warp, const Instruction &) {
  forLanes(warp.mask, [&](int l) { ++warp.copies.committed[l]; });
  return Step::Next;
}

/// imm: groups that may stay pending; option 1: none, and uncommitted copies
/// count too (wait_all).
static Step wait(Warp &warp, const Instruction &i) {
  CopyQueue &queue = warp.copies;
  u32 done[warpSize], least = ~u32(0);
  if (i.option)
    commit(warp, i);
  for (int lane = 0; lane < warpSize; ++lane) {
    u32 committed = queue.committed[lane], may = static_cast<u32>(i.imm);
    bool waits = warp.mask >> lane & 1;
    done[lane] = waits && committed > may ? committed - may : 0;
    if (waits)
      least = std::min(least, done[lane]);
  }
  std::erase_if(queue.pending, [&](const Copy &copy) {
    if (copy.group > done[copy.lane])
      return false;
    perform(copy);
    return true;
  });
  u32 &known = warp.block->clocks.of(warp.id)[copyAgents + warp.id];
  known = std::max(known, least);
  return Step::Next;
}

static void bindCopy(Binder &binder) {
  const auto &operands = binder.statement.operands;
  bool hint = binder.has("L2::cache_hint");
  std::size_t count = operands.size() - hint;
  if (operands.size() < 3u + hint || count > 4)
    return binder.fail("wrong number of operands");
  if (operands[2].kind != Operand::Kind::Immediate)
    return binder.fail("the copy size must be an immediate");
  s64 bytes = operands[2].value;
  bool legal = bytes == 16 || (binder.has("ca") && (bytes == 4 || bytes == 8));
  if (!legal)
    return binder.fail("cannot copy " + std::to_string(bytes) + " bytes");
  Instruction &out = binder.out;
  out.option = static_cast<u8>(bytes);
  // The global address first: the shared one then leaves its offset in imm.
  binder.address(operands[1]);
  if (out.access.wordAddress)
    return binder.fail("the global address must have 64 bits");
  out.b = out.a;
  std::vector<u32> list{static_cast<u32>(out.imm)};
  binder.address(operands[0]);
  if (count == 4) {
    if (binder.isPredicate(operands[3]))
      list.push_back(binder.predicateSource(operands[3]));
    else
      out.c = binder.source(operands[3], 4);
  }
  binder.setList(std::move(list));
  out.access.space = Space::Shared;
  out.access.elementBytes = static_cast<u8>(bytes);
  binder.touches(Space::Shared, static_cast<u32>(bytes));
  // Partial sources are read in pieces as small as an element of 2 bytes.
  binder.touches(Space::Global,
                 out.c ? std::min<u32>(4, static_cast<u32>(bytes)) : static_cast<u32>(bytes));
}

void lacuna::emulator::addCopyAsyncRows(InstructionTable &table) {
  table.add({"cp.async.(ca|cg).(shared|shared::cta).global[.L2::cache_hint][.L2::64B|.L2::128B|"
             ".L2::256B]",
             "", copyAsync, 0, bindCopy},
            countCopy);
  table.add({"cp.async.commit_group", "", commit});
  table.add({"cp.async.wait_group", "i", wait, 0});
  table.add({"cp.async.wait_all", "", wait, 1});
}
