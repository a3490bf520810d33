//===- EmulatorOptions.h - How the emulator runs kernels -------------------===//
#ifndef LIB_EMULATOR_EMULATOROPTIONS_H
#define LIB_EMULATOR_EMULATOROPTIONS_H

#include <cstdint>
#include <string>

namespace lacuna::emulator {

/// When asynchronous operations take effect. A correct kernel computes the
/// same in all three.
enum class AsyncMode {
  Eager,  ///< as soon as they are issued: shows buffers overwritten too early
  Lazy,   ///< at the last legal moment: shows missing waits
  Random, ///< some time between, by seed
};

/// Options of an emulator device.
struct EmulatorOptions {
  AsyncMode mode = AsyncMode::Eager;
  /// Orders blocks, warps and asynchronous completions. 0: blocks in order,
  /// warps round robin. The same seed gives the same run bit for bit, at any
  /// number of threads.
  std::uint64_t seed = 0;
  /// Host threads; 0: $LACUNA_EMULATOR_THREADS, else all cores.
  unsigned threads = 0;
  /// Races and conflicts. Bounds, alignment and initialisation are always
  /// checked.
  bool checkRaces = true;
  /// Count executed instructions (EmulatorDevice::counters).
  bool count = true;
  /// Warp instructions that one block may execute before it is stopped as
  /// hanging.
  std::uint64_t instructionLimit = std::uint64_t(1) << 31;
  /// Predict instead of execute, in kernels that multiply matrices: only what their
  /// control flow depends on is computed (Ptx/ControlSlice.h), and counts tell what a
  /// launch would execute and move. Results are not written, nothing is checked. Kernels
  /// that multiply nothing are executed, for others read what they write; what they read
  /// themselves may be such a result. Set before kernels are loaded.
  bool predict = false;
  /// A prediction follows one of so many neighbouring blocks, and counts are scaled to
  /// all. An odd number meets all heads where neighbours are of different ones.
  std::uint64_t predictedStep = 1;
  /// What Device::target() says: the architecture to compile for.
  std::string target = "sm_90a";
  /// What Device::multiprocessors() says: few, so that a persistent kernel's
  /// blocks get several items each even when the problem is small.
  std::uint32_t multiprocessors = 4;
  /// Report progress on stderr when a launch runs for more than 2 s and stderr
  /// is a terminal.
  bool showProgress = true;
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_EMULATOROPTIONS_H
