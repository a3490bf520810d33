#include "lib/Emulator/Sim/Draw.h"

#include <cmath>
#include <numbers>

using namespace lacuna::emulator;

/// Sums of many products are normal; drawing from a large pool is as good as making
/// new ones, and as fast as copying.
static constexpr u32 poolSize = 1 << 14;

static const f32 *normalNumbers() {
  static const std::vector<f32> pool = [] {
    std::vector<f32> numbers(poolSize + warpSize);
    Random random;
    auto uniform = [&] { return (f64(random.next() >> 11) + 0.5) * 0x1p-53; };
    for (f32 &number : numbers)
      number = static_cast<f32>(std::sqrt(-2 * std::log(uniform())) *
                                std::cos(2 * std::numbers::pi * uniform()));
    return numbers;
  }();
  return pool.data();
}

void lacuna::emulator::drawProducts(Warp &warp, f32 *d, const f32 *c, u32 count) {
  static const f32 *const pool = normalNumbers();
  const f32 *drawn = pool + warp.block->random.below(poolSize);
  const f32 scale = std::sqrt(static_cast<f32>(count));
  forLanes(allLanes, [=](int l) { d[l] = c[l] + scale * drawn[l]; });
}
