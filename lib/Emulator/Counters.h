//===- Counters.h - What a launch executed ---------------------------------===//
#ifndef LIB_EMULATOR_COUNTERS_H
#define LIB_EMULATOR_COUNTERS_H

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna::emulator {

/// How often one instruction was executed.
struct InstructionCount {
  std::string opcode; ///< with all modifiers
  std::string kernel;
  std::uint32_t ptxLine = 0;
  std::uint32_t sourceLine = 0;  ///< 0: unknown
  std::uint32_t inlinedLine = 0; ///< outermost call it was inlined into; 0: none
  std::uint64_t warps = 0;       ///< times a warp executed it
  std::uint64_t lanes = 0;       ///< lanes that did, summed
  std::uint32_t byWarps = 0;     ///< which warps of a block did, a bit for each
  std::uint8_t weight = 1;       ///< 0 where it costs nothing of its own
};

/// Counts of all launches since the last reset.
struct Counters {
  std::vector<InstructionCount> instructions; ///< those executed at least once
  std::uint64_t globalBytesLoaded = 0;        ///< by ld, cp.async and bulk loads
  /// Phases that every mbarrier has completed, in every block: how often the rings
  /// went round that have one for each slot. Without mbarriers: the largest number.
  std::uint32_t fewestPhases = std::numeric_limits<std::uint32_t>::max();
  /// Moved by loads, stores, copies and as operands of wgmma, whose right operand the
  /// four warps of a group read together. Conflicts of banks and looks at mbarriers are
  /// not in it.
  std::uint64_t sharedBytes = 0;

  /// Warp instructions whose opcode is `opcode` or begins with it and a dot:
  /// warps("mma"), warps("ld.global"), warps("") for all.
  std::uint64_t warps(std::string_view opcode) const;
  std::uint64_t lanes(std::string_view opcode) const;
  /// Warp instructions as kernels are compared by them: register moves do not
  /// count, and a product counts once with the sum that alone uses it.
  std::uint64_t normalisedWarps() const;
  /// Instructions that came from a line of the source, inlined or not.
  std::uint64_t warpsAtLine(std::uint32_t sourceLine) const;
  std::uint64_t lanesAtLine(std::uint32_t sourceLine) const;
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_COUNTERS_H
