//===- Stopwatch.h - Wall time since a moment -------------------------------===//
#ifndef LIB_SUPPORT_STOPWATCH_H
#define LIB_SUPPORT_STOPWATCH_H

#include <chrono>

namespace lacuna {

/// Measures wall time from when it was made.
class Stopwatch {
public:
  /// Seconds since then.
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

} // namespace lacuna

#endif // LIB_SUPPORT_STOPWATCH_H
