//===- LaunchOverheadTest.cpp - A launch costs next to nothing --------------===//
#include "lib/Runtime/Launch.h"
#include "lib/Runtime/NullDevice.h"
#include "lib/Runtime/Plan.h"
#include "test/unit/Runtime/SamplePrograms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>

using namespace lacuna;

static std::atomic<std::uint64_t> allocationCount{0};
static std::atomic<std::size_t> largestAllocation{0};

// Every allocation of this program is counted.
void *operator new(std::size_t bytes) {
  ++allocationCount;
  if (bytes > largestAllocation)
    largestAllocation = bytes;
  void *memory = std::malloc(bytes);
  if (!memory)
    std::abort();
  return memory;
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }

/// One step over four tensors, three of them copied in boxes, and a scalar, as a
/// forward kernel has them.
static Program forwardKernel() {
  Program program = samplePlannedAttention();
  program.steps.erase(program.steps.begin());
  program.temporaries.clear();
  using P = ProgramParameter;
  for (const P &tensor : {P::argument(0), P::argument(1), P::result(0)})
    program.steps[0].parameters.push_back(P::copyMap(tensor, 64, 64));
  program.steps[0].blocksPerMultiprocessor = 1;
  return program;
}

TEST(LaunchOverheadTest, IsUnderAMicrosecondAndAHalfWithoutAllocation) {
  NullDevice device("sm_90a");
  auto instance = ProgramInstance::create(forwardKernel(), device);
  ASSERT_TRUE(instance) << instance.status().message();
  TensorRef q = TensorRef::contiguous(0x1000, DType::BF16, {2, 8, 130, 128});
  TensorRef k = TensorRef::contiguous(0x2000, DType::BF16, {2, 4, 77, 128});
  TensorRef slopes = TensorRef::contiguous(0x3000, DType::F32, {8});
  TensorRef lse = TensorRef::contiguous(0x5000, DType::F32, {2, 8, 130});
  constexpr int launches = 1000;
  std::vector<double> microseconds;
  std::uint64_t allocations = 0;
  for (int round = 0; round < 21; ++round) {
    std::uint64_t before = allocationCount;
    auto start = std::chrono::steady_clock::now();
    bool ok = true;
    for (int i = 0; i < launches; ++i)
      ok &= (*instance)->launch({q, k, slopes, std::int32_t(i)}, {q, lse}, 0, 0, {}).isOk();
    auto time = std::chrono::steady_clock::now() - start;
    allocations += allocationCount - before;
    microseconds.push_back(std::chrono::duration<double, std::micro>(time).count() / launches);
    ASSERT_TRUE(ok);
  }
  EXPECT_EQ(device.launches, 21u * launches);
  EXPECT_EQ(allocations, 0u);
  std::sort(microseconds.begin(), microseconds.end());
  RecordProperty("microseconds", std::to_string(microseconds[10]));
  EXPECT_LT(microseconds[10], 1.5);
}

TEST(LaunchOverheadTest, LoadingDoesNotReadTheImages) {
  NullDevice device("sm_90a");
  Program program = forwardKernel();
  program.kernels[1].ptx.assign(1 << 20, ' ');
  largestAllocation = 0;
  EXPECT_TRUE(ProgramInstance::create(std::move(program), device));
  EXPECT_LT(largestAllocation, 1u << 16);
}

TEST(LaunchOverheadTest, PlansAreUpdatedAndUsedWithoutAllocation) {
  NullDevice device("sm_90a");
  Program program = samplePlannedAttention();
  program.steps[0].isPlan = program.temporaries[0].ofPlan = program.temporaries[1].ofPlan = true;
  auto instance = ProgramInstance::create(std::move(program), device);
  ASSERT_TRUE(instance) << instance.status().message();
  std::shared_ptr<ProgramInstance> shared = std::move(*instance);
  TensorRef q = TensorRef::contiguous(0x1000, DType::BF16, {2, 8, 130, 128});
  TensorRef k = TensorRef::contiguous(0x2000, DType::BF16, {2, 4, 77, 128});
  TensorRef slopes = TensorRef::contiguous(0x3000, DType::F32, {8});
  TensorRef lse = TensorRef::contiguous(0x5000, DType::F32, {2, 8, 130});
  auto plan = PlanInstance::create(shared, {q, k, slopes, std::int32_t(7)}, 0, 0);
  ASSERT_TRUE(plan) << plan.status().message();
  std::uint64_t before = allocationCount;
  bool ok = true;
  for (int i = 0; i < 100; ++i) {
    ok &= (*plan)->update({q, k, slopes, std::int32_t(i)}, {}).isOk();
    ok &= shared->launch({q, k, slopes, std::int32_t(i)}, {q, lse}, 0, 0, {}, plan->get()).isOk();
  }
  EXPECT_TRUE(ok);
  EXPECT_EQ(allocationCount, before);
  EXPECT_EQ(device.launches, 200u);
}
