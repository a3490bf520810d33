//===- PlanTest.cpp - Kernels that plan, on the emulator -------------------===//
//
// Plan kernels are written here as tile IR whose results are the plan itself,
// so that lists, summaries and orders can be compared with what C++ makes of
// the same tables, tile by tile.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <random>

using namespace lacuna;

namespace {

/// Query and key tile of lists that are compared.
constexpr std::int64_t queryTile = 16, keyTile = 32;

/// Lists of a causal mask over documents: ids are a table, read through cells.
constexpr const char *documents = R"(
#lists = #tile.schedule<query_tile = $Q, key_tile = $K, warps = 1, stages = 2, query_in_registers = false>
#summary = #tile.schedule<query_tile = 2048, key_tile = 32, warps = 1, stages = 2, query_in_registers = false>
#order = #tile.schedule<query_tile = 32, key_tile = 32, warps = 1, stages = 2, query_in_registers = false>
!ids = !tile.view<?x?x$T>
!cells = !tile.view<?x?x3xi64>

tile.kernel @summary(%ids: !ids, %cells: !cells)
    attributes {schedule = #summary, target = "sm_80", shared_bytes = 0 : i64} {
  %c1 = arith.constant 1 : i32
  %batches = tile.dim %ids[0] : !ids
  %length = tile.dim %ids[1] : !ids
  %b, %h, %first = tile.block %batches, %c1, %length
  tile.summarize %ids, %cells[%b, %first] : !ids, !cells
  tile.return
}

tile.kernel @lists(%ids: !ids, %cells: !cells, %lists: !tile.view<?x?x?x?x2xi32>,
                   %counts: !tile.view<?x?x?x2xi32>, %status: !tile.status)
    attributes {schedule = #lists, target = "sm_80", shared_bytes = 0 : i64} {
  %c1 = arith.constant 1 : i32
  %rows_of_tile = arith.constant $Q : i32
  %c0_i64 = arith.constant 0 : i64
  %batches = tile.dim %ids[0] : !ids
  %length = tile.dim %ids[1] : !ids
  %b, %h, %first = tile.block %batches, %c1, %length
  %row = arith.divui %first, %rows_of_tile : i32
  %end = arith.addi %first, %rows_of_tile : i32
  %past = arith.minsi %end, %length : i32
  %last = arith.subi %past, %c1 : i32
  %batch = arith.extsi %b : i32 to i64
  %i0 = arith.extsi %first : i32 to i64
  %i1 = arith.extsi %last : i32 to i64
  %qmin, %qmax, %qsignature = tile.load_range %ids[%batch, %i0] to [%batch, %i1] cells %cells : !ids, !cells
  %overflow = tile.write_runs %lists, %counts[%b, %h, %row] over %length classify(%from, %to) {
    %j0 = arith.extsi %from : i32 to i64
    %j1 = arith.extsi %to : i32 to i64
    %kmin, %kmax, %ksignature = tile.load_range %ids[%batch, %j0] to [%batch, %j1] cells %cells : !ids, !cells
    %common = arith.andi %qsignature, %ksignature : i64
    %shared = arith.cmpi ne, %common, %c0_i64 : i64
    %below = arith.cmpi sle, %kmin, %qmax : i64
    %above = arith.cmpi sle, %qmin, %kmax : i64
    %past0 = arith.cmpi sle, %from, %last : i32
    %s0 = arith.andi %shared, %below : i1
    %s1 = arith.andi %above, %past0 : i1
    %see = arith.andi %s0, %s1 : i1
    %future = arith.cmpi sgt, %to, %first : i32
    %q = arith.cmpi ne, %qmin, %qmax : i64
    %k = arith.cmpi ne, %kmin, %kmax : i64
    %other = arith.cmpi ne, %qmin, %kmin : i64
    %h0 = arith.ori %future, %q : i1
    %h1 = arith.ori %k, %other : i1
    %hide = arith.ori %h0, %h1 : i1
    tile.yield %see, %hide : i1, i1
  } : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
  tile.report %status, 0 if %overflow
  tile.return
}

tile.kernel @order(%counts: !tile.view<?x?x?x2xi32>, %order: !tile.view<?x?x?xi32>,
                   %scratch: !tile.view<?x?x?xi32>)
    attributes {schedule = #order, target = "sm_80", shared_bytes = 0 : i64} {
  %c1 = arith.constant 1 : i32
  %batches = tile.dim %counts[0] : !tile.view<?x?x?x2xi32>
  %heads = tile.dim %counts[1] : !tile.view<?x?x?x2xi32>
  %b, %h, %first = tile.block %batches, %heads, %c1
  tile.order_rows %counts, %order, %scratch[%b, %h] heads %c1
      : !tile.view<?x?x?x2xi32>, !tile.view<?x?x?xi32>, !tile.view<?x?x?xi32>
  tile.return
}

tile.program @plan(%ids: tensor<?x?x$T>, %capacity: i32)
    -> (tensor<?x?x3xi64>, tensor<?x1x?x?x2xi32>, tensor<?x1x?x2xi32>, tensor<?x1x?xi32>,
        tensor<?x1x?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows_of_tile = arith.constant $Q : index
  %c33 = arith.constant 33 : index
  %c2048 = arith.constant 2048 : index
  %batches = tensor.dim %ids, %c0 : tensor<?x?x$T>
  %length = tensor.dim %ids, %c1 : tensor<?x?x$T>
  %rows = arith.ceildivsi %length, %rows_of_tile : index
  %segments = arith.ceildivsi %length, %c2048 : index
  %places = arith.muli %segments, %c33 : index
  %room = arith.index_cast %capacity : i32 to index
  %status = tile.status ["too many runs"]
  %cells = tile.new_tensor(%batches, %places) : tensor<?x?x3xi64>
  %lists = tile.new_tensor(%batches, %rows, %room) : tensor<?x1x?x?x2xi32>
  %counts = tile.new_tensor(%batches, %rows) : tensor<?x1x?x2xi32>
  %order = tile.new_tensor(%batches, %rows) : tensor<?x1x?xi32>
  %scratch = tile.new_tensor(%batches, %rows) : tensor<?x1x?xi32>
  tile.launch @summary batches %batches heads %c1 rows %length (%ids, %cells)
      : tensor<?x?x$T>, tensor<?x?x3xi64>
  tile.launch @lists batches %batches heads %c1 rows %length (%ids, %cells, %lists, %counts, %status)
      : tensor<?x?x$T>, tensor<?x?x3xi64>, tensor<?x1x?x?x2xi32>, tensor<?x1x?x2xi32>, !tile.status
  tile.launch @order batches %batches heads %c1 rows %c1 (%counts, %order, %scratch)
      : tensor<?x1x?x2xi32>, tensor<?x1x?xi32>, tensor<?x1x?xi32>
  tile.return %cells, %lists, %counts, %order, %scratch
      : tensor<?x?x3xi64>, tensor<?x1x?x?x2xi32>, tensor<?x1x?x2xi32>, tensor<?x1x?xi32>,
        tensor<?x1x?xi32>
}
)";

/// Replaces what stands once or more in a text.
void replaceAll(std::string &text, std::string_view old, const std::string &by) {
  ASSERT_NE(text.find(old), std::string::npos) << old;
  for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += by.size())
    text.replace(at, old.size(), by);
}

/// Lists of query tiles for key tiles: kernels take the tiles of one that they plan.
void transpose(std::string &text) {
  for (const char *kernel : {"#summary", "#lists", "#order"})
    replaceAll(text,
               "attributes {schedule = " + std::string(kernel) +
                   ", target = \"sm_80\", shared_bytes = 0 : i64}",
               "attributes {plans = @attention, transposed}");
  replaceAll(text, "sle, %from, %last", "sle, %first, %to");
  replaceAll(text, "sgt, %to, %first", "sgt, %last, %from");
  text =
      "tile.kernel @attention() attributes {target = \"sm_80\", shared_bytes = 0 : i64, schedule = "
      "#tile.schedule<query_tile = $K, key_tile = $Q, warps = 1, stages = 2, "
      "query_in_registers = false>} {\n  tile.return\n}\n" +
      text;
}

/// The program for a type of elements and tiles.
Result<Executable> compileDocuments(const std::string &type, std::int64_t rows = queryTile,
                                    std::int64_t columns = keyTile, bool transposed = false) {
  std::string text = documents;
  if (transposed)
    transpose(text);
  replaceAll(text, "$T", type);
  replaceAll(text, "$Q", std::to_string(rows));
  replaceAll(text, "$K", std::to_string(columns));
  CompileOptions options;
  options.target = "sm_80";
  options.useCache = false;
  return compile(text, options);
}

/// Extremes of ids [begin, end).
struct Extremes {
  std::int64_t min, max;
  std::uint64_t signature;
  bool operator==(const Extremes &) const = default;
};

template <class T>
Extremes extremesOf(const T *ids, std::int64_t begin, std::int64_t end) {
  Extremes all{INT64_MAX, INT64_MIN, 0};
  for (std::int64_t at = begin; at < end; ++at)
    all = {std::min<std::int64_t>(all.min, ids[at]), std::max<std::int64_t>(all.max, ids[at]),
           all.signature | std::uint64_t(1) << (std::uint64_t(ids[at]) & 63)};
  return all;
}

/// Runs as pairs of first tile and twice the length, plus one when partial.
using Runs = std::vector<std::pair<std::int32_t, std::int32_t>>;

/// Of a query tile, or, transposed, of a key tile that is as large.
template <class T>
Runs expectedRuns(const T *ids, std::int64_t length, std::int64_t row, bool transposed) {
  std::int64_t first = row * queryTile, last = std::min(first + queryTile, length) - 1;
  Extremes q = extremesOf(ids, first, last + 1);
  Runs runs;
  for (std::int64_t tile = 0; tile * keyTile < length; ++tile) {
    std::int64_t from = tile * keyTile, to = std::min(from + keyTile, length) - 1;
    Extremes k = extremesOf(ids, from, to + 1);
    bool past = transposed ? first <= to : from <= last;
    bool future = transposed ? last > from : to > first;
    bool see = (q.signature & k.signature) && k.min <= q.max && q.min <= k.max && past;
    bool hide =
        future || q.min != q.max || k.min != k.max || q.min != k.min || from + keyTile > length;
    if (!see)
      continue;
    if (!runs.empty() && (runs.back().second & 1) == hide &&
        runs.back().first + (runs.back().second >> 1) == tile)
      runs.back().second += 2;
    else
      runs.emplace_back(tile, 2 + hide);
  }
  return runs;
}

/// Ids of documents of random length; `unsorted` ones come back later on.
template <class T>
std::vector<T> randomIds(std::int64_t batches, std::int64_t length, std::int64_t longest,
                         bool unsorted, std::mt19937 &random) {
  std::vector<T> ids;
  for (std::int64_t batch = 0; batch < batches; ++batch)
    for (std::int64_t at = 0, id = 0; at < length; ++id) {
      std::int64_t end = std::min<std::int64_t>(length, at + 1 + random() % longest);
      for (; at < end; ++at)
        ids.push_back(T(unsorted ? id % 7 * 9 - 20 : id));
    }
  return ids;
}

template <class T>
DeviceTensor tensorOf(Device &device, DType dtype, std::vector<std::int64_t> shape,
                      const std::vector<T> &values) {
  DeviceTensor tensor = std::move(*DeviceTensor::create(device, dtype, std::move(shape)));
  EXPECT_TRUE(tensor.copyIn(values.data()).isOk());
  return tensor;
}

template <class T>
std::vector<T> valuesOf(DeviceTensor &tensor) {
  std::vector<T> values(tensor.bytes() / sizeof(T));
  EXPECT_TRUE(tensor.copyOut(values.data()).isOk());
  return values;
}

struct PlanCase {
  std::int64_t batches, length, longest;
  bool unsorted;
  std::int32_t capacity;
  bool transposed = false;
};

/// Plans on the emulator in one mode and compares everything.
template <class T>
void checkPlan(const Executable &executable, DType dtype, const PlanCase &test,
               emulator::EmulatorOptions options) {
  options.target = "sm_80";
  auto device = emulator::createEmulatorDevice(options);
  LoadedProgram program = std::move(*LoadedProgram::load(executable, *device));
  std::mt19937 random(unsigned(test.length));
  std::vector<T> ids = randomIds<T>(test.batches, test.length, test.longest, test.unsorted, random);
  DeviceTensor table = tensorOf(*device, dtype, {test.batches, test.length}, ids);
  std::int64_t rows = (test.length + queryTile - 1) / queryTile;
  std::int64_t places = (test.length + 2047) / 2048 * 33;
  auto make = [&](DType type, std::vector<std::int64_t> shape) {
    return std::move(*DeviceTensor::create(*device, type, std::move(shape)));
  };
  DeviceTensor cells = make(DType::I64, {test.batches, places, 3});
  DeviceTensor lists = make(DType::I32, {test.batches, 1, rows, test.capacity, 2});
  DeviceTensor counts = make(DType::I32, {test.batches, 1, rows, 2});
  DeviceTensor order = make(DType::I32, {test.batches, 1, rows});
  DeviceTensor scratch = make(DType::I32, {test.batches, 1, rows});
  Status launched = program.launch(
      {table, test.capacity}, {cells.ref(), lists.ref(), counts.ref(), order.ref(), scratch.ref()});
  ASSERT_TRUE(launched.isOk()) << launched.message();
  Status done = program.synchronize();
  bool overflows = false;

  auto cell = valuesOf<std::int64_t>(cells);
  auto list = valuesOf<std::int32_t>(lists), count = valuesOf<std::int32_t>(counts),
       ranked = valuesOf<std::int32_t>(order);
  for (std::int64_t batch = 0; batch < test.batches; ++batch) {
    const T *own = ids.data() + batch * test.length;
    for (std::int64_t place = 0; place < places; ++place) {
      std::int64_t begin = place / 33 * 2048 + (place % 33 == 32 ? 0 : place % 33 * 64);
      std::int64_t end = begin + (place % 33 == 32 ? 2048 : 64);
      const std::int64_t *found = cell.data() + 3 * (batch * places + place);
      EXPECT_EQ(extremesOf(own, std::min(begin, test.length), std::min(end, test.length)),
                (Extremes{found[0], found[1], std::uint64_t(found[2])}))
          << "cell " << place;
    }
    std::vector<std::int32_t> tiles;
    for (std::int64_t row = 0; row < rows; ++row) {
      Runs expected = expectedRuns(own, test.length, row, test.transposed);
      const std::int32_t *totals = count.data() + 2 * (batch * rows + row);
      std::int32_t sum = 0;
      for (auto [first, word] : expected)
        sum += word >> 1;
      ASSERT_EQ(totals[0], std::int32_t(expected.size())) << "row " << row;
      ASSERT_EQ(totals[1], sum) << "row " << row;
      tiles.push_back(sum);
      overflows |= totals[0] > test.capacity;
      const std::int32_t *pairs = list.data() + 2 * test.capacity * (batch * rows + row);
      for (std::int32_t run = 0; run < std::min(test.capacity, totals[0]); ++run)
        ASSERT_EQ(std::pair(pairs[2 * run], pairs[2 * run + 1]), expected[run])
            << "row " << row << ", run " << run;
    }
    std::vector<std::int32_t> byWork(rows);
    for (std::int32_t row = 0; row < rows; ++row)
      byWork[row] = row;
    std::sort(byWork.begin(), byWork.end(), [&](std::int32_t a, std::int32_t b) {
      return tiles[a] != tiles[b] ? tiles[a] > tiles[b] : a > b;
    });
    EXPECT_TRUE(std::equal(byWork.begin(), byWork.end(), ranked.begin() + batch * rows));
  }
  EXPECT_EQ(done.isOk(), !overflows) << done.message();
  EXPECT_EQ(done.message().find("too many runs") != std::string::npos, overflows);
}

const PlanCase cases[] = {{2, 300, 40, false, 20},   {1, 1, 1, false, 1},
                          {1, 2048, 700, false, 64}, {1, 2500, 90, true, 80},
                          {2, 1100, 30, true, 3},    {1, 64, 8, true, 2},
                          {1, 35000, 900, false, 64}};

TEST(Plan, ListsAreThoseOfEveryTile) {
  Result<Executable> executable = compileDocuments("i32");
  ASSERT_TRUE(executable) << executable.status().message();
  for (const PlanCase &test : cases)
    checkPlan<std::int32_t>(*executable, DType::I32, test, {});
}

TEST(Plan, IsTheSameInEveryOrderOfWarps) {
  Result<Executable> executable = compileDocuments("i32");
  ASSERT_TRUE(executable) << executable.status().message();
  for (auto mode : {emulator::AsyncMode::Lazy, emulator::AsyncMode::Random}) {
    emulator::EmulatorOptions options;
    options.mode = mode;
    options.seed = 5;
    checkPlan<std::int32_t>(*executable, DType::I32, {2, 700, 40, true, 30}, options);
  }
}

TEST(Plan, ListsCanBeTransposed) {
  Result<Executable> executable = compileDocuments("i32", queryTile, keyTile, /*transposed=*/true);
  ASSERT_TRUE(executable) << executable.status().message();
  for (PlanCase test : cases) {
    test.transposed = true;
    checkPlan<std::int32_t>(*executable, DType::I32, test, {});
  }
}

TEST(Plan, TablesHaveAnyWidth) {
  auto check = [](auto type, const char *name, DType dtype) {
    Result<Executable> executable = compileDocuments(name);
    ASSERT_TRUE(executable) << executable.status().message();
    checkPlan<decltype(type)>(*executable, dtype, {1, 500, 60, true, 30}, {});
  };
  check(std::int64_t(), "i64", DType::I64);
  check(std::int16_t(), "i16", DType::I16);
  check(std::int8_t(), "i8", DType::I8);
}

/// Warp instructions of the plan of documents of up to 1000 tokens, tile 128.
std::uint64_t instructionsOf(const Executable &executable, std::int64_t length) {
  emulator::EmulatorOptions options;
  options.target = "sm_80";
  options.checkRaces = false;
  auto device = emulator::createEmulatorDevice(options);
  LoadedProgram program = std::move(*LoadedProgram::load(executable, *device));
  std::mt19937 random(1);
  std::vector<std::int32_t> ids = randomIds<std::int32_t>(1, length, 1000, false, random);
  DeviceTensor table = tensorOf(*device, DType::I32, {1, length}, ids);
  std::int64_t rows = (length + 127) / 128;
  auto make = [&](DType type, std::vector<std::int64_t> shape) {
    return std::move(*DeviceTensor::create(*device, type, std::move(shape)));
  };
  DeviceTensor cells = make(DType::I64, {1, (length + 2047) / 2048 * 33, 3});
  DeviceTensor lists = make(DType::I32, {1, 1, rows, 64, 2});
  DeviceTensor counts = make(DType::I32, {1, 1, rows, 2});
  DeviceTensor order = make(DType::I32, {1, 1, rows});
  DeviceTensor scratch = make(DType::I32, {1, 1, rows});
  device->resetCounters();
  EXPECT_TRUE(
      program
          .launch({table, 64}, {cells.ref(), lists.ref(), counts.ref(), order.ref(), scratch.ref()})
          .isOk());
  EXPECT_TRUE(program.synchronize().isOk());
  return device->counters().warps("");
}

// Elements are looked at once, by the summaries; lists cost what rows and the
// boundary of the mask do. Evaluating all elements would take 2^36 steps.
TEST(Plan, CostGrowsWithTilesAndNotWithElements) {
  Result<Executable> executable = compileDocuments("i32", 128, 128);
  ASSERT_TRUE(executable) << executable.status().message();
  std::uint64_t previous = 0;
  for (std::int64_t length : {16384, 65536, 262144}) {
    std::uint64_t count = instructionsOf(*executable, length);
    std::printf("%lld tokens: %llu warp instructions, %.1f a query tile\n", (long long)length,
                (unsigned long long)count, double(count) * 128 / double(length));
    if (previous) {
      EXPECT_LT(count, 5 * previous);
    }
    previous = count;
  }
}
// A list without room for all runs is an error, and what relies on it is NaN.
TEST(Plan, OverflowIsAnErrorAndNan) {
  const char *spec = R"(
!t = tensor<?x?x?x64xbf16>
func.func @strided(%q: !t, %k: !t, %v: !t) -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %c200 = arith.constant 200 : i32
    %c64 = arith.constant 64 : i32
    %place = arith.remsi %j, %c200 : i32
    %keep = arith.cmpi slt, %place, %c64 : i32
    attn.yield %keep : i1
  } schedule<query_tile = 64, key_tile = 64, warps = 4, plan_capacity = 2> : !t, !t, !t
  return %lse : tensor<?x?x?xf32>
})";
  CompileOptions options;
  options.target = "sm_80";
  options.useCache = false;
  options.mode = "planned";
  Result<Executable> executable = compile(spec, options);
  ASSERT_TRUE(executable) << executable.status().message();
  emulator::EmulatorOptions emulated;
  emulated.target = "sm_80";
  auto device = emulator::createEmulatorDevice(emulated);
  LoadedProgram program = std::move(*LoadedProgram::load(*executable, *device));
  // Two runs at most in 300 keys, three in 600.
  for (auto [keys, overflows] : {std::pair(300, false), {600, true}}) {
    std::vector<std::uint16_t> zeros(std::size_t(keys) * 64);
    DeviceTensor q = tensorOf(*device, DType::BF16, {1, 1, keys, 64}, zeros);
    DeviceTensor lse = std::move(*DeviceTensor::create(*device, DType::F32, {1, 1, keys}));
    std::vector<Value> arguments = {q, q, q};
    Workspace workspace;
    workspace.bytes = *program.workspaceBytes(arguments);
    workspace.address = *device->allocate(workspace.bytes);
    ASSERT_TRUE(program.launch(arguments, {lse.ref()}, {}, workspace).isOk());
    Status done = program.synchronize();
    EXPECT_EQ(done.isOk(), !overflows) << done.message();
    if (overflows) {
      EXPECT_NE(done.message().find("the plan has more runs of tiles than it has room for"),
                std::string::npos)
          << done.message();
    }
    for (float value : valuesOf<float>(lse))
      EXPECT_EQ(std::isnan(value), overflows);
  }
}
} // namespace
