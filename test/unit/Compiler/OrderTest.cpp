//===- OrderTest.cpp - The order of work, on the emulator ------------------===//
//
// Query tiles with random numbers of key tiles are put in order by the operation
// that plans use. A group of heads has to come out as a stable sort on the host has
// it: each query tile once, the longest first.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

using namespace lacuna;

namespace {

constexpr const char *sorter = R"(
#s = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>
!counts = !tile.view<?x?x?x2xi32>
!order = !tile.view<?x?x?xi32>
tile.kernel @sort(%counts: !counts, %order: !order, %scratch: !order, %group: i32)
    attributes {schedule = #s, target = "sm_80", shared_bytes = 0 : i64} {
  %c1 = arith.constant 1 : i32
  %batches = tile.dim %counts[0] : !counts
  %heads = tile.dim %counts[1] : !counts
  %last = arith.subi %group, %c1 : i32
  %past = arith.addi %heads, %last : i32
  %groups = arith.divui %past, %group : i32
  %b, %g, %none = tile.block %batches, %groups, %c1
  %first = arith.muli %g, %group : i32
  %left = arith.subi %heads, %first : i32
  %own = arith.minsi %left, %group : i32
  tile.order_rows %counts, %order, %scratch[%b, %first] heads %own : !counts, !order, !order
  tile.return
}
tile.program @p(%counts: tensor<?x?x?x2xi32>, %group: i32)
    -> (tensor<?x?x?xi32>, tensor<?x?x?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %batches = tensor.dim %counts, %c0 : tensor<?x?x?x2xi32>
  %heads = tensor.dim %counts, %c1 : tensor<?x?x?x2xi32>
  %rows = tensor.dim %counts, %c2 : tensor<?x?x?x2xi32>
  %size = arith.index_cast %group : i32 to index
  %groups = arith.ceildivsi %heads, %size : index
  %order = tile.new_tensor(%batches, %heads, %rows) : tensor<?x?x?xi32>
  %scratch = tile.new_tensor(%batches, %heads, %rows) : tensor<?x?x?xi32>
  tile.launch @sort batches %batches heads %groups rows %c1 (%counts, %order, %scratch, %group)
      : tensor<?x?x?x2xi32>, tensor<?x?x?xi32>, tensor<?x?x?xi32>, i32
  tile.return %order, %scratch : tensor<?x?x?xi32>, tensor<?x?x?xi32>
}
)";

struct Case {
  std::int64_t batches, heads, rows;
  std::int32_t group, most; ///< heads of a group; the largest number of key tiles
};

TEST(Order, IsLongestFirstInEveryGroupOfHeads) {
  CompileOptions options;
  options.target = "sm_80";
  options.useCache = false;
  Result<Executable> executable = compile(sorter, options);
  ASSERT_TRUE(executable) << executable.status().message();
  const Case cases[] = {{1, 1, 1, 1, 9},     {1, 1, 33, 1, 0},     {2, 3, 70, 1, 31},
                        {2, 5, 40, 2, 32},   {1, 8, 100, 8, 3000}, {1, 4, 64, 3, 1 << 20},
                        {1, 1, 500, 1, 2000}};
  for (const Case &test : cases) {
    SCOPED_TRACE(std::to_string(test.heads) + " heads of " + std::to_string(test.rows) +
                 " query tiles, groups of " + std::to_string(test.group));
    emulator::EmulatorOptions emulated;
    emulated.target = "sm_80";
    emulated.mode = emulator::AsyncMode::Random;
    emulated.seed = 3;
    auto device = emulator::createEmulatorDevice(emulated);
    LoadedProgram program = std::move(*LoadedProgram::load(*executable, *device));
    const std::int64_t ofBatch = test.heads * test.rows;
    std::mt19937 random(unsigned(test.rows));
    std::vector<std::int32_t> pairs(std::size_t(2 * test.batches * ofBatch), -1);
    for (std::size_t at = 1; at < pairs.size(); at += 2)
      pairs[at] = std::int32_t(random() % unsigned(test.most + 1));
    auto make = [&](std::vector<std::int64_t> shape) {
      return std::move(*DeviceTensor::create(*device, DType::I32, std::move(shape)));
    };
    DeviceTensor counts = make({test.batches, test.heads, test.rows, 2});
    ASSERT_TRUE(counts.copyIn(pairs.data()).isOk());
    DeviceTensor order = make({test.batches, test.heads, test.rows});
    DeviceTensor scratch = make({test.batches, test.heads, test.rows});
    Status launched = program.launch({counts, test.group}, {order.ref(), scratch.ref()});
    ASSERT_TRUE(launched.isOk()) << launched.message();
    Status done = program.synchronize();
    ASSERT_TRUE(done.isOk()) << done.message();
    std::vector<std::int32_t> found(std::size_t(test.batches * ofBatch));
    ASSERT_TRUE(order.copyOut(found.data()).isOk());

    for (std::int64_t batch = 0; batch < test.batches; ++batch)
      for (std::int64_t head = 0; head < test.heads; head += test.group) {
        const std::int64_t begin = head * test.rows,
                           end = std::min<std::int64_t>(begin + test.group * test.rows, ofBatch);
        std::vector<std::int32_t> expected(std::size_t(end - begin));
        std::iota(expected.rbegin(), expected.rend(), std::int32_t(begin));
        std::stable_sort(expected.begin(), expected.end(), [&](std::int32_t a, std::int32_t b) {
          return pairs[2 * (batch * ofBatch + a) + 1] > pairs[2 * (batch * ofBatch + b) + 1];
        });
        EXPECT_TRUE(
            std::equal(expected.begin(), expected.end(), found.begin() + batch * ofBatch + begin));
      }
  }
}
} // namespace
