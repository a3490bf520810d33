//===- ControlSlice.h - What the control flow of a kernel depends on -------===//
//
// How often each instruction of a kernel is executed follows from its branches and
// guards alone, and these depend on a small part of what it computes: on positions,
// lengths, run lists and tables, hardly ever on the elements of a product. A slice is
// that part, found backwards from what decides; whoever executes the slice and counts
// the rest knows what the kernel executes.
//
// Registers are followed without regard to the order of statements, which can only
// make a slice larger: PTX names nearly every value once.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_PTX_CONTROLSLICE_H
#define LIB_EMULATOR_PTX_CONTROLSLICE_H

#include "lib/Emulator/Ptx/Liveness.h"

namespace lacuna::emulator::ptx {

/// What becomes of a statement when only the slice is executed.
enum class Part : u8 {
  Counted,   ///< nothing in the slice depends on its result
  Computed,  ///< in the slice
  Drawn,     ///< a product of matrices in the slice: any numbers of its kind will do
  Done,      ///< a wait for an mbarrier: it is over
  Exchanged, ///< a load of what a warp leaves in shared memory, or the store that may be that
  Unequal,   ///< a comparison of what came of a product with a given number: they differ
};

/// The part that each statement has.
struct ControlSlice {
  std::vector<Part> parts; ///< by statement; empty for a kernel without products
  /// A statement in the slice whose result only a whole execution knows: it reads
  /// shared memory that no store like it fills, or exchanges data with other warps by
  /// other means. -1: none.
  int obstacle = -1;
};

/// The slice of a kernel that multiplies matrices. `effects` is by statement. Besides
/// branches and guards it serves what decides how many bytes a copy moves.
ControlSlice sliceControl(const Kernel &kernel, const std::vector<Effects> &effects);

} // namespace lacuna::emulator::ptx

#endif // LIB_EMULATOR_PTX_CONTROLSLICE_H
