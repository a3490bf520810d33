//===- VisitsTest.cpp - Kernels visit the tiles they must and no others ----===//
//
// Executed matrix instructions count the visited tiles, instructions that mask one
// the PARTIAL tiles. Both are compared with brute force over the predicate.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <sstream>

using namespace lacuna;

namespace {
constexpr std::int64_t headDim = 64;

/// A family of targets, with a schedule of its own.
struct Family {
  const char *target, *schedule, *instruction;
  std::int64_t rows, columns; ///< of a tile
  /// Matrix instructions of a tile, summed over warps: two products of its scores
  /// with 64 features.
  std::uint64_t perTile;
};

// Products of 16 x 8 x 16 for a warp.
constexpr Family mmaFamily = {.target = "sm_80",
                              .schedule = "query_tile = 64, key_tile = 64, warps = 4",
                              .instruction = "mma",
                              .rows = 64,
                              .columns = 64,
                              .perTile = 2 * (64 / 16) * (64 / 8) * (64 / 16)};
// Products of 64 x 64 x 16 for the four warps of a group.
constexpr Family wgmmaFamily = {.target = "sm_90a",
                                .schedule = "query_tile = 128, key_tile = 64, warps = 8",
                                .instruction = "wgmma.mma_async",
                                .rows = 128,
                                .columns = 64,
                                .perTile = 2 * (128 / 16) * (64 / 16)};

/// One mask: as a spec sees it, and as C++ does.
struct Mask {
  const char *name;
  const char *arguments; ///< of the function, besides queries, keys and values
  const char *before;    ///< function-level code
  const char *predicate; ///< the where region
  std::vector<std::int32_t> scalars;
  std::function<bool(std::int64_t i, std::int64_t j, std::int64_t queries, std::int64_t keys)>
      visible;
  /// Element of a table of i32 that the last argument is, as long as the longer
  /// sequence; null: there is none.
  std::int32_t (*table)(std::int64_t) = nullptr;
};

std::ostream &operator<<(std::ostream &out, const Mask &mask) { return out << mask.name; }

std::string specOf(const Mask &mask, const Family &family) {
  return std::string("!t = tensor<?x?x?x64xbf16>\n"
                     "func.func @mask(%q: !t, %k: !t, %v: !t") +
         mask.arguments + ") -> (!t, tensor<?x?x?xf32>) {\n" + mask.before +
         "  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {\n" + mask.predicate +
         "    attn.yield %keep : i1\n  } schedule<" + family.schedule +
         "> : !t, !t, !t\n  return %o, %lse : !t, tensor<?x?x?xf32>\n}\n";
}

struct TileCounts {
  std::int64_t visited = 0, partial = 0;
  bool operator==(const TileCounts &) const = default;
};

/// By brute force: a tile is visited when an element is visible, and FULL when
/// all of it is, for rows and keys that exist; a tile past the last key is not
/// FULL.
TileCounts expectedCounts(const Mask &mask, const Family &family, std::int64_t queries,
                          std::int64_t keys) {
  TileCounts counts;
  for (std::int64_t row = 0; row < queries; row += family.rows)
    for (std::int64_t column = 0; column < keys; column += family.columns) {
      bool any = false, all = column + family.columns <= keys;
      for (std::int64_t i = row; i < std::min(row + family.rows, queries); ++i)
        for (std::int64_t j = column; j < std::min(column + family.columns, keys); ++j) {
          bool visible = mask.visible(i, j, queries, keys);
          any |= visible;
          all &= visible;
        }
      counts.visited += any;
      counts.partial += any && !all;
    }
  return counts;
}

std::vector<std::string> linesOf(const std::string &text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

/// First and last line (from 1) of a function; none: {1, 0}.
std::pair<std::uint32_t, std::uint32_t> functionLines(const std::vector<std::string> &lines,
                                                      const std::string &name) {
  for (std::uint32_t first = 0; first < lines.size(); ++first)
    if (lines[first].find(" " + name + "(") != std::string::npos && lines[first].back() == '{') {
      std::uint32_t last = first;
      while (lines[last] != "}")
        ++last;
      return {first + 1, last + 1};
    }
  return {1, 0};
}

/// What grows by the same number with each PARTIAL tile: instructions of the map's
/// element function; or, where rows are clipped, the votes on the first columns.
/// Everything else there may be skipped, or moved out of the loop.
std::uint64_t countPredicate(const emulator::Counters &counters, const std::string &source) {
  std::vector<std::string> lines = linesOf(source);
  auto block = std::find_if(lines.begin(), lines.end(), [](const std::string &line) {
    return line.find("if (partial) {") != line.npos;
  });
  auto call = block;
  while (call != lines.end() && (call + 1)->find('}') == std::string::npos)
    ++call;
  if (call == lines.end()) {
    ADD_FAILURE() << "the source masks no PARTIAL tiles";
    return 0;
  }
  std::uint64_t count = 0;
  if (call->find("clip_") != std::string::npos) {
    for (const emulator::InstructionCount &instruction : counters.instructions)
      if (instruction.opcode.starts_with("vote") &&
          instruction.inlinedLine == std::uint32_t(call - lines.begin() + 1))
        count = std::max(count, instruction.warps);
    return count;
  }
  std::size_t name = call->find("= ") + 2;
  auto [first, last] =
      functionLines(lines, call->substr(name, call->find('(') - name) + "_element");
  for (std::uint32_t line = first; line <= last; ++line)
    count += counters.warpsAtLine(line);
  return count;
}

struct Measured {
  std::uint64_t products = 0, predicate = 0;
};

Measured measure(const Executable &executable, const Mask &mask, const Family &family,
                 std::int64_t queries, std::int64_t keys) {
  emulator::EmulatorOptions options;
  options.target = family.target;
  auto device = emulator::createEmulatorDevice(options);
  LoadedProgram program = std::move(*LoadedProgram::load(executable, *device));
  auto make = [&](std::int64_t rows) {
    DeviceTensor tensor =
        std::move(*DeviceTensor::create(*device, DType::BF16, {1, 1, rows, headDim}));
    std::string zeros(tensor.bytes(), 0);
    EXPECT_TRUE(tensor.copyIn(zeros.data()).isOk());
    return tensor;
  };
  DeviceTensor q = make(queries), k = make(keys), v = make(keys), o = make(queries);
  DeviceTensor lse = std::move(*DeviceTensor::create(*device, DType::F32, {1, 1, queries}));
  std::vector<Value> arguments = {q, k, v};
  arguments.insert(arguments.end(), mask.scalars.begin(), mask.scalars.end());
  std::optional<DeviceTensor> table;
  if (mask.table) {
    std::vector<std::int32_t> elements(std::max(queries, keys));
    for (std::size_t at = 0; at < elements.size(); ++at)
      elements[at] = mask.table(std::int64_t(at));
    table = std::move(*DeviceTensor::create(*device, DType::I32, {std::int64_t(elements.size())}));
    EXPECT_TRUE(table->copyIn(elements.data()).isOk());
    arguments.push_back(*table);
  }
  Workspace workspace;
  workspace.bytes = *program.workspaceBytes(arguments);
  if (workspace.bytes)
    workspace.address = *device->allocate(workspace.bytes);
  device->resetCounters();
  Status launched = program.launch(arguments, {o.ref(), lse.ref()}, {}, workspace);
  EXPECT_TRUE(launched.isOk()) << launched.message();
  Status done = program.synchronize();
  EXPECT_TRUE(done.isOk()) << done.message();
  Measured measured;
  measured.products = device->counters().warps(family.instruction);
  measured.predicate = countPredicate(device->counters(), executable.kernels()[0].source);
  return measured;
}

class Visits : public testing::TestWithParam<Mask> {};

const Mask masks[] = {
    {"causal",
     "",
     "",
     "    %keep = attn.causal %i, %j\n",
     {},
     [](auto i, auto j, auto, auto) { return j <= i; }},
    {"window",
     ", %left: i32",
     "",
     "    %past = attn.causal %i, %j\n    %near = attn.sliding_window %i, %j left %left\n"
     "    %keep = attn.and %past, %near\n",
     {100},
     [](auto i, auto j, auto, auto) { return j <= i && j >= i - 100; }},
    {"prefix",
     ", %length: i32",
     "",
     "    %past = attn.causal %i, %j\n    %prompt = attn.prefix %j, %length\n"
     "    %keep = attn.or %past, %prompt\n",
     {150},
     [](auto i, auto j, auto, auto) { return j <= i || j < 150; }},
    {"offset",
     ", %offset: i32",
     "",
     "    %keep = attn.causal %i, %j offset %offset\n",
     {-70},
     [](auto i, auto j, auto, auto) { return j <= i - 70; }},
    {"bottom_right",
     "",
     "  %c2 = arith.constant 2 : index\n  %m = tensor.dim %q, %c2 : !t\n"
     "  %n = tensor.dim %k, %c2 : !t\n  %d = arith.subi %n, %m : index\n"
     "  %offset = arith.index_cast %d : index to i32\n",
     "    %keep = attn.causal %i, %j offset %offset\n",
     {},
     [](auto i, auto j, auto queries, auto keys) { return j <= i + keys - queries; }},
};

constexpr std::pair<std::int64_t, std::int64_t> lengths[] = {{64, 64},   {300, 300}, {127, 449},
                                                             {449, 127}, {256, 512}, {1, 500}};

/// Counts what a kernel of that mode visits, for every pair of lengths.
void expectExactVisits(const Mask &mask, const char *mode, const Family &family = mmaFamily) {
  CompileOptions options;
  options.target = family.target;
  options.useCache = false;
  options.mode = mode;
  Result<Executable> executable = compile(specOf(mask, family), options);
  ASSERT_TRUE(executable) << executable.status().message();
  std::uint64_t perPartialTile = 0;
  for (auto [queries, keys] : lengths) {
    TileCounts expected = expectedCounts(mask, family, queries, keys);
    Measured measured = measure(*executable, mask, family, queries, keys);
    EXPECT_EQ(measured.products, expected.visited * family.perTile) << queries << " x " << keys;
    if (expected.partial && !perPartialTile)
      perPartialTile = measured.predicate / expected.partial;
    if (mask.table) // warps leave out what they need not read
      EXPECT_EQ(measured.predicate > 0, expected.partial > 0) << queries << " x " << keys;
    else
      EXPECT_EQ(measured.predicate, expected.partial * perPartialTile) << queries << " x " << keys;
  }
  EXPECT_GT(perPartialTile, 0u);
}

TEST_P(Visits, AreExactInClosedForm) { expectExactVisits(GetParam(), "closed"); }

TEST_P(Visits, AreExactWithWarpRoles) { expectExactVisits(GetParam(), "closed", wgmmaFamily); }

TEST_P(Visits, AreExactWhenPlanned) { expectExactVisits(GetParam(), "planned"); }

// What only a plan can know: labels from a table, in order and out of it.
TEST(PlannedVisits, FollowTables) {
  const char *same = "    %x = attn.load %ids[%i] : tensor<?xi32>\n"
                     "    %y = attn.load %ids[%j] : tensor<?xi32>\n"
                     "    %equal = arith.cmpi eq, %x, %y : i32\n"
                     "    %past = attn.causal %i, %j\n"
                     "    %keep = attn.and %past, %equal\n";
  auto documents = [](std::int64_t i) { return std::int32_t(i / 90); };
  auto returning = [](std::int64_t i) { return std::int32_t(i / 64 % 3); };
  for (std::int32_t (*id)(std::int64_t) : {+documents, +returning}) {
    auto visible = [id](auto i, auto j, auto, auto) { return j <= i && id(i) == id(j); };
    expectExactVisits({"documents", ", %ids: tensor<?xi32>", "", same, {}, visible, id}, "planned");
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, Visits, testing::ValuesIn(masks),
                         [](const auto &info) { return std::string(info.param.name); });
} // namespace
