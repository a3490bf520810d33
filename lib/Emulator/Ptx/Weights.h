//===- Weights.h - What the instructions of a kernel count for --------------===//
//
// PTX says the same in more or fewer instructions: ptxas removes moves, and makes
// one instruction of a product and the sum it goes into. Kernels are compared by
// counts in which that makes no difference.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_PTX_WEIGHTS_H
#define LIB_EMULATOR_PTX_WEIGHTS_H

#include "lib/Emulator/Ptx/Liveness.h"

namespace lacuna::emulator::ptx {

/// By statement: 0 for a register move, and for a product whose only use is an
/// addition or subtraction that no other product counts with; else 1. `effects`
/// is by statement, too.
std::vector<u8> weigh(const Kernel &kernel, const std::vector<Effects> &effects);

} // namespace lacuna::emulator::ptx

#endif // LIB_EMULATOR_PTX_WEIGHTS_H
