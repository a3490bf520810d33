//===- GlobalOrder.h - Order of accesses to global memory ------------------===//
#ifndef LIB_EMULATOR_SIM_GLOBALORDER_H
#define LIB_EMULATOR_SIM_GLOBALORDER_H

#include "lib/Emulator/Sim/MemoryAccess.h"

namespace lacuna::emulator {

/// Judges an access that is within an allocation: against other blocks, and
/// against the other warps of its own block. Reports what is out of order.
/// `sameValue`: a write that leaves the bytes as they are.
void checkGlobalOrder(Warp &warp, int lane, Allocation &allocation, u64 address, u32 bytes,
                      const Accessor &access, AccessMemo &memo, bool sameValue);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_GLOBALORDER_H
