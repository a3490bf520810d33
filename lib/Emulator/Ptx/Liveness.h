//===- Liveness.h - Register life times, and slots for them ----------------===//
#ifndef LIB_EMULATOR_PTX_LIVENESS_H
#define LIB_EMULATOR_PTX_LIVENESS_H

#include "lib/Emulator/Ptx/Cfg.h"

namespace lacuna::emulator::ptx {

/// Registers that one statement reads and writes (its guard is read).
struct Effects {
  std::vector<int> reads;
  std::vector<int> writes;
};

/// What is known of the life of the registers of a kernel.
struct Liveness {
  /// Statements [first, last] between which a register's value may matter;
  /// last < first for one that is never touched.
  struct Range {
    int first, last;
  };
  std::vector<Range> ranges; ///< by register
  /// Registers that some path reads before it writes them.
  std::vector<int> readBeforeWritten;
};

/// Data-flow over the graph. A guarded write does not end the life of the old
/// value, because lanes whose guard is false keep it.
Liveness computeLiveness(const Kernel &kernel, const Cfg &cfg, const std::vector<Effects> &effects);

/// Byte offsets in a warp's register file.
struct Slots {
  std::vector<u32> offset; ///< by register
  u32 end = 0;             ///< first byte after the last slot
};

/// Bytes of a slot: 32 lanes, or one mask for a predicate (a line of its own).
constexpr u32 slotBytes(RegisterClass width) {
  return width == RegisterClass::Predicate ? 64 : width == RegisterClass::Word ? 128 : 256;
}

/// Linear scan: registers whose ranges do not overlap share a slot. Writes are
/// masked by lane, so sharing is safe although lanes of a warp may be at
/// different statements. `pinned` registers get a slot of their own.
Slots assignSlots(const Kernel &kernel, const Liveness &liveness, const std::vector<bool> &pinned,
                  u32 begin);

} // namespace lacuna::emulator::ptx

#endif // LIB_EMULATOR_PTX_LIVENESS_H
