//===- MemoryAccess.h - Checked ways into memory ---------------------------===//
//
// Every access of a kernel goes through one of these functions: they check
// alignment, bounds, initialisation and order, report what is wrong, and
// return where the bytes are. A null pointer means "reported; skip it".
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_MEMORYACCESS_H
#define LIB_EMULATOR_SIM_MEMORYACCESS_H

#include "lib/Emulator/Sim/Lanes.h"
#include "lib/Emulator/Sim/Launch.h"

namespace lacuna::emulator {

/// This warp's generic accesses by `lane` (manyLanes: the warp as a whole).
inline Accessor genericAccess(Warp &warp, u32 lane, bool write, bool atomic = false) {
  return {warp.id, warp.block->clocks.of(warp.id)[warp.id], lane, write, atomic, false};
}

/// Bounds, alignment and order of [address, address + bytes) of shared memory.
/// `newBytes`: what a write will store, when known. One memo serves all lanes of
/// an instruction, as long as agent and clock are the same.
u8 *accessShared(Warp &warp, int lane, u32 address, u32 bytes, const Accessor &access,
                 AccessMemo &memo, const u8 *newBytes = nullptr);

/// The same without a rule of alignment: bulk copies.
u8 *accessSharedRange(Warp &warp, int lane, u32 address, u32 bytes, const Accessor &access,
                      AccessMemo &memo, const u8 *newBytes = nullptr);

/// The same for global memory. `bytes` may be 0: nothing is touched, and the
/// result is null.
u8 *accessGlobal(Warp &warp, int lane, u64 address, u32 bytes, const Accessor &access,
                 AccessMemo &memo, const u8 *newBytes = nullptr);

/// The same without a rule of alignment: bulk copies.
u8 *accessGlobalRange(Warp &warp, int lane, u64 address, u32 bytes, const Accessor &access,
                      AccessMemo &memo, const u8 *newBytes = nullptr);

/// Local memory of one thread: bounds, alignment, initialisation.
u8 *accessLocal(Warp &warp, int lane, u32 address, u32 bytes, bool write);

/// Address that an instruction's lane refers to: its address register and offset.
inline u64 laneAddress(Warp &warp, const Instruction &i, int lane) {
  if (i.access.wordAddress)
    return static_cast<u32>(lanes<u32>(warp, i.a)[lane] + static_cast<u32>(i.imm));
  return lanes<u64>(warp, i.a)[lane] + static_cast<u64>(i.imm);
}

/// Decides where a generic address points, and strips the window.
inline ptx::Space resolveSpace(ptx::Space space, u64 &address) {
  if (space != ptx::Space::Generic)
    return space;
  if ((address & windowMask) == sharedWindow) {
    address = static_cast<u32>(address);
    return ptx::Space::Shared;
  }
  if ((address & windowMask) == localWindow) {
    address = static_cast<u32>(address);
    return ptx::Space::Local;
  }
  return ptx::Space::Global;
}

/// Any space, for ld, st and atom.
u8 *accessMemory(Warp &warp, const Instruction &i, int lane, const Accessor &access,
                 AccessMemo &memo, const u8 *newBytes = nullptr);

/// The lane's ordered access meets others at its address (Ordering.h).
void meetThrough(Warp &warp, const Instruction &i, int lane, bool reads, bool writes,
                 Strength strength);

/// Reports a verdict, once for each instruction and kind. `where` continues
/// "read of shared byte ".
void reportHazard(Warp &warp, int lane, const Verdict &verdict, bool write, const char *memory,
                  ReportKind uninitialised, const std::string &where);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_MEMORYACCESS_H
