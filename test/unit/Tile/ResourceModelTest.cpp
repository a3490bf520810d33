//===- ResourceModelTest.cpp ----------------------------------------------===//
#include "dialects/Tile/Transforms/ResourceModel.h"

#include "gtest/gtest.h"

using namespace lacuna;
using namespace lacuna::tile;

static const TargetInfo &target(const char *name) { return *findTarget(name); }

TEST(ResourceModel, SharedMemoryIsExact) {
  // test/Dialect/Tile/scheduled.mlir: 16384 + 2 * 16384 + 2 * 16384.
  Resources needs = predictResources({64, 64, 4, 2, false}, {128, 128}, target("sm_80"));
  EXPECT_EQ(needs.sharedBytes, 81920);
  EXPECT_EQ(needs.threads, 128);
  // Features are padded to 16, rings begin at multiples of 1024.
  needs = predictResources({64, 32, 4, 3, false}, {40, 72}, target("sm_80"));
  EXPECT_EQ(needs.sharedBytes, 64 * 48 * 2 + 3 * 32 * 48 * 2 + 3 * 32 * 80 * 2);
}

TEST(ResourceModel, SharedMemoryOfGradients) {
  // Rows of keys: keys and values once, rings of queries and their gradients, two vectors.
  AttentionShape shape{128, 64, 2, false, 1, Work::KeyValueGradients};
  shape.columnVectors = 2;
  auto bytes = [&](Work work) {
    shape.work = work;
    return predictResources({32, 128, 8, 2, false}, shape, target("sm_80")).sharedBytes;
  };
  const std::int64_t rings = 2 * 32 * 192 * 2 + 2 * 1024;
  EXPECT_EQ(bytes(Work::KeyValueGradients), 128 * 192 * 2 + rings);
  EXPECT_EQ(bytes(Work::KeyGradient), 128 * 192 * 2 + rings);
  EXPECT_EQ(bytes(Work::ValueGradient), 128 * 128 * 2 + rings);
  // And what goes from warps to warps: gradients of scores.
  EXPECT_EQ(bytes(Work::AllGradients), 128 * 192 * 2 + rings + 128 * 32 * 2);
  EXPECT_EQ(bytes(Work::RowSums), 0);
  // With roles each of six rings has barriers of two kinds, and there is a mailbox.
  shape.work = Work::KeyValueGradients;
  EXPECT_EQ(predictResources({32, 128, 8, 2, false, true}, shape, target("sm_90a")).sharedBytes,
            128 * 192 * 2 + rings + 2 * (4 * 2 + 2) * barrierBytes + mailboxBytes);
}

TEST(ResourceModel, RolesShareTheRegistersOfAnSm) {
  for (bool copiesVectors : {false, true})
    for (std::int64_t warps : {8, 12}) {
      const RoleRegisters registers = roleRegisters(warps, copiesVectors);
      const std::int64_t threads = 32 * warps + warpGroupThreads;
      // Every thread starts with an equal share, a multiple of 8.
      EXPECT_LE(registers.producer * warpGroupThreads + registers.consumer * 32 * warps,
                65536 / threads / 8 * 8 * threads);
    }
  EXPECT_LT(roleRegisters(8, true).consumer, roleRegisters(8, false).consumer);
}

TEST(ResourceModel, BlocksOfAnSmAreBoundByTheScarcest) {
  // 80 KiB and one reserved of 164 KiB: two blocks. Of 100 KiB: one.
  EXPECT_EQ(predictResources({64, 64, 4, 2, false}, {128, 128}, target("sm_80")).blocksPerSm, 2);
  EXPECT_EQ(predictResources({64, 64, 4, 2, false}, {128, 128}, target("sm_86")).blocksPerSm, 1);
  // Registers: 8 warps of more than 128 leave room for one block.
  Resources needs = predictResources({128, 32, 8, 2, false}, {256, 256}, target("sm_100"));
  EXPECT_GT(needs.registersPerThread, 168);
  EXPECT_EQ(needs.blocksPerSm, 1);
  EXPECT_EQ(needs.warpsPerSm(), 8);
}

TEST(ResourceModel, RegistersGrowWithWhatIsHeld) {
  auto registers = [](Schedule schedule, AttentionShape shape) {
    return predictResources(schedule, shape, target("sm_80")).registersPerThread;
  };
  const std::int64_t base = registers({64, 64, 4, 2, false}, {128, 128});
  EXPECT_EQ(registers({64, 64, 4, 2, false}, {128, 256}) - base, 64);    // outputs
  EXPECT_EQ(registers({64, 128, 4, 2, false}, {128, 128}) - base, 32);   // scores
  EXPECT_EQ(registers({64, 64, 4, 2, true}, {128, 128}) - base, 32 - 4); // queries
  EXPECT_EQ(registers({64, 64, 4, 4, false}, {128, 128}), base);
  EXPECT_EQ(registers({64, 64, 4, 2, false}, {128, 128, 2, true}) - base, 24); // table loads
  auto gradient = [&](Schedule schedule, Work work) {
    return registers(schedule, {128, 64, 2, false, 1, work});
  };
  const Schedule schedule{32, 64, 4, 2, false};
  const std::int64_t both = gradient(schedule, Work::KeyValueGradients);
  EXPECT_EQ(both - gradient(schedule, Work::KeyGradient), 32);        // sums of values
  EXPECT_EQ(both - gradient(schedule, Work::ValueGradient), 64 + 16); // of keys; dp
  EXPECT_EQ(gradient({64, 64, 4, 2, false}, Work::KeyGradient) -
                gradient(schedule, Work::KeyGradient),
            2 * 16); // scores and their gradient
  // A tile of queries takes the place of scores, 32 x 128 to 4 warps.
  EXPECT_EQ(gradient(schedule, Work::AllGradients), both);
  EXPECT_EQ(gradient({32, 32, 2, 2, false}, Work::AllGradients) -
                gradient({32, 32, 2, 2, false}, Work::KeyValueGradients),
            64 - 2 * 16);
}

TEST(ResourceModel, ObstaclesNameNeedAndLimit) {
  auto obstacle = [](Schedule schedule, AttentionShape shape, const char *name) {
    return findObstacle(schedule, shape, target(name)).value_or("none");
  };
  EXPECT_EQ(obstacle({64, 64, 4, 2, false}, {128, 128}, "sm_80"), "none");
  const AttentionShape keys{128, 128, 2, false, 1, Work::KeyGradient};
  EXPECT_EQ(obstacle({32, 48, 4, 2, false}, keys, "sm_80"),
            "gives 4 warps 48 key rows, needs a multiple of 16 for each");
  EXPECT_EQ(obstacle({16, 64, 4, 2, false}, keys, "sm_80"),
            "has query tiles of 16, must be a multiple of 32");
  const AttentionShape all{112, 112, 2, false, 1, Work::AllGradients};
  EXPECT_EQ(obstacle({32, 32, 2, 2, false}, all, "sm_80"), "none");
  EXPECT_EQ(obstacle({32, 64, 4, 2, false}, all, "sm_80"),
            "cannot deal gradients of 32 queries of 112 features to 4 warps");
  EXPECT_EQ(obstacle({128, 32, 2, 2, false}, all, "sm_80"),
            "has query tiles of 128, must be at most 64 where gradients of queries are added");
  EXPECT_EQ(obstacle({32, 128, 8, 2, false, true}, all, "sm_90a"),
            "has query tiles of 32, must be 64 where gradients of queries are added");
  EXPECT_EQ(obstacle({128, 64, 8, 2, false}, {192, 128}, "sm_86"),
            "needs 131072 bytes of shared memory per block, sm_86 has 101376");
  EXPECT_EQ(obstacle({128, 128, 4, 2, false}, {64, 128}, "sm_80"),
            "needs about 356 registers per thread, sm_80 has 255");
  EXPECT_EQ(obstacle({256, 32, 16, 2, false}, {64, 256}, "sm_80"),
            "needs about 110592 registers per block, sm_80 has 65536");
  EXPECT_EQ(obstacle({64, 64, 8, 2, false}, {64, 64}, "sm_80"),
            "gives 8 warps 64 query rows, needs a multiple of 16 for each");
  EXPECT_EQ(obstacle({64, 48, 4, 2, false}, {64, 64}, "sm_80"),
            "has key tiles of 48, must be a multiple of 32");
  EXPECT_EQ(obstacle({64, 64, 0, 2, false}, {64, 64}, "sm_80"),
            "has 0 warps, must have from 1 to 16");
  EXPECT_EQ(obstacle({64, 64, 4, 5, false}, {64, 64}, "sm_80"),
            "has 5 stages, must have from 2 to 4");
  EXPECT_EQ(obstacle({4096, 64, 4, 2, false}, {64, 64}, "sm_80"),
            "has a tile of 4096, must be at most 1024");
}
