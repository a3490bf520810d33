//===- TunedSchedules.h - Schedules that were measured ------------*- C++ -*-===//
#ifndef DIALECTS_TILE_TRANSFORMS_TUNEDSCHEDULES_H
#define DIALECTS_TILE_TRANSFORMS_TUNEDSCHEDULES_H

#include "dialects/Tile/Transforms/Schedule.h"

#include <span>
#include <string_view>

namespace lacuna::tile {

/// The fastest schedule of a kind of kernel on a target.
struct TunedSchedule {
  std::string_view target;
  AttentionShape shape;
  Schedule schedule;
};

/// All that were measured (TunedSchedules.def).
std::span<const TunedSchedule> tunedSchedules();

/// The one of `all` for kernels like that, or null. Head dims that are padded alike are
/// alike.
const TunedSchedule *findTuned(std::span<const TunedSchedule> all, std::string_view target,
                               const AttentionShape &shape);

} // namespace lacuna::tile

#endif // DIALECTS_TILE_TRANSFORMS_TUNEDSCHEDULES_H
