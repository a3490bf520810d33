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
  /// Besides, with warp roles: the one that a warp starts for nothing behind the last tile.
  std::uint64_t perRowOfTiles = 0;
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
                                .perTile = 2 * (128 / 16) * (64 / 16),
                                .perRowOfTiles = 128 / 16};

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
  /// How much of the predicate's code is executed depends on the elements.
  bool branches = false;
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

/// Instructions of each line of the map that masks PARTIAL tiles; where rows are
/// clipped, the votes on the first columns.
std::vector<std::uint64_t> countPredicate(const emulator::Counters &counters,
                                          const std::string &source) {
  std::vector<std::string> lines = linesOf(source);
  auto block = std::find_if(lines.begin(), lines.end(), [](const std::string &line) {
    return line.find("if (partial) {") != line.npos;
  });
  auto call = block;
  while (call != lines.end() && (call + 1)->find('}') == std::string::npos)
    ++call;
  if (call == lines.end()) {
    ADD_FAILURE() << "the source masks no PARTIAL tiles";
    return {0};
  }
  if (call->find("clip_") != std::string::npos) {
    std::uint64_t count = 0;
    for (const emulator::InstructionCount &instruction : counters.instructions)
      if (instruction.opcode.starts_with("vote") &&
          instruction.inlinedLine == std::uint32_t(call - lines.begin() + 1))
        count = std::max(count, instruction.warps);
    return {count};
  }
  std::size_t name = call->find("= ") + 2;
  auto [first, last] =
      functionLines(lines, call->substr(name, call->find('(') - name) + "_element");
  std::vector<std::uint64_t> counts;
  for (std::uint32_t line = first; line <= last; ++line)
    counts.push_back(counters.warpsAtLine(line));
  return counts;
}

struct Measured {
  std::uint64_t products = 0;
  std::vector<std::uint64_t> predicate;
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

/// Masks whose closed form is exact.
const Mask closedMasks[] = {
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

/// Masks that only a plan is sure to visit exactly; the names are those of the gallery.
const Mask plannedMasks[] = {
    {"longformer",
     ", %reach: i32, %tokens: i32",
     "",
     "    %near = attn.sliding_window %i, %j left %reach right %reach\n"
     "    %key = attn.prefix %j, %tokens\n    %query = attn.prefix %i, %tokens\n"
     "    %keep = attn.or %near, %key, %query\n",
     {40, 70},
     [](auto i, auto j, auto, auto) { return std::abs(i - j) <= 40 || j < 70 || i < 70; },
     nullptr,
     true},
    {"strided",
     "",
     "",
     "    %past = attn.causal %i, %j\n    %stride = arith.constant 128 : i32\n"
     "    %left = arith.constant 30 : i32\n    %near = attn.sliding_window %i, %j left %left\n"
     "    %comb = attn.dilated %i, %j step %stride\n    %either = attn.or %near, %comb\n"
     "    %keep = attn.and %past, %either\n",
     {},
     [](auto i, auto j, auto, auto) { return j <= i && (i - j <= 30 || (i - j) % 128 == 0); },
     nullptr,
     true},
    {"strided_fixed",
     "",
     "",
     "    %past = attn.causal %i, %j\n    %stride = arith.constant 128 : i32\n"
     "    %summary = arith.constant 112 : i32\n    %is = arith.divsi %i, %stride : i32\n"
     "    %js = arith.divsi %j, %stride : i32\n    %same = arith.cmpi eq, %is, %js : i32\n"
     "    %place = arith.remsi %j, %stride : i32\n"
     "    %last = arith.cmpi sge, %place, %summary : i32\n"
     "    %either = attn.or %same, %last\n    %keep = attn.and %past, %either\n",
     {},
     [](auto i, auto j, auto, auto) { return j <= i && (i / 128 == j / 128 || j % 128 >= 112); },
     nullptr,
     true},
    {"star_phase1",
     ", %context: i32, %anchor: i32",
     "",
     "    %past = attn.causal %i, %j\n    %size = arith.constant 128 : i32\n"
     "    %is = arith.divsi %i, %size : i32\n    %js = arith.divsi %j, %size : i32\n"
     "    %own = arith.cmpi eq, %is, %js : i32\n    %anchored = attn.prefix %j, %anchor\n"
     "    %question = arith.cmpi sge, %i, %context : i32\n"
     "    %known = attn.or %own, %anchored, %question\n    %keep = attn.and %past, %known\n",
     {400, 40},
     [](auto i, auto j, auto, auto) {
       return j <= i && (i / 128 == j / 128 || j < 40 || i >= 400);
     },
     nullptr,
     true},
    {"block_diffusion",
     ", %length: i32",
     "",
     "    %size = arith.constant 32 : i32\n    %in = attn.prefix %i, %length\n"
     "    %jn = attn.prefix %j, %length\n    %ic = arith.subi %i, %length : i32\n"
     "    %jc = arith.subi %j, %length : i32\n    %ip = arith.select %in, %i, %ic : i32\n"
     "    %jp = arith.select %jn, %j, %jc : i32\n    %ib = arith.divsi %ip, %size : i32\n"
     "    %jb = arith.divsi %jp, %size : i32\n    %same = arith.cmpi eq, %ib, %jb : i32\n"
     "    %earlier = arith.cmpi slt, %jb, %ib : i32\n    %kind = arith.cmpi eq, %in, %jn : i1\n"
     "    %own = attn.and %same, %kind\n    %clean = attn.not %jn\n"
     "    %context = attn.and %earlier, %clean\n    %keep = attn.or %own, %context\n",
     {256},
     [](auto i, auto j, auto, auto) {
       bool noisedI = i < 256, noisedJ = j < 256;
       auto blockI = (noisedI ? i : i - 256) / 32, blockJ = (noisedJ ? j : j - 256) / 32;
       return (blockI == blockJ && noisedI == noisedJ) || (blockJ < blockI && !noisedJ);
     },
     nullptr,
     true},
    {"packed_documents",
     ", %ids: tensor<?xi32>",
     "",
     "    %past = attn.causal %i, %j\n    %own = attn.document %i, %j in %ids[] : tensor<?xi32>\n"
     "    %keep = attn.and %past, %own\n",
     {},
     [](auto i, auto j, auto, auto) { return j <= i && i / 90 == j / 90; },
     [](std::int64_t i) { return std::int32_t(i / 90); }},
    {"shared_question",
     ", %ids: tensor<?xi32>",
     "",
     "    %past = attn.causal %i, %j\n    %id = attn.load %ids[%j] : tensor<?xi32>\n"
     "    %zero = arith.constant 0 : i32\n    %prompt = arith.cmpi eq, %id, %zero : i32\n"
     "    %own = attn.document %i, %j in %ids[] : tensor<?xi32>\n"
     "    %known = attn.or %prompt, %own\n    %keep = attn.and %past, %known\n",
     {},
     [](auto i, auto j, auto, auto) {
       return j <= i && (j < 100 || (i >= 100 && (i - 100) / 90 == (j - 100) / 90));
     },
     [](std::int64_t i) { return std::int32_t(i < 100 ? 0 : 1 + (i - 100) / 90); }},
    {"key_lifetime",
     ", %left: i32, %ends: tensor<?xi32>",
     "",
     "    %past = attn.causal %i, %j\n    %end = attn.load %ends[%j] : tensor<?xi32>\n"
     "    %alive = arith.cmpi slt, %i, %end : i32\n"
     "    %near = attn.sliding_window %i, %j left %left\n"
     "    %kept = attn.or %alive, %near\n    %keep = attn.and %past, %kept\n",
     {20},
     [](auto i, auto j, auto, auto) {
       return j <= i && (i < j + (j / 64 % 2 ? 1 : 200) || i - j <= 20);
     },
     [](std::int64_t j) { return std::int32_t(j + (j / 64 % 2 ? 1 : 200)); }},
    {"hash_buckets",
     ", %ids: tensor<?xi32>",
     "",
     "    %keep = attn.document %i, %j in %ids[] : tensor<?xi32>\n",
     {},
     [](auto i, auto j, auto, auto) { return i / 100 == j / 100; },
     [](std::int64_t i) { return std::int32_t(i / 100); }},
    {"labels_out_of_order",
     ", %ids: tensor<?xi32>",
     "",
     "    %past = attn.causal %i, %j\n    %own = attn.document %i, %j in %ids[] : tensor<?xi32>\n"
     "    %keep = attn.and %past, %own\n",
     {},
     [](auto i, auto j, auto, auto) { return j <= i && i / 64 % 3 == j / 64 % 3; },
     [](std::int64_t i) { return std::int32_t(i / 64 % 3); }},
};

constexpr std::pair<std::int64_t, std::int64_t> lengths[] = {{64, 64},   {300, 300}, {127, 449},
                                                             {449, 127}, {256, 512}, {1, 500}};

/// A kernel's run and the PARTIAL tiles that there are.
struct Run {
  std::uint64_t partial;
  std::vector<std::uint64_t> predicate;
};

/// Whether a line of the predicate is executed as often in each PARTIAL tile, and
/// never for any other.
bool isOncePerPartialTile(const std::vector<Run> &runs, std::size_t line) {
  std::uint64_t perTile = 0;
  for (const Run &run : runs) {
    std::uint64_t count = run.predicate[line];
    if (!run.partial && count)
      return false;
    if (run.partial && !perTile)
      perTile = count / run.partial;
    if (count != run.partial * perTile)
      return false;
  }
  return perTile > 0;
}

/// Counts what a kernel of that mode visits, for every pair of lengths.
void expectExactVisits(const Mask &mask, const char *mode, const Family &family = mmaFamily) {
  CompileOptions options;
  options.target = family.target;
  options.useCache = false;
  options.mode = mode;
  Result<Executable> executable = compile(specOf(mask, family), options);
  ASSERT_TRUE(executable) << executable.status().message();
  std::vector<Run> runs;
  for (auto [queries, keys] : lengths) {
    TileCounts expected = expectedCounts(mask, family, queries, keys);
    Measured measured = measure(*executable, mask, family, queries, keys);
    const std::uint64_t rowsOfTiles = (queries + family.rows - 1) / family.rows;
    EXPECT_EQ(measured.products,
              expected.visited * family.perTile + rowsOfTiles * family.perRowOfTiles)
        << queries << " x " << keys;
    runs.push_back({std::uint64_t(expected.partial), std::move(measured.predicate)});
  }
  bool found = mask.branches;
  for (std::size_t line = 0; line < runs[0].predicate.size(); ++line)
    found |= isOncePerPartialTile(runs, line);
  EXPECT_TRUE(found) << "no line of the predicate runs in PARTIAL tiles and in no others";
  for (const Run &run : runs)
    EXPECT_EQ(*std::max_element(run.predicate.begin(), run.predicate.end()) > 0, run.partial > 0);
}

class ClosedVisits : public testing::TestWithParam<Mask> {};
class PlannedVisits : public testing::TestWithParam<Mask> {};

std::string nameOf(const testing::TestParamInfo<Mask> &info) { return info.param.name; }
} // namespace

TEST_P(ClosedVisits, AreExact) { expectExactVisits(GetParam(), "closed"); }

TEST_P(ClosedVisits, AreExactWithWarpRoles) {
  expectExactVisits(GetParam(), "closed", wgmmaFamily);
}

TEST_P(PlannedVisits, AreExact) { expectExactVisits(GetParam(), "planned"); }

TEST_P(PlannedVisits, AreExactWithWarpRoles) {
  expectExactVisits(GetParam(), "planned", wgmmaFamily);
}

INSTANTIATE_TEST_SUITE_P(Masks, ClosedVisits, testing::ValuesIn(closedMasks), nameOf);
INSTANTIATE_TEST_SUITE_P(Closed, PlannedVisits, testing::ValuesIn(closedMasks), nameOf);
INSTANTIATE_TEST_SUITE_P(Masks, PlannedVisits, testing::ValuesIn(plannedMasks), nameOf);
