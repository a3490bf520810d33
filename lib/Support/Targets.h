//===- Targets.h - The one table of GPU targets ----------------------------===//
#ifndef LIB_SUPPORT_TARGETS_H
#define LIB_SUPPORT_TARGETS_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lacuna {

/// Which instructions a kernel is made of; one lowering each.
enum class TargetFamily {
  Sm80, ///< cp.async, ldmatrix, mma.sync: runs on every target of the table
  Sm90, ///< warp roles, bulk copies, wgmma: sm_90a only
};

/// What the compiler and the resource model must know of one architecture.
/// Figures: CUDA C++ Programming Guide, "Compute Capabilities".
struct TargetInfo {
  std::string_view name;             ///< "sm_90a", NVRTC's -arch
  TargetFamily family;               ///< the fastest family built for it
  std::uint32_t sharedBytesPerBlock; ///< largest opt-in dynamic shared memory
  std::uint32_t sharedBytesPerSm;
  std::uint32_t sharedBytesReserved; ///< taken by the system from each block
  std::uint32_t threadsPerSm;
  std::uint32_t blocksPerSm;
  std::uint32_t registersPerSm; ///< of 32 bits
  std::uint32_t registersPerThread;
  std::uint32_t cacheBytes;    ///< L2 of the smallest common device
  std::uint32_t flopsPerClock; ///< of a multiprocessor: 16-bit products, summed in f32
};

/// All targets, oldest first.
std::span<const TargetInfo> allTargets();

/// The entry of that name, or null.
const TargetInfo *findTarget(std::string_view name);

/// "sm_80, sm_86, ...": for messages.
std::string targetNames();

} // namespace lacuna

#endif // LIB_SUPPORT_TARGETS_H
