//===- ResourceModel.h - What a schedule needs of a target -------*- C++ -*-===//
//
// Says before any code is generated what a kernel of a given schedule will
// take: registers per thread (predicted), shared memory (exact, as
// tile-allocate-shared lays it out) and how many blocks an SM then holds.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_TRANSFORMS_RESOURCEMODEL_H
#define DIALECTS_TILE_TRANSFORMS_RESOURCEMODEL_H

#include "dialects/Tile/Transforms/Schedule.h"
#include "lib/Support/Targets.h"

namespace lacuna::tile {

/// Features as tiles hold them: padded to what one mma sums over.
std::int64_t paddedFeatures(std::int64_t features);

/// The start of every ring in shared memory: one repeat of the widest swizzle.
inline constexpr std::int64_t sharedAlignment = 1024;

/// A barrier of a ring.
inline constexpr std::int64_t barrierBytes = 8;

/// What a role leaves for the other: `tile.alloc_mailbox`.
inline constexpr std::int64_t mailboxBytes = 16;

/// Threads of a warp group: four warps that compute one product, or the producer.
inline constexpr std::int64_t warpGroupThreads = 128;

/// Registers that a thread of each role keeps.
struct RoleRegisters {
  std::int64_t producer = 0, consumer = 0;
};

/// How a producer and `warps` computing warps, 8 or 12, share an SM's registers. With
/// 12 it has too few to copy vectors.
RoleRegisters roleRegisters(std::int64_t warps, bool copiesVectors);

/// What one block takes, and how many of them an SM holds at once.
struct Resources {
  std::int64_t threads = 0;
  std::int64_t registersPerThread = 0; ///< predicted, an upper estimate
  std::int64_t sharedBytes = 0;        ///< exact
  std::int64_t blocksPerSm = 0;        ///< 0: not even one fits

  /// Warps that an SM can switch between.
  std::int64_t warpsPerSm() const { return blocksPerSm * threads / 32; }
};

/// Needs of `schedule`, which need not be legal.
Resources predictResources(const Schedule &schedule, const AttentionShape &shape,
                           const TargetInfo &target);

/// Why `schedule` cannot run on `target`: need against limit, as a clause
/// ("needs 131072 bytes of shared memory per block, sm_86 has 101376"), or
/// nothing when it can.
std::optional<std::string> findObstacle(const Schedule &schedule, const AttentionShape &shape,
                                        const TargetInfo &target);

} // namespace lacuna::tile

#endif // DIALECTS_TILE_TRANSFORMS_RESOURCEMODEL_H
