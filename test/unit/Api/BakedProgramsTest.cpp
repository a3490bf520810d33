//===- BakedProgramsTest.cpp - Many masks, a small budget ---------------------===//
#include "lacuna/Baked.h"

#include "lib/Api/Executable.h"
#include "lib/Runtime/NullDevice.h"
#include "test/unit/Runtime/SamplePrograms.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

using namespace lacuna;

/// A program whose images have `bytes` bytes.
static Executable executableOf(std::size_t bytes) {
  Program program = samplePlannedAttention();
  program.kernels[0].ptx = std::string(bytes, ' ');
  auto compiled = std::make_shared<const CompiledProgram>(CompiledProgram{std::move(program), {}});
  return Executable(std::make_shared<const Executable::Implementation>(std::move(compiled)));
}

/// Programs loaded at the same time, at most, and now.
static std::size_t residentKernels = 0, mostResidentKernels = 0;

namespace {

/// Counts the kernels that are loaded.
class CountingDevice final : public Device {
public:
  struct Kernel final : LoadedKernel {
    Kernel() { mostResidentKernels = std::max(mostResidentKernels, ++residentKernels); }
    ~Kernel() override { --residentKernels; }
  };

  std::string name() const override { return "counting"; }
  std::string target() const override { return "sm_90a"; }
  std::uint32_t multiprocessors() const override { return memory.multiprocessors(); }
  Result<DeviceAddress> allocate(std::size_t bytes) override { return memory.allocate(bytes); }
  Status release(DeviceAddress address) override { return memory.release(address); }
  Status copyIn(DeviceAddress, const void *, std::size_t, Stream) override { return {}; }
  Status copyOut(void *, DeviceAddress, std::size_t, Stream) override { return {}; }
  Status fill(DeviceAddress, std::uint8_t, std::size_t, Stream) override { return {}; }
  Result<std::unique_ptr<LoadedKernel>> load(const KernelImage &image) override {
    if (image.ptx == "refused")
      return Status(StatusKind::Driver, "refused");
    return std::unique_ptr<LoadedKernel>(std::make_unique<Kernel>());
  }
  Status launch(const LoadedKernel &, const LaunchShape &, std::string_view, Stream) override {
    return {};
  }
  Result<TensorMap> encode(const TensorMapSpec &spec) const override { return memory.encode(spec); }
  Status synchronize(Stream) override { return {}; }

private:
  NullDevice memory{"sm_90a"};
};

class BakedProgramsTest : public testing::Test {
protected:
  void SetUp() override { residentKernels = mostResidentKernels = 0; }

  BakedPrograms::Bake stub(std::size_t bytes = 1000) {
    return [this, bytes](const std::string &) -> Result<Executable> {
      ++bakes;
      return executableOf(bytes);
    };
  }

  CountingDevice device;
  std::atomic<int> bakes{0};
};

constexpr std::size_t kernelsPerProgram = 2;

} // namespace

TEST_F(BakedProgramsTest, TenThousandMasksStayWithinTheBudget) {
  BakedPrograms programs(device, stub(), {8, 64 << 20, 2, /*asynchronous=*/false});
  for (int i = 0; i < 10000; ++i) {
    std::string mask = "mask " + std::to_string(i);
    EXPECT_EQ(programs.use(mask), nullptr) << "the first use asks for nothing";
    EXPECT_NE(programs.use(mask), nullptr);
    EXPECT_LE(programs.statistics().programs, 8u);
    EXPECT_LE(residentKernels, 8 * kernelsPerProgram);
  }
  BakedStatistics statistics = programs.statistics();
  EXPECT_EQ(bakes, 10000);
  EXPECT_EQ(statistics.bakes, 10000u);
  EXPECT_EQ(statistics.programs, 8u);
  EXPECT_EQ(statistics.bytes, 8000u);
  EXPECT_EQ(statistics.evictions, 10000u - 8);
  EXPECT_LE(mostResidentKernels, 9 * kernelsPerProgram) << "one more while it is loaded";
}

TEST_F(BakedProgramsTest, MasksThatDoNotComeBackAreNeverBaked) {
  BakedPrograms programs(device, stub(), {8, 64 << 20, 3, /*asynchronous=*/false});
  for (int round = 0; round < 5; ++round)
    for (int i = 0; i < 10000; ++i)
      EXPECT_EQ(programs.use(std::to_string(i)), nullptr);
  EXPECT_EQ(bakes, 0);
}

TEST_F(BakedProgramsTest, TheLeastRecentlyUsedProgramGoes) {
  BakedPrograms programs(device, stub(), {2, 64 << 20, 1, /*asynchronous=*/false});
  for (const char *mask : {"a", "b", "a", "c"})
    EXPECT_NE(programs.use(mask), nullptr);
  EXPECT_EQ(bakes, 3);
  EXPECT_NE(programs.use("a"), nullptr);
  EXPECT_EQ(bakes, 3) << "b has gone, a has not";
  EXPECT_NE(programs.use("b"), nullptr);
  EXPECT_EQ(bakes, 4);
}

TEST_F(BakedProgramsTest, BytesAreABudgetToo) {
  BakedPrograms programs(device, stub(400), {8, 1000, 1, /*asynchronous=*/false});
  for (const char *mask : {"a", "b", "c"})
    EXPECT_NE(programs.use(mask), nullptr);
  EXPECT_EQ(programs.statistics().programs, 2u);
  BakedPrograms tooLarge(device, stub(2000), {8, 1000, 1, /*asynchronous=*/false});
  bakes = 0;
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(tooLarge.use("a"), nullptr);
  EXPECT_EQ(bakes, 1);
  EXPECT_EQ(tooLarge.failure().message(), "a baked program has 2000 bytes, the budget is 1000");
}

TEST_F(BakedProgramsTest, AProgramInUseOutlivesItsEviction) {
  BakedPrograms programs(device, stub(), {1, 64 << 20, 1, /*asynchronous=*/false});
  std::shared_ptr<LoadedProgram> held = programs.use("a");
  programs.use("b");
  EXPECT_EQ(residentKernels, 2 * kernelsPerProgram);
  held.reset();
  EXPECT_EQ(residentKernels, kernelsPerProgram);
}

TEST_F(BakedProgramsTest, OthersServeWhileOneIsCompiled) {
  std::atomic<bool> release{false};
  std::thread::id caller = std::this_thread::get_id();
  BakedPrograms programs(device,
                         [&](const std::string &) -> Result<Executable> {
                           EXPECT_NE(std::this_thread::get_id(), caller);
                           while (!release)
                             std::this_thread::yield();
                           return executableOf(1);
                         },
                         {2, 64 << 20, 1});
  for (int i = 0; i < 100; ++i)
    for (const char *mask : {"a", "b", "c", "d"})
      EXPECT_EQ(programs.use(mask), nullptr);
  release = true;
  programs.finish();
  EXPECT_NE(programs.use("a"), nullptr);
  programs.finish();
  EXPECT_LE(programs.statistics().programs, 2u);
  EXPECT_LE(programs.statistics().bakes, 4u);
}

TEST_F(BakedProgramsTest, WhatCannotBeBakedIsNotTriedAgain) {
  int tries = 0;
  BakedPrograms programs(device,
                         [&](const std::string &) -> Result<Executable> {
                           ++tries;
                           return Status(StatusKind::Unsupported, "too many runs");
                         },
                         {8, 64 << 20, 1, /*asynchronous=*/false});
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(programs.use("a"), nullptr);
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(programs.failure().message(), "too many runs");
}
