//===- Mutate.h - Kernels with one synchronisation missing -----------------===//
//
// A test of tests: a kernel whose barriers, waits, fences and arrivals are all
// needed must fail when any one of them is taken away, in some mode of the
// emulator. One that survives is either redundant or not covered.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_PTX_MUTATE_H
#define LIB_EMULATOR_PTX_MUTATE_H

#include "lacuna/Result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna::emulator::ptx {

/// A PTX text without one of its synchronising instructions. Lines keep their
/// numbers.
struct Mutant {
  std::string ptx;
  std::string removed;          ///< the instruction, as written
  std::uint32_t ptxLine = 0;    ///< where it stood
  std::uint32_t sourceLine = 0; ///< what it came from; 0: unknown
};

/// One mutant for each instruction of the kernel of that name that only orders
/// others: barriers, cp.async commits and waits, mbarrier operations, fences, wgmma
/// fences, commits and waits. A wait that answers with a predicate answers "done".
/// Other kernels of the text stay as they are.
/// Errors: Driver when the text does not parse.
Result<std::vector<Mutant>> dropSynchronization(std::string_view ptx, std::string_view kernel);

} // namespace lacuna::emulator::ptx

#endif // LIB_EMULATOR_PTX_MUTATE_H
