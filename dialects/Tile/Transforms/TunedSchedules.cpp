#include "dialects/Tile/Transforms/TunedSchedules.h"

#include "dialects/Tile/Transforms/ResourceModel.h"

#include <vector>

using namespace lacuna::tile;

std::span<const TunedSchedule> lacuna::tile::tunedSchedules() {
  static const std::vector<TunedSchedule> table = {
#define TUNED_SCHEDULE(target, queryDim, valueDim, bytes, tables, ...)                             \
  {target, {queryDim, valueDim, bytes, tables}, {__VA_ARGS__}},
#include "dialects/Tile/Transforms/TunedSchedules.def"
#undef TUNED_SCHEDULE
  };
  return table;
}

const TunedSchedule *lacuna::tile::findTuned(std::span<const TunedSchedule> all,
                                             std::string_view target, const AttentionShape &shape) {
  for (const TunedSchedule &entry : all)
    if (entry.target == target && entry.shape.elementBytes == shape.elementBytes &&
        entry.shape.readsTables == shape.readsTables && entry.shape.work == shape.work &&
        paddedFeatures(entry.shape.queryFeatures) == paddedFeatures(shape.queryFeatures) &&
        paddedFeatures(entry.shape.valueFeatures) == paddedFeatures(shape.valueFeatures))
      return &entry;
  return nullptr;
}
