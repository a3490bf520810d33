//===- RegisterBudget.cpp - setmaxnreg ------------------------------------===//
//
// Registers are dealt out when a block starts, the same to all its threads; a
// warp group may then give some back to the block's pool, or take more when the
// pool has them. What registers a kernel really uses is known to ptxas alone.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/AsyncState.h"
#include "lib/Emulator/Sim/Launch.h"
#include "lib/Emulator/Sim/Scheduler.h"

#include <algorithm>

using namespace lacuna::emulator;

static constexpr u32 registersOfSm = 65536, mostRegisters = 255;
static constexpr u32 warpsOfGroup = 4;

u32 lacuna::emulator::registersAtStart(const Launch &launch) {
  u32 warps = (launch.threadsPerBlock() + warpSize - 1) / warpSize;
  u32 each = registersOfSm / launch.code->blocksPerSm / (warps * warpSize);
  return std::min(each / 8 * 8, mostRegisters);
}

/// imm: registers of each thread from now on; option 1: more than before.
static Step changeBudget(Warp &warp, const Instruction &i) {
  requireConverged(warp);
  Block &block = *warp.block;
  const u32 wanted = static_cast<u32>(i.imm);
  if (i.option ? wanted < warp.registersPerThread : wanted > warp.registersPerThread) {
    reportLazily(warp, ReportKind::RegisterBudget, -1, [&] {
      return (i.option ? "takes " : "keeps ") + std::to_string(wanted) +
             " registers per thread, but has " + std::to_string(warp.registersPerThread);
    });
    return Step::Next;
  }
  if (i.option) {
    u32 more = (wanted - warp.registersPerThread) * warpSize;
    if (more > block.freeRegisters)
      return waitFor(warp, warp.pc, {Condition::Kind::Budget, more});
    block.freeRegisters -= more;
  } else {
    block.freeRegisters += (warp.registersPerThread - wanted) * warpSize;
    for (Warp &other : block.warps)
      for (Group &group : other.parked)
        if (group.condition.kind == Condition::Kind::Budget &&
            group.condition.a <= block.freeRegisters)
          group.condition = {};
  }
  warp.registersPerThread = wanted;
  warp.budgetSetAt = warp.pc;
  return Step::Next;
}

void lacuna::emulator::checkBudgetsAtExit(Block &block) {
  for (Warp &warp : block.warps) {
    const Warp &first = block.warps[warp.id / warpsOfGroup * warpsOfGroup];
    if (warp.registersPerThread == first.registersPerThread)
      continue;
    warp.pc = warp.budgetSetAt != nowhere ? warp.budgetSetAt : first.budgetSetAt;
    reportLazily(warp, ReportKind::RegisterBudget, -1, [&] {
      return "warps of one warp group end with " + std::to_string(first.registersPerThread) +
             " and " + std::to_string(warp.registersPerThread) + " registers per thread";
    });
  }
}

static void bindBudget(Binder &binder) {
  binder.out.option = binder.has("inc");
  if (binder.out.imm < 24 || binder.out.imm > 256 || binder.out.imm % 8)
    binder.fail("registers must be a multiple of 8 from 24 to 256");
}

void lacuna::emulator::addBudgetRows(InstructionTable &table) {
  table.add({"setmaxnreg.(inc|dec).sync.aligned.u32", "i", changeBudget, 0, bindBudget});
}
