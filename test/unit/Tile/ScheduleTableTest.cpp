//===- ScheduleTableTest.cpp ----------------------------------------------===//
#include "dialects/Tile/Transforms/ScheduleTable.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <map>

using namespace lacuna;
using namespace lacuna::tile;

TEST(ScheduleTable, EveryShapeHasALegalScheduleOnEveryTarget) {
  for (const TargetInfo &target : allTargets())
    for (std::int64_t query = 8; query <= 256; query += 8)
      for (std::int64_t value = 8; value <= 256; value += 8) {
        EXPECT_TRUE(chooseSchedule({query, value, 2, true}, target).schedule);
        const ScheduleChoice choice = chooseSchedule({query, value}, target);
        ASSERT_TRUE(choice.schedule) << target.name << ' ' << query << '/' << value;
        EXPECT_FALSE(findObstacle(*choice.schedule, {query, value}, target));
        EXPECT_GE(choice.needs.blocksPerSm, 1);
        // Found in the table, not by search.
        const auto candidates = findScheduleRow(target.family, {query, value})->candidates;
        EXPECT_NE(std::find(candidates.begin(), candidates.end(), *choice.schedule),
                  candidates.end());
      }
}

TEST(ScheduleTable, BackwardKernelsHaveSchedulesOnEveryTarget) {
  for (const TargetInfo &target : allTargets())
    for (Work work : {Work::RowSums, Work::QueryGradient, Work::KeyGradient, Work::ValueGradient,
                      Work::KeyValueGradients, Work::AllGradients})
      for (bool readsTables : {false, true})
        for (std::int64_t features = 8; features <= 256; features += 8) {
          AttentionShape shape{features, features, 2, readsTables, 1, work};
          shape.columnVectors = shape.hasKeyRows() ? 2 : 0;
          const ScheduleChoice choice = chooseSchedule(shape, target);
          if (work >= Work::KeyValueGradients && features > 128) {
            EXPECT_EQ(choice.error, "head dims " + std::to_string(features) + " and " +
                                        std::to_string(features) +
                                        " are beyond 128, the largest that has a schedule for " +
                                        std::string(target.name));
            continue;
          }
          ASSERT_TRUE(choice.schedule)
              << target.name << ' ' << features << ' ' << int(work) << ' ' << choice.error;
          // Warp groups divide the features of a tile of 64 queries; with 128, loads of
          // tables find no registers.
          const std::int64_t padded = paddedFeatures(features);
          const bool isDealt =
              work != Work::AllGradients || padded == 64 || (padded == 128 && !readsTables);
          EXPECT_EQ(choice.schedule->roles,
                    target.family == TargetFamily::Sm90 && work != Work::RowSums && isDealt)
              << features << ' ' << int(work);
        }
}

TEST(ScheduleTable, RowsRiseAndEveryCandidateIsLegalSomewhere) {
  std::map<std::pair<TargetFamily, Work>, std::int64_t> previous;
  for (const ScheduleRow &row : scheduleTable()) {
    std::int64_t &before = previous[{row.family, row.work}];
    EXPECT_GT(row.features, before);
    before = row.features;
    for (const Schedule &candidate : row.candidates) {
      EXPECT_EQ(candidate.roles, row.family == TargetFamily::Sm90);
      const AttentionShape largest{row.features, row.features, 2, false, 1, row.work};
      const AttentionShape uneven{
          row.features, std::min<std::int64_t>(row.features, 128), 2, false, 1, row.work};
      const bool legal = std::any_of(allTargets().begin(), allTargets().end(), [&](auto &target) {
        return target.family == row.family && (!findObstacle(candidate, largest, target) ||
                                               !findObstacle(candidate, uneven, target));
      });
      EXPECT_TRUE(legal) << row.features << ": " << toString(candidate);
    }
  }
}

TEST(ScheduleTable, RefusalsAreListedWithReasons) {
  const ScheduleChoice choice = chooseSchedule({128, 128}, *findTarget("sm_86"));
  ASSERT_TRUE(choice.schedule);
  ASSERT_EQ(choice.refused.size(), 1u);
  EXPECT_EQ(toString(choice.refused[0].schedule),
            "query_tile = 64, key_tile = 64, warps = 4, stages = 2");
  EXPECT_EQ(choice.refused[0].reason, "keeps 4 warps on an SM of sm_86, the chosen one 8");
}

TEST(ScheduleTable, HeadsOfABoxFillTheRowsOfATile) {
  const TargetInfo &target = *findTarget("sm_90a");
  AttentionShape shape{128, 128};
  shape.heads = 8;
  EXPECT_TRUE(chooseSchedule(shape, target).schedule->roles);
  shape.heads = 3;
  const ScheduleChoice choice = chooseSchedule(shape, target);
  EXPECT_FALSE(choice.schedule->roles);
  ASSERT_FALSE(choice.refused.empty());
  EXPECT_EQ(choice.refused[0].reason, "has 128 query rows, must have a multiple of 3, the heads "
                                      "computed together, with roles");
  shape.queryFeatures = shape.valueFeatures = 64; // tiles of 192 rows
  EXPECT_TRUE(chooseSchedule(shape, target).schedule->roles);
}

TEST(ScheduleTable, WhatWasMeasuredComesFirst) {
  const TargetInfo &target = *findTarget("sm_80");
  const Schedule fastest = {64, 32, 4, 3, false}, tooLarge = {256, 256, 4, 4, false};
  const TunedSchedule tuned[] = {{"sm_90a", {128, 128}, {128, 64, 8, 2, false}},
                                 {"sm_80", {128, 128}, fastest},
                                 {"sm_80", {256, 256}, tooLarge}};
  auto choose = [&](const AttentionShape &shape, const SchedulePins &pins = {}) {
    return chooseSchedule(shape, target, pins, tuned);
  };
  EXPECT_EQ(choose({128, 128}).schedule, fastest);
  EXPECT_TRUE(choose({128, 128}).tuned);
  EXPECT_EQ(choose({120, 128}).schedule, fastest) << "head dims are padded to the same";
  for (const AttentionShape &other :
       {AttentionShape{128, 128, 2, true}, AttentionShape{128, 64}, AttentionShape{128, 128, 4}})
    EXPECT_FALSE(choose(other).tuned);
  EXPECT_FALSE(choose({256, 256}).tuned) << "an entry that the target has no room for";
  EXPECT_TRUE(choose({256, 256}).schedule);
  SchedulePins pins;
  pins.stages = 2;
  EXPECT_FALSE(choose({128, 128}, pins).tuned) << "what the user says comes first";
  for (const TunedSchedule &entry : tunedSchedules())
    EXPECT_FALSE(findObstacle(entry.schedule, entry.shape, *findTarget(entry.target)));
}

TEST(ScheduleTable, PinsAreKeptAndTheRestFollows) {
  const TargetInfo &target = *findTarget("sm_80");
  for (std::int64_t queryTile : {16, 32, 64, 128}) {
    SchedulePins pins;
    pins.queryTile = queryTile;
    const ScheduleChoice choice = chooseSchedule({64, 64}, target, pins);
    ASSERT_TRUE(choice.schedule) << choice.error;
    EXPECT_EQ(choice.schedule->queryTile, queryTile);
  }
  SchedulePins all{64, 32, 4, 3, true};
  const ScheduleChoice choice = chooseSchedule({64, 64}, target, all);
  ASSERT_TRUE(choice.schedule);
  EXPECT_EQ(*choice.schedule, (Schedule{64, 32, 4, 3, true}));
}

TEST(ScheduleTable, AScheduleThatIsPinnedAgainIsTheSame) {
  for (const TargetInfo &target : allTargets())
    for (std::int64_t features = 16; features <= 256; features += 16) {
      const Schedule first = *chooseSchedule({features, features}, target).schedule;
      const SchedulePins pins{first.queryTile, first.keyTile, first.warps, first.stages, {}};
      EXPECT_EQ(chooseSchedule({features, features}, target, pins).schedule, first);
    }
}

TEST(ScheduleTable, AnImpossiblePinSaysWhatWouldFit) {
  SchedulePins pins{128, 64, 8, 4, false};
  ScheduleChoice choice = chooseSchedule({128, 128}, *findTarget("sm_89"), pins);
  EXPECT_FALSE(choice.schedule);
  EXPECT_EQ(choice.error,
            "schedule (query_tile = 128, key_tile = 64, warps = 8, stages = 4) for head dims 128 "
            "and 128 needs 163840 bytes of shared memory per block, sm_89 has 101376; "
            "key_tile = 32 or stages = 2 would fit");
  pins = {1024, 128, 1, 4, true};
  choice = chooseSchedule({256, 256}, *findTarget("sm_89"), pins);
  EXPECT_FALSE(choice.schedule);
  EXPECT_NE(
      choice.error.find("no single change of query_tile, key_tile, warps or stages makes it fit"),
      std::string::npos);
}

TEST(ScheduleTable, RolesAreForTheirFamilyAndRefusedWithAReason) {
  const TargetInfo &hopper = *findTarget("sm_90a");
  const ScheduleChoice free = chooseSchedule({128, 128}, hopper);
  EXPECT_EQ(free.schedule, (Schedule{128, 128, 8, 2, false, true}));
  EXPECT_EQ(free.needs.threads, 384);
  EXPECT_EQ(free.needs.sharedBytes, 5 * 32768 + 16 + 10 * 8);
  EXPECT_EQ(free.needs.blocksPerSm, 1);

  SchedulePins pins;
  pins.warps = 4;
  const ScheduleChoice small = chooseSchedule({128, 128}, hopper, pins);
  EXPECT_FALSE(small.schedule->roles);
  ASSERT_FALSE(small.refused.empty());
  EXPECT_EQ(small.refused[0].reason, "has 4 warps, must have 8 or 12 with roles");

  auto refusal = [&](Schedule schedule, const char *target = "sm_90a") {
    return findObstacle(schedule, {128, 128}, *findTarget(target)).value_or("");
  };
  EXPECT_EQ(refusal({128, 128, 8, 2, false, true}, "sm_80"),
            "has roles, which kernels for sm_80 cannot have");
  EXPECT_EQ(refusal({256, 64, 8, 2, false, true}),
            "has 256 query rows, must have 16 for each warp with roles");
  EXPECT_EQ(refusal({128, 512, 8, 2, false, true}),
            "has key tiles of 512, must be at most 256 with roles");
  EXPECT_EQ(refusal({128, 64, 8, 2, true, true}),
            "keeps queries in registers, which stay in shared memory with roles");
  const AttentionShape keys{64, 64, 2, false, 1, Work::KeyGradient};
  EXPECT_EQ(findObstacle({64, 64, 8, 2, false, true}, keys, hopper),
            "gives 8 warps 64 key rows, needs a multiple of 16 for each");
  EXPECT_EQ(findObstacle({64, 256, 8, 2, false, true}, keys, hopper),
            "has 256 key rows, must have 16 for each warp with roles");
  EXPECT_EQ(findObstacle({512, 128, 8, 2, false, true}, keys, hopper),
            "has query tiles of 512, must be at most 256 with roles");
  const AttentionShape sums{64, 64, 2, false, 1, Work::RowSums};
  EXPECT_EQ(findObstacle({128, 64, 8, 2, false, true}, sums, hopper),
            "has roles, which a kernel without products does not need");
  EXPECT_EQ(refusal({192, 128, 12, 2, false, true}),
            "needs about 190 registers per thread, sm_90a has 160 for each of 12 warps");
}

TEST(ScheduleTable, HeadDimsBeyondTheTableAreNamed) {
  const ScheduleChoice choice = chooseSchedule({576, 512}, *findTarget("sm_90a"));
  EXPECT_FALSE(choice.schedule);
  EXPECT_EQ(choice.error,
            "head dims 576 and 512 are beyond 256, the largest that has a schedule for sm_90a");
}
