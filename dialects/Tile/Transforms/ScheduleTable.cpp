//===- ScheduleTable.cpp - Schedules worth trying, and the choice ---------===//
//
// Why these candidates. A warp that owns 32 query rows reads every key and
// value operand from shared memory once for two mma rows, which halves the
// traffic that bounds this family; so 128 rows over 4 warps come first wherever
// registers allow it, up to 96 features. At 128 features 16 rows a warp leave
// room for the queries in registers, which saves a fifth of the reads. Beyond,
// outputs fill the registers. Where an SM's shared memory is small, narrow key
// tiles keep 8 warps on it, in two blocks if they fit: blocks do not wait for each
// other at barriers.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/ScheduleTable.h"

#include <algorithm>

using namespace lacuna;
using namespace lacuna::tile;

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

// {query tile, key tile, warps, stages, query in registers}
static constexpr Schedule upTo64[] = {{128, 64, 4, 2, false}, {64, 64, 4, 2, true}};
static constexpr Schedule upTo96[] = {
    {128, 32, 4, 2, false}, {64, 64, 4, 2, true}, {64, 32, 4, 2, true}};
static constexpr Schedule upTo128[] = {
    {64, 64, 4, 2, true}, {64, 32, 4, 2, true}, {128, 32, 8, 2, false}};
static constexpr Schedule upTo192[] = {
    {128, 64, 8, 2, false}, {128, 32, 8, 2, false}, {64, 32, 4, 2, false}};
static constexpr Schedule upTo256[] = {
    {128, 64, 8, 2, false}, {128, 32, 8, 2, false}, {64, 32, 4, 2, false}};

// With roles a warp group has 64 rows, and the widest key tile that fits is best.
static constexpr Schedule roles64[] = {{192, 128, 12, 2, false, true},
                                       {128, 128, 8, 2, false, true}};
static constexpr Schedule roles128[] = {{128, 128, 8, 2, false, true},
                                        {128, 96, 8, 2, false, true}};
static constexpr Schedule roles192[] = {
    {128, 128, 8, 2, false, true}, {128, 96, 8, 2, false, true}, {128, 64, 8, 2, false, true}};
static constexpr Schedule roles256[] = {{128, 64, 8, 2, false, true}, {128, 32, 8, 2, false, true}};

// Backward kernels have two tiles of scores, so narrow ones; operands of rows stay in
// registers where sums leave room for them. Up to 64 features 32 queries a warp use each
// operand of keys twice, for which the emulator counts 5 % fewer instructions and 18 %
// fewer reads of shared memory; with 96 a pullback that needs the scores again spills.
static constexpr Schedule rowSums[] = {{64, 32, 4, 2, false}};
static constexpr Schedule queries64[] = {{128, 32, 4, 2, false}, {64, 64, 4, 2, true}};
static constexpr Schedule queries128[] = {{64, 32, 4, 2, true}, {64, 32, 4, 2, false}};
static constexpr Schedule queries256[] = {{64, 32, 4, 2, false}, {32, 32, 2, 2, false}};
static constexpr Schedule keysValues64[] = {{64, 64, 4, 2, true}, {64, 64, 4, 2, false}};
static constexpr Schedule keysValues96[] = {{32, 128, 8, 2, true}, {32, 128, 8, 2, false}};
static constexpr Schedule keysValues128[] = {{32, 128, 8, 2, false}, {32, 64, 4, 2, false}};
static constexpr Schedule keys64[] = {{64, 64, 4, 2, true}};
static constexpr Schedule keys128[] = {{32, 64, 4, 2, true}, {32, 64, 4, 2, false}};
static constexpr Schedule keys256[] = {{32, 64, 4, 2, false}, {32, 32, 2, 2, false}};
// One pass for all three: a tile of queries is dealt to the warps, which suits few of them
// and tiles of 64, or head dims of 64 and 128.
static constexpr Schedule all96[] = {{64, 64, 4, 2, false}, {32, 32, 2, 2, false}};
static constexpr Schedule all112[] = {{32, 32, 2, 2, false}};

// With roles, the widest tile of columns that leaves room for both tiles of scores, and
// for the scores once more where a pullback needs them.
static constexpr Schedule roleQueries64[] = {{128, 96, 8, 2, false, true},
                                             {128, 64, 8, 2, false, true}};
static constexpr Schedule roleQueries128[] = {{128, 64, 8, 2, false, true}};
static constexpr Schedule roleQueries256[] = {{128, 32, 8, 2, false, true}};
static constexpr Schedule roleKeys64[] = {{64, 128, 8, 2, false, true}};
static constexpr Schedule roleKeys256[] = {{32, 128, 8, 2, false, true}};
static constexpr Schedule roleValues256[] = {{64, 128, 8, 2, false, true},
                                             {32, 128, 8, 2, false, true}};

static constexpr ScheduleRow table[] = {
    {TargetFamily::Sm80, 64, upTo64},
    {TargetFamily::Sm80, 96, upTo96},
    {TargetFamily::Sm80, 128, upTo128},
    {TargetFamily::Sm80, 192, upTo192},
    {TargetFamily::Sm80, 256, upTo256},
    {TargetFamily::Sm90, 64, roles64},
    {TargetFamily::Sm90, 128, roles128},
    {TargetFamily::Sm90, 192, roles192},
    {TargetFamily::Sm90, 256, roles256},
    {TargetFamily::Sm80, 256, rowSums, Work::RowSums},
    {TargetFamily::Sm80, 64, queries64, Work::QueryGradient},
    {TargetFamily::Sm80, 128, queries128, Work::QueryGradient},
    {TargetFamily::Sm80, 256, queries256, Work::QueryGradient},
    {TargetFamily::Sm80, 64, keys64, Work::KeyGradient},
    {TargetFamily::Sm80, 128, keys128, Work::KeyGradient},
    {TargetFamily::Sm80, 256, keys256, Work::KeyGradient},
    {TargetFamily::Sm80, 64, keys64, Work::ValueGradient},
    {TargetFamily::Sm80, 128, keys128, Work::ValueGradient},
    {TargetFamily::Sm80, 256, keys256, Work::ValueGradient},
    {TargetFamily::Sm80, 64, keysValues64, Work::KeyValueGradients},
    {TargetFamily::Sm80, 96, keysValues96, Work::KeyValueGradients},
    {TargetFamily::Sm80, 128, keysValues128, Work::KeyValueGradients},
    {TargetFamily::Sm80, 64, keysValues64, Work::AllGradients},
    {TargetFamily::Sm80, 96, all96, Work::AllGradients},
    {TargetFamily::Sm80, 112, all112, Work::AllGradients},
    {TargetFamily::Sm80, 128, keysValues128, Work::AllGradients},
    {TargetFamily::Sm90, 64, roleQueries64, Work::QueryGradient},
    {TargetFamily::Sm90, 128, roleQueries128, Work::QueryGradient},
    {TargetFamily::Sm90, 256, roleQueries256, Work::QueryGradient},
    {TargetFamily::Sm90, 64, roleKeys64, Work::KeyGradient},
    {TargetFamily::Sm90, 256, roleKeys256, Work::KeyGradient},
    {TargetFamily::Sm90, 256, roleValues256, Work::ValueGradient},
    {TargetFamily::Sm90, 64, roleKeys64, Work::KeyValueGradients},
    {TargetFamily::Sm90, 128, roleKeys256, Work::KeyValueGradients},
    {TargetFamily::Sm90, 128, roleKeys64, Work::AllGradients},
};

std::span<const ScheduleRow> lacuna::tile::scheduleTable() { return table; }

const ScheduleRow *lacuna::tile::findScheduleRow(TargetFamily family, const AttentionShape &shape) {
  const std::int64_t features = paddedFeatures(std::max(shape.queryFeatures, shape.valueFeatures));
  for (const ScheduleRow &row : table)
    if (row.family == family && features <= row.features && row.work == shape.work)
      return &row;
  return nullptr;
}

/// The largest head dim of such work that has a row.
static std::int64_t mostFeatures(Work work) {
  std::int64_t most = 0;
  for (const ScheduleRow &row : table)
    if (row.work == work)
      most = std::max(most, row.features);
  return most;
}

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

/// Two warps for each of an SM's four schedulers hide each other's waits.
static constexpr std::int64_t enoughWarps = 8;

static Schedule pin(Schedule schedule, const SchedulePins &pins) {
  schedule.queryTile = pins.queryTile.value_or(schedule.queryTile);
  schedule.keyTile = pins.keyTile.value_or(schedule.keyTile);
  schedule.warps = pins.warps.value_or(schedule.warps);
  schedule.stages = pins.stages.value_or(schedule.stages);
  schedule.queryInRegisters = pins.queryInRegisters.value_or(schedule.queryInRegisters);
  schedule.roles = pins.roles.value_or(schedule.roles);
  return schedule;
}

/// Every value a knob is tried with, the likeliest first.
static constexpr std::int64_t queryTiles[] = {128, 64, 32, 16};
static constexpr std::int64_t keyTiles[] = {64, 32, 128};
static constexpr std::int64_t warpCounts[] = {4, 8, 2, 1};
static constexpr std::int64_t stageCounts[] = {2, 3, 4};

/// Those of the target's own family, and behind them those that run everywhere.
static std::vector<Schedule> listCandidates(const AttentionShape &shape, const TargetInfo &target,
                                            const SchedulePins &pins) {
  std::vector<Schedule> list;
  auto add = [&](const Schedule &candidate) {
    const Schedule pinned = pin(candidate, pins);
    if (std::find(list.begin(), list.end(), pinned) == list.end())
      list.push_back(pinned);
  };
  auto addRow = [&](TargetFamily family) {
    const ScheduleRow *row = findScheduleRow(family, shape);
    if (!row)
      return;
    // A candidate that has every pinned value is taken as it is, so that a schedule
    // printed by a report and pinned again is the same to the last knob.
    for (const Schedule &candidate : row->candidates)
      if (pin(candidate, pins) == candidate)
        add(candidate);
    for (const Schedule &candidate : row->candidates)
      add(candidate);
  };
  addRow(target.family);
  if (target.family != TargetFamily::Sm80)
    addRow(TargetFamily::Sm80);
  return list;
}

/// The first legal schedule of all that agree with the pins.
static std::optional<Schedule> search(const AttentionShape &shape, const TargetInfo &target,
                                      const SchedulePins &pins) {
  for (std::int64_t queryTile : queryTiles)
    for (std::int64_t keyTile : keyTiles)
      for (std::int64_t stages : stageCounts)
        for (std::int64_t warps : warpCounts) {
          const Schedule candidate = pin({queryTile, keyTile, warps, stages, false}, pins);
          if (!findObstacle(candidate, shape, target))
            return candidate;
        }
  return std::nullopt;
}

/// "key_tile = 32 or stages = 2 would fit": single changes that make it legal.
static std::string suggestKnobs(const Schedule &schedule, const AttentionShape &shape,
                                const TargetInfo &target) {
  std::string fits;
  auto tryKnob = [&](const char *name, std::int64_t Schedule::*knob,
                     std::span<const std::int64_t> values) {
    for (std::int64_t value : values) {
      Schedule changed = schedule;
      changed.*knob = value;
      if (findObstacle(changed, shape, target))
        continue;
      fits += (fits.empty() ? "" : " or ") + std::string(name) + " = " + std::to_string(value);
      return;
    }
  };
  tryKnob("key_tile", &Schedule::keyTile, keyTiles);
  tryKnob("stages", &Schedule::stages, stageCounts);
  tryKnob("query_tile", &Schedule::queryTile, queryTiles);
  tryKnob("warps", &Schedule::warps, warpCounts);
  return fits.empty() ? "no single change of query_tile, key_tile, warps or stages makes it fit"
                      : fits + " would fit";
}

ScheduleChoice lacuna::tile::chooseSchedule(const AttentionShape &shape, const TargetInfo &target,
                                            const SchedulePins &pins,
                                            std::span<const TunedSchedule> tuned) {
  ScheduleChoice choice;
  const TunedSchedule *known = pins.any() ? nullptr : findTuned(tuned, target.name, shape);
  if (known && !findObstacle(known->schedule, shape, target)) {
    choice.schedule = known->schedule;
    choice.needs = predictResources(known->schedule, shape, target);
    choice.tuned = true;
    return choice;
  }
  const std::vector<Schedule> candidates = listCandidates(shape, target, pins);
  if (!findScheduleRow(TargetFamily::Sm80, shape)) {
    choice.error = "head dims " + std::to_string(shape.queryFeatures) + " and " +
                   std::to_string(shape.valueFeatures) + " are beyond " +
                   std::to_string(mostFeatures(shape.work)) +
                   ", the largest that has a schedule for " + std::string(target.name);
    return choice;
  }

  std::vector<Resources> legalNeeds;
  std::vector<Schedule> legal;
  for (const Schedule &candidate : candidates) {
    if (auto obstacle = findObstacle(candidate, shape, target)) {
      choice.refused.push_back({candidate, *obstacle});
      continue;
    }
    legal.push_back(candidate);
    legalNeeds.push_back(predictResources(candidate, shape, target));
    if (legalNeeds.back().warpsPerSm() >= enoughWarps)
      break; // later ones are not better
  }

  if (!legal.empty()) {
    auto capped = [](const Resources &needs) { return std::min(needs.warpsPerSm(), enoughWarps); };
    const auto best = std::max_element(
        legalNeeds.begin(), legalNeeds.end(),
        [&](const Resources &a, const Resources &b) { return capped(a) < capped(b); });
    const std::size_t index = best - legalNeeds.begin();
    for (std::size_t other = 0; other < legal.size(); ++other)
      if (other != index)
        choice.refused.push_back(
            {legal[other], "keeps " + std::to_string(legalNeeds[other].warpsPerSm()) +
                               " warps on an SM of " + std::string(target.name) +
                               ", the chosen one " + std::to_string(best->warpsPerSm())});
    choice.schedule = legal[index];
  } else {
    choice.schedule = search(shape, target, pins);
  }

  if (choice.schedule) {
    choice.needs = predictResources(*choice.schedule, shape, target);
  } else {
    // What runs everywhere needs least; a family of its own is refused for its rules.
    auto plain = std::find_if(candidates.begin(), candidates.end(),
                              [](const Schedule &candidate) { return !candidate.roles; });
    Schedule first = plain == candidates.end() ? candidates.front() : *plain;
    first.queryInRegisters = pins.queryInRegisters.value_or(false);
    choice.error = "schedule (" + toString(first) + ") for head dims " +
                   std::to_string(shape.queryFeatures) + " and " +
                   std::to_string(shape.valueFeatures) + " " + *findObstacle(first, shape, target) +
                   "; " + suggestKnobs(first, shape, target);
  }
  return choice;
}
