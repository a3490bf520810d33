#include "tools/lacuna-tune/Candidates.h"

#include "dialects/Tile/Transforms/ResourceModel.h"

using namespace lacuna;

static constexpr std::int64_t queryTiles[] = {64, 128, 192, 256};
static constexpr std::int64_t keyTiles[] = {32, 64, 96, 128, 160};
static constexpr std::int64_t warpCounts[] = {4, 8, 12};
static constexpr std::int64_t stageCounts[] = {2, 3, 4};

/// A block that computes has at least so many warps on a multiprocessor to hide waits.
static constexpr std::int64_t leastWarpsPerSm = 4;

std::vector<tile::Schedule> lacuna::candidatesFor(const tile::AttentionShape &shape,
                                                  const TargetInfo &target) {
  std::vector<tile::Schedule> legal;
  auto consider = [&](const tile::Schedule &schedule) {
    if (!tile::findObstacle(schedule, shape, target) &&
        tile::predictResources(schedule, shape, target).warpsPerSm() >= leastWarpsPerSm)
      legal.push_back(schedule);
  };
  for (std::int64_t queryTile : queryTiles)
    for (std::int64_t keyTile : keyTiles)
      for (std::int64_t warps : warpCounts)
        for (std::int64_t stages : stageCounts) {
          consider({queryTile, keyTile, warps, stages, false, false});
          consider({queryTile, keyTile, warps, stages, true, false});
          consider({queryTile, keyTile, warps, stages, false, true});
        }
  return legal;
}
