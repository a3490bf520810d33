//===- Mbarrier.cpp - mbarrier objects and proxy fences --------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/AsyncState.h"
#include "lib/Emulator/Sim/MemoryAccess.h"
#include "lib/Emulator/Sim/Scheduler.h"

#include <algorithm>

using namespace lacuna::emulator;
using ptx::Operand;
using ptx::Space;

/// Agents are numbered by 8 bits.
static constexpr std::size_t mostMbarriers = allAgents - mbarrierAgents;
static constexpr u32 mbarrierBytes = 8;

int lacuna::emulator::mbarrierAt(Warp &warp, int lane, u32 address) {
  const std::vector<Mbarrier> &all = warp.block->async->mbarriers;
  for (std::size_t m = 0; m < all.size(); ++m)
    if (all[m].address == address)
      return static_cast<int>(m);
  reportLazily(warp, ReportKind::Mbarrier, lane, [&] {
    return "no mbarrier was initialised at shared byte " +
           std::to_string(s64(address) - sharedBase);
  });
  return -1;
}

void lacuna::emulator::settleMbarrier(Block &block, std::size_t index) {
  Mbarrier &mbarrier = block.async->mbarriers[index];
  if (mbarrier.pending || mbarrier.bytes || !mbarrier.expected)
    return;
  ++mbarrier.phase;
  mbarrier.pending = mbarrier.expected;
  block.clocks.join(mbarrier.done.data(), mbarrier.released.data());
  block.clocks.join(mbarrier.doneProxy.data(), mbarrier.releasedProxy.data());
  mbarrier.done[mbarrierAgents + index] = mbarrier.phase;
  for (Warp &warp : block.warps)
    for (Group &group : warp.parked)
      if (group.condition.kind == Condition::Kind::Mbarrier &&
          group.condition.a == mbarrier.address && (mbarrier.phase & 1) != group.condition.b)
        group.condition = {};
}

/// Adds what the executing lanes know to what an arrival releases. Of what other lanes of
/// their warp have read they know only up to where all lanes last met. (A clock cannot
/// leave that out and have what these lanes wrote since; then it has both.)
static void release(Warp &warp, std::array<u32, allAgents> &into, u32 *known) {
  u32 &own = known[warp.id];
  const u32 now = own;
  if ((warp.touched & ~warp.mask) && !(warp.wrote & warp.mask))
    own = std::min(now, warp.touchedClock - 1);
  warp.block->clocks.join(into.data(), known);
  own = now;
}

static void arriveOn(Warp &warp, int lane, std::size_t index, u32 count) {
  Block &block = *warp.block;
  Mbarrier &mbarrier = block.async->mbarriers[index];
  if (count > mbarrier.pending) {
    reportLazily(warp, ReportKind::Mbarrier, lane, [&] {
      return "arrives " + std::to_string(count) + " times on an mbarrier that expects " +
             std::to_string(mbarrier.pending) + " more of " + std::to_string(mbarrier.expected);
    });
    return;
  }
  mbarrier.pending -= count;
  release(warp, mbarrier.released, block.clocks.of(warp.id));
  release(warp, mbarrier.releasedProxy, block.clocks.proxyOf(warp.id));
  block.clocks.tick(warp.id);
  settleMbarrier(block, index);
}

/// b: arrivals expected.
static Step initialise(Warp &warp, const Instruction &i) {
  std::vector<Mbarrier> &all = warp.block->async->mbarriers;
  const u32 *count = lanes<u32>(warp, i.b);
  AccessMemo memo;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    u32 address = static_cast<u32>(laneAddress(warp, i, lane));
    if (!accessShared(warp, lane, address, mbarrierBytes,
                      genericAccess(warp, static_cast<u32>(lane), true), memo))
      continue;
    auto at = std::find_if(all.begin(), all.end(),
                           [&](const Mbarrier &m) { return m.address == address; });
    if (at == all.end()) {
      if (all.size() == mostMbarriers) {
        report(warp, ReportKind::Mbarrier, lane, "more than 128 mbarriers");
        continue;
      }
      at = all.emplace(all.end());
    }
    u32 phase = at->phase; // clocks go on counting
    *at = Mbarrier();
    at->address = address;
    at->expected = at->pending = count[lane];
    at->phase = (phase + 1) & ~u32(1);
    at->initialiser = warp.id;
    if (count[lane] == 0)
      reportLazily(warp, ReportKind::Mbarrier, lane,
                   [] { return std::string("an mbarrier must expect at least one arrival"); });
  }
  return Step::Next;
}

/// Touches the object itself, which orders it after its initialisation.
static bool touchObject(Warp &warp, int lane, u32 address, AccessMemo &memo) {
  Accessor access = genericAccess(warp, static_cast<u32>(lane), false);
  access.atomic = true;
  return accessSharedRange(warp, lane, address, mbarrierBytes, access, memo) != nullptr;
}

static Step invalidate(Warp &warp, const Instruction &i) {
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    int m = mbarrierAt(warp, lane, static_cast<u32>(laneAddress(warp, i, lane)));
    if (m >= 0)
      warp.block->async->mbarriers[m].address = 0; // keeps its number
  }
  return Step::Next;
}

namespace {
enum Arrival : u8 { Arrives = 1, ExpectsBytes = 2, HasCount = 4, Drops = 8 };
} // namespace

/// option: Arrival; b: bytes or count; d: state or none.
static Step arrive(Warp &warp, const Instruction &i) {
  const u32 *operand = i.b ? lanes<u32>(warp, i.b) : nullptr;
  AccessMemo memo;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    u32 address = static_cast<u32>(laneAddress(warp, i, lane));
    int m = mbarrierAt(warp, lane, address);
    if (m < 0 || !touchObject(warp, lane, address, memo))
      continue;
    Mbarrier &mbarrier = warp.block->async->mbarriers[m];
    if (i.d)
      lanes<u64>(warp, i.d)[lane] = mbarrier.phase;
    if (i.option & ExpectsBytes)
      mbarrier.bytes += operand[lane];
    if (i.option & Drops)
      --mbarrier.expected;
    if (i.option & Arrives)
      arriveOn(warp, lane, static_cast<std::size_t>(m), i.option & HasCount ? operand[lane] : 1);
  }
  return Step::Next;
}

/// cp.async.mbarrier.arrive: an arrival when the lane's copies are complete.
/// The emulator completes them here, which a kernel cannot tell from hardware
/// that is fast. option 1: .noinc.
static Step arriveAfterCopies(Warp &warp, const Instruction &i) {
  AccessMemo memo;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    u32 address = static_cast<u32>(laneAddress(warp, i, lane));
    int m = mbarrierAt(warp, lane, address);
    if (m < 0 || !touchObject(warp, lane, address, memo))
      continue;
    std::erase_if(warp.copies.pending, [&](const Copy &copy) {
      if (copy.lane != lane)
        return false;
      perform(copy);
      return true;
    });
    Mbarrier &mbarrier = warp.block->async->mbarriers[m];
    u32 group = ++warp.copies.committed[lane];
    u32 &released = mbarrier.released[copyAgents + warp.id];
    released = std::max(released, group);
    if (!i.option)
      ++mbarrier.pending;
    arriveOn(warp, lane, static_cast<std::size_t>(m), 1);
  }
  return Step::Next;
}

/// d: predicate; b: parity (option bit 0) or state; option bit 1: may block.
static Step wait(Warp &warp, const Instruction &i) {
  Block &block = *warp.block;
  u32 complete = 0, parity = 0, address = 0;
  AccessMemo memo;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    u32 own = static_cast<u32>(laneAddress(warp, i, lane));
    int m = mbarrierAt(warp, lane, own);
    if (m < 0 || !touchObject(warp, lane, own, memo)) {
      complete |= u32(1) << lane; // reported; let it go on
      continue;
    }
    const Mbarrier &mbarrier = block.async->mbarriers[m];
    u32 asked = i.option & 1 ? lanes<u32>(warp, i.b)[lane] & 1
                             : static_cast<u32>(lanes<u64>(warp, i.b)[lane]) & 1;
    if ((mbarrier.phase & 1) != asked) {
      complete |= u32(1) << lane;
      block.clocks.join(block.clocks.of(warp.id), mbarrier.done.data());
      block.clocks.join(block.clocks.proxyOf(warp.id), mbarrier.doneProxy.data());
    } else {
      parity = asked;
      address = own;
    }
  }
  // Blocking until the phase ends keeps spinning warps from taking time and
  // makes a deadlock plain; the instruction then executes again.
  if (!complete && i.option & 2)
    return waitFor(warp, warp.pc, {Condition::Kind::Mbarrier, address, parity});
  setPredicate(warp, i.d, complete);
  return Step::Next;
}

/// fence.mbarrier_init: bulk copies may complete on what this warp initialised.
static Step fenceInitialisation(Warp &warp, const Instruction &) {
  for (Mbarrier &mbarrier : warp.block->async->mbarriers)
    mbarrier.fenced |= mbarrier.initialiser == warp.id;
  return Step::Next;
}

/// fence.proxy.async: what this warp knows of may be seen by the asynchronous
/// proxy.
static Step fenceProxy(Warp &warp, const Instruction &i) {
  fenceInitialisation(warp, i);
  Clocks &clocks = warp.block->clocks;
  clocks.join(clocks.proxyOf(warp.id), clocks.of(warp.id));
  clocks.tick(warp.id);
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

static void bindObject(Binder &binder, const Operand &address) {
  binder.usesAsyncProxy();
  binder.address(address);
  binder.touches(Space::Shared, mbarrierBytes);
}

static void bindInit(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 2)
    return binder.fail("two operands are expected");
  bindObject(binder, operands[0]);
  binder.out.b = binder.source(operands[1], 4);
}

static void bindInvalidate(Binder &binder) { bindObject(binder, binder.statement.operands[0]); }

static void bindArrive(Binder &binder) {
  const auto &operands = binder.statement.operands;
  bool arrives = binder.modifier(1) != "expect_tx", expects = binder.has("expect_tx");
  std::size_t at = !operands.empty() && operands[0].kind == Operand::Kind::Address ? 0 : 1;
  if (operands.size() < at + 1 || operands.size() > at + 2)
    return binder.fail("wrong number of operands");
  bindObject(binder, operands[at]);
  if (at == 1 && operands[0].kind != Operand::Kind::Sink)
    binder.out.d = binder.destination(operands[0], 8);
  bool hasOperand = operands.size() == at + 2;
  if (hasOperand)
    binder.out.b = binder.source(operands[at + 1], 4);
  if (expects && !hasOperand)
    return binder.fail("the number of bytes is missing");
  binder.out.option = static_cast<u8>((arrives ? Arrives : 0) | (expects ? ExpectsBytes : 0) |
                                      (hasOperand && !expects ? HasCount : 0) |
                                      (binder.modifier(1) == "arrive_drop" ? Drops : 0));
}

static void bindArriveAfterCopies(Binder &binder) {
  bindObject(binder, binder.statement.operands[0]);
  binder.out.option = binder.has("noinc");
}

static void bindWait(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() < 3 || operands.size() > 4)
    return binder.fail("wrong number of operands");
  binder.out.d = binder.predicateDestination(operands[0]);
  bindObject(binder, operands[1]);
  bool parity = binder.has("parity");
  binder.out.b = binder.source(operands[2], parity ? 4 : 8);
  binder.out.option = static_cast<u8>(parity | (binder.modifier(1) == "try_wait") << 1);
}

static void bindFenceProxy(Binder &binder) { binder.usesAsyncProxy(); }

void lacuna::emulator::addMbarrierRows(InstructionTable &table) {
  const std::string own = "[.shared|.shared::cta].b64";
  const std::string any = "[.shared|.shared::cta|.shared::cluster].b64";
  table.add({"mbarrier.init" + own, "", initialise, 0, bindInit});
  table.add({"mbarrier.inval" + own, "", invalidate, 0, bindInvalidate});
  // The forms that are .relaxed do not order memory; kernels that use them are
  // not known.
  Row arrival{"mbarrier.(arrive|arrive_drop)[.expect_tx][.release.cta|.release.cluster]" + any,
              "",
              arrive,
              0,
              bindArrive,
              true};
  table.add(arrival);
  table.add({"mbarrier.expect_tx.relaxed.(cta|cluster)" + any, "", arrive, 0, bindArrive});
  table.add({"mbarrier.(try_wait|test_wait)[.parity][.acquire.cta|.acquire.cluster]" + own, "",
             wait, 0, bindWait, true});
  table.add(
      {"cp.async.mbarrier.arrive[.noinc]" + own, "", arriveAfterCopies, 0, bindArriveAfterCopies});
  table.add({"fence.proxy.async[.global|.shared::cta|.shared::cluster]", "", fenceProxy, 0,
             bindFenceProxy});
  table.add({"fence.mbarrier_init.release.cluster", "", fenceInitialisation, 0, bindFenceProxy});
  table.add({"griddepcontrol.(wait|launch_dependents)", "", nothing});
}
