//===- Random.h - Reproducible choices -------------------------------------===//
#ifndef LIB_EMULATOR_SIM_RANDOM_H
#define LIB_EMULATOR_SIM_RANDOM_H

#include "lib/Emulator/PtxTypes.h"

namespace lacuna::emulator {

/// SplitMix64: tiny, and the same on every machine.
class Random {
public:
  explicit Random(u64 seed = 0) : state(seed) {}
  u64 next() {
    u64 z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Below `bound`, which is not 0.
  u64 below(u64 bound) { return next() % bound; }

private:
  u64 state;
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_RANDOM_H
