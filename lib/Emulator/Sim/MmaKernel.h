//===- MmaKernel.h - The arithmetic of a tensor core -----------------------===//
//
// A register of a 16-bit fragment, seen over its 32 lanes, *is* a row-major
// 8x8 tile of halves: lane 4g+t holds row g, columns 2t and 2t+1. The functions
// here therefore take pointers to registers and never ask for single lanes.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_MMAKERNEL_H
#define LIB_EMULATOR_SIM_MMAKERNEL_H

#include "lib/Emulator/PtxTypes.h"

namespace lacuna::emulator {

/// The registers of d = a * b + c for m16n8k16 (a[0..3], b[0..1]) or m16n8k8
/// (a[0..1], b[0]), f32 accumulators. a[0]: rows 0-7, a[1]: rows 8-15, a[2] and
/// a[3]: the same for the second half of k. b[h]: column n in row n of the
/// tile. c[0] and c[1]: even and odd columns of rows 0-7, c[2] and c[3] of
/// rows 8-15. d may be c.
struct MmaOperands {
  const u16 *a[4];
  const u16 *b[2];
  const f32 *c[4];
  f32 *d[4];
};

/// One mma instruction of a warp, by type of a and b and by depth.
void multiplyBf16K16(const MmaOperands &operands);
void multiplyBf16K8(const MmaOperands &operands);
void multiplyF16K16(const MmaOperands &operands);
void multiplyF16K8(const MmaOperands &operands);

/// Transposes an 8x8 tile of halves.
void transposeTile(u16 *tile);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_MMAKERNEL_H
