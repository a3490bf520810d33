//===- EmulatorChoice.h - The emulator, as a test wants it -------------------===//
#ifndef TOOLS_LACUNA_RUN_EMULATORCHOICE_H
#define TOOLS_LACUNA_RUN_EMULATORCHOICE_H

#include "lacuna/Compile.h"
#include "lib/Emulator/EmulatorDevice.h"

#include <memory>
#include <string>

namespace lacuna {

/// An emulator whose asynchronous operations complete as `mode` says: "eager",
/// "lazy", "random:SEED", or empty for the default. Errors: Type.
Result<std::unique_ptr<emulator::EmulatorDevice>> makeEmulator(const std::string &mode);

/// What the launches since the last reset executed, as text: one line that sums
/// warp instructions by their first word, then every line of the kernels that was
/// executed with its count, inlined calls at the line that calls them.
///
///   executed: bar 66, cp 128, ... mma 4096, total 190123
///        4096  mma    4096 | outputs = dot_outputs(outputs, weights, slot);
std::string profile(const emulator::Counters &counters, const Executable &executable);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_EMULATORCHOICE_H
