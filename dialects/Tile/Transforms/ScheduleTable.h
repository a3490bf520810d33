//===- ScheduleTable.h - Schedules worth trying, and the choice --*- C++ -*-===//
//
// The table is data: for a family, a kind of work and a class of head dims, candidates
// in order of preference. The choice is one rule over it, and everything that was
// turned down on the way is kept for the report.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_TRANSFORMS_SCHEDULETABLE_H
#define DIALECTS_TILE_TRANSFORMS_SCHEDULETABLE_H

#include "dialects/Tile/Transforms/ResourceModel.h"
#include "dialects/Tile/Transforms/TunedSchedules.h"

#include <span>
#include <vector>

namespace lacuna::tile {

/// Candidates for head dims up to `features`, best first.
struct ScheduleRow {
  TargetFamily family;
  std::int64_t features; ///< the larger of the two padded head dims, at most
  std::span<const Schedule> candidates;
  Work work = Work::Outputs;
};

/// All rows; those of a family and a kind of work are in order of rising `features`.
std::span<const ScheduleRow> scheduleTable();

/// The row for a shape, or null when its head dims are beyond the table or the family has
/// nothing of its own for such work.
const ScheduleRow *findScheduleRow(TargetFamily family, const AttentionShape &shape);

/// A candidate that was considered and not taken.
struct RefusedSchedule {
  Schedule schedule;
  std::string reason; ///< a clause: "needs ..., sm_86 has ..."
};

/// What the choice came to.
struct ScheduleChoice {
  std::optional<Schedule> schedule;     ///< nothing when no schedule is possible
  Resources needs;                      ///< of `schedule`
  std::vector<RefusedSchedule> refused; ///< impossible ones first, then less good ones
  std::string error;                    ///< set when `schedule` is not: need, limit, knobs
  bool tuned = false;                   ///< whether it was measured to be the fastest
};

/// Picks what was measured to be the fastest for such kernels, if it is in `tuned` and
/// nothing is pinned; else the first candidate of the table that is legal and keeps at
/// least 8 warps on an SM, else the legal one that keeps the most (the first of them).
/// Pinned knobs are put into every candidate; if none of them is then legal,
/// free knobs take any value. Without pins every shape of head dims that are
/// multiples of 8 up to 256, or up to 128 for the gradients of keys and values in one
/// kernel, has a schedule on every target.
ScheduleChoice chooseSchedule(const AttentionShape &shape, const TargetInfo &target,
                              const SchedulePins &pins = {},
                              std::span<const TunedSchedule> tuned = tunedSchedules());

} // namespace lacuna::tile

#endif // DIALECTS_TILE_TRANSFORMS_SCHEDULETABLE_H
