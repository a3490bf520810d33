//===- Progress.h - A line for those who wait ------------------------------===//
#ifndef LIB_EMULATOR_SIM_PROGRESS_H
#define LIB_EMULATOR_SIM_PROGRESS_H

#include "lib/Emulator/EmulatorOptions.h"
#include "lib/Emulator/PtxTypes.h"

#include <atomic>
#include <chrono>

namespace lacuna::emulator {

/// Shows "emulator: 12 of 64 blocks" on stderr once a launch has run for two
/// seconds, when stderr is a terminal. Safe to use from all threads.
class Progress {
public:
  Progress(const EmulatorOptions &options, u64 blocks);
  ~Progress();
  void blockDone();

private:
  u64 blocks;
  bool enabled;
  std::chrono::steady_clock::time_point start;
  std::atomic<u64> done = 0;
  std::atomic<s64> shown = 0; ///< tenths of a second after start; 0: never
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_PROGRESS_H
