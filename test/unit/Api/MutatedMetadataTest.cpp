//===- MutatedMetadataTest.cpp - Wrong tables never give plausible results --===//
//
// Tables of masks of the gallery, lists of blocks and offsets of ragged batches, each
// wrong in one way: too short along one of its axes, or with numbers that name what is
// not there. The reference has to refuse; on the emulator the run has to report an
// error, and rows that read the wrong place have to be NaN, output and log-sum-exp: all
// rows, where a list of blocks or offsets are wrong, or a plan has too little room.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Reference.h"
#include "lacuna/Runtime.h"
#include "lib/Runtime/Nvrtc.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-run/DeviceRun.h"
#include "tools/lacuna-run/Inputs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>

using namespace lacuna;

namespace {
struct Mutant {
  std::string name;
  std::string spec; ///< name in the gallery, or text
  int batches, heads, queries, keys;
  std::vector<std::string> tables; ///< inputs besides queries, keys and values
};

void PrintTo(const Mutant &mutant, std::ostream *out) { *out << mutant.name; }

class MutatedMetadata : public testing::TestWithParam<Mutant> {};
} // namespace

static std::string sequence(int batches, int heads, int rows, int seed) {
  return std::to_string(batches) + "x" + std::to_string(heads) + "x" + std::to_string(rows) +
         "x128xbf16=random:" + std::to_string(seed);
}

static std::int64_t countNans(const HostArray &array) {
  std::int64_t count = 0;
  for (std::int64_t n = 0; n < elementCount(array.shape); ++n)
    count += std::isnan(elementOf(array, n));
  return count;
}

namespace {
/// A spec with its inputs.
struct Execution {
  std::optional<ReferenceSpec> spec;
  std::vector<HostArray> inputs;
  Status status;                  ///< of the launch or of the device
  bool launched = false;          ///< else the host has refused
  std::vector<HostArray> results; ///< if launched
};
} // namespace

namespace {
/// What a spec is compiled to.
struct Build {
  std::string mode, target = "sm_80";
  auto operator<=>(const Build &) const = default;
};
} // namespace

/// Compiles each text once for each build.
static const Executable &compiled(const std::string &text, const Build &build) {
  static std::map<std::pair<std::string, Build>, Executable> known;
  auto place = known.find({text, build});
  if (place == known.end()) {
    CompileOptions options;
    options.target = build.target;
    options.mode = build.mode;
    Result<Executable> executable = compile(text, options);
    EXPECT_TRUE(executable) << executable.status().message();
    place = known.emplace(std::pair(text, build), std::move(*executable)).first;
  }
  return place->second;
}

static void execute(Execution &run, const std::string &text, const Build &build,
                    const std::vector<std::string> &inputs) {
  Result<ReferenceSpec> spec = ReferenceSpec::parse(text, "mutant.mlir");
  ASSERT_TRUE(spec) << spec.status().message();
  ASSERT_EQ(inputs.size(), spec->arguments().size());
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    Result<HostArray> input = makeInput(inputs[n], spec->arguments()[n]);
    ASSERT_TRUE(input) << input.status().message();
    run.inputs.push_back(std::move(*input));
  }
  run.spec.emplace(std::move(*spec));
  Result<std::unique_ptr<Device>> device = openDevice("emulator");
  ASSERT_TRUE(device) << device.status().message();
  Result<DeviceRun> onDevice = DeviceRun::create(compiled(text, build), **device, run.inputs);
  run.status = onDevice ? onDevice->launch() : onDevice.status();
  run.launched = run.status.isOk();
  if (!run.launched)
    return;
  run.status = onDevice->wait();
  Result<std::vector<HostArray>> results = onDevice->results();
  ASSERT_TRUE(results) << results.status().message();
  run.results = std::move(*results);
}

TEST_P(MutatedMetadata, IsReported) {
  if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
    GTEST_SKIP() << found.status().message();
  const Mutant &mutant = GetParam();
  bool isText = mutant.spec.find('\n') != std::string::npos;
  Result<std::string> text =
      isText ? mutant.spec : readFile(LACUNA_SPECS "/" + mutant.spec + ".mlir");
  ASSERT_TRUE(text) << text.status().message();
  std::vector<std::string> inputs = {sequence(mutant.batches, mutant.heads, mutant.queries, 1),
                                     sequence(mutant.batches, mutant.heads, mutant.keys, 2),
                                     sequence(mutant.batches, mutant.heads, mutant.keys, 3)};
  inputs.insert(inputs.end(), mutant.tables.begin(), mutant.tables.end());
  for (const Build &build : {Build{"closed"}, Build{"planned"}, Build{"planned", "sm_90a"}}) {
    SCOPED_TRACE(build.mode + " for " + build.target);
    Execution mutated;
    execute(mutated, *text, build, inputs);
    if (HasFatalFailure())
      return;
    std::vector<Value> values;
    for (std::size_t n = 0; n < mutated.inputs.size(); ++n)
      values.push_back(valueOf(mutated.inputs[n], mutated.spec->arguments()[n].isTensor));
    EXPECT_FALSE(mutated.spec->run(values)) << "the reference takes it";
    const std::string message = mutated.status.message();
    if (!mutated.launched) {
      EXPECT_NE(message.find(" of %"), std::string::npos) << message;
      continue;
    }
    auto says = [&](const char *text) { return message.find(text) != std::string::npos; };
    bool areOffsets = says("offsets of %m or %n do not ascend from 0 to the number of rows");
    EXPECT_TRUE(areOffsets || says("out of range")) << message;
    bool isAll = areOffsets || says(": a block of ");
    for (const HostArray &result : mutated.results)
      EXPECT_GE(countNans(result), isAll ? elementCount(result.shape) : 1);
  }
}

/// Blocks of 16 x 16, [heads, rows, columns], as an attn.expand_blocks makes them.
static std::string blockSpec(const std::string &arguments, const std::string &expansion) {
  return "!t = tensor<?x?x?x128xbf16>\n"
         "func.func @blocks(%q: !t, %k: !t, %v: !t, " +
         arguments +
         ", %n: i32) -> (!t, tensor<?x?x?xf32>) {\n"
         "  %blocks = attn.expand_blocks " +
         expansion +
         "\n"
         "  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {\n"
         "    %listed = attn.block_mask %i, %j in %blocks[%h] block 16 x 16 : tensor<?x?x?xi1>\n"
         "    attn.yield %listed : i1\n"
         "  } : !t, !t, !t\n"
         "  return %o, %lse : !t, tensor<?x?x?xf32>\n"
         "}\n";
}
static const std::string padded =
    blockSpec("%list: tensor<?x?x?xi32>", "%list columns %n : tensor<?x?x?xi32>");
static const std::string counted = blockSpec("%list: tensor<?x?x?xi32>, %counts: tensor<?x?xi32>",
                                             "%list counts %counts columns %n : "
                                             "tensor<?x?x?xi32> counts tensor<?x?xi32>");
static const std::string csr = blockSpec("%list: tensor<?x?xi32>, %offsets: tensor<?x?xi32>",
                                         "%list offsets %offsets columns %n : "
                                         "tensor<?x?xi32> offsets tensor<?x?xi32>");
static const std::string bitMap =
    blockSpec("%list: tensor<?x?x?xi32>", "%list bits columns %n : tensor<?x?x?xi32>");

static const std::string ragged = R"(!t = tensor<?x?x?x128xbf16>
!n = tensor<?xi32>
func.func @ragged(%q: !t, %k: !t, %v: !t, %m: !n, %n: !n) -> (!t, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q ragged %m, %k, %v ragged %n where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t ragged !n, !t, !t ragged !n
  return %o, %lse : !t, tensor<?x?x?xf32>
})";

static const Mutant mutants[] = {
    {"ids_end_early", "packed_documents", 1, 1, 80, 80, {"1x79xi32=steps:20"}},
    {"ids_lack_a_batch", "packed_documents", 2, 1, 80, 80, {"1x80xi32=steps:20"}},
    {"no_ids", "packed_documents", 1, 1, 80, 80, {"1x0xi32=0"}},
    {"answers_end_early", "shared_question", 1, 1, 80, 80, {"1x70xi32=steps:20"}},
    {"answers_lack_a_batch", "shared_question", 2, 1, 80, 80, {"1x80xi32=steps:20"}},
    {"restarted_ids_end_early",
     "causal_documents",
     1,
     1,
     80,
     80,
     {"1x80xi32=steps:1", "1x80xi32=steps:1", "1x64xi32=steps:20"}},
    {"query_buckets_end_early",
     "hash_buckets",
     1,
     1,
     80,
     80,
     {"1x1x80xi32=steps:1", "1x1x80xi32=steps:1", "1x1x79xi32=0", "1x1x80xi32=0"}},
    {"key_buckets_end_early",
     "hash_buckets",
     1,
     1,
     80,
     80,
     {"1x1x80xi32=steps:1", "1x1x80xi32=steps:1", "1x1x80xi32=0", "1x1x79xi32=0"}},
    {"buckets_lack_a_head",
     "hash_buckets",
     1,
     2,
     80,
     80,
     {"1x2x80xi32=steps:1", "1x2x80xi32=steps:1", "1x1x80xi32=0", "1x2x80xi32=0"}},
    {"tree_lacks_a_row", "tree", 1, 1, 20, 80, {"60", "1x19x20xi1=ancestors:1"}},
    {"tree_lacks_a_column", "tree", 1, 1, 20, 80, {"60", "1x20x19xi1=ancestors:1"}},
    {"tree_lacks_a_batch", "tree", 2, 1, 20, 80, {"60", "1x20x20xi1=ancestors:1"}},
    {"tree_without_its_prefix", "tree", 1, 1, 20, 80, {"50", "1x20x20xi1=ancestors:1"}},
    {"tree_before_the_keys", "tree", 1, 1, 20, 20, {"-1", "1x20x20xi1=ancestors:1"}},
    {"columns_end_early", "vertical_slash", 1, 1, 80, 80, {"1x79xi1=1", "1x80xi1=1"}},
    {"diagonals_end_early", "vertical_slash", 1, 1, 80, 80, {"1x80xi1=0", "1x79xi1=1"}},
    {"columns_lack_a_head", "vertical_slash", 1, 2, 80, 80, {"1x80xi1=1", "2x80xi1=1"}},
    {"diagonals_lack_a_head", "vertical_slash", 1, 2, 80, 80, {"2x80xi1=1", "1x80xi1=1"}},
    {"lifetimes_end_early", "key_lifetime", 1, 1, 80, 80, {"8", "1x1x79xi32=80"}},
    {"lifetimes_lack_a_head", "key_lifetime", 1, 2, 80, 80, {"8", "1x1x80xi32=80"}},
    {"lifetimes_lack_a_batch", "key_lifetime", 2, 1, 80, 80, {"8", "1x1x80xi32=80"}},
    {"intervals_end_early", "column_intervals", 1, 1, 80, 80, {"1x1x79x4xi32=0"}},
    {"intervals_lack_a_batch", "column_intervals", 2, 1, 80, 80, {"1x1x80x4xi32=0"}},
    {"intervals_of_heads_that_do_not_divide", "column_intervals", 1, 5, 80, 80, {"1x3x80x4xi32=0"}},
    {"drawn_blocks_lack_a_row", "bigbird", 1, 1, 80, 80, {"1x1x3xi32=0"}},
    {"drawn_blocks_lack_a_head", "bigbird", 1, 2, 80, 80, {"1x2x3xi32=0"}},
    {"no_drawn_blocks", "bigbird", 1, 1, 80, 80, {"1x0x3xi32=0"}},
    {"blocks_lack_a_row", "block_sparse_flash", 1, 1, 80, 80, {"4x1xi1=1"}},
    {"blocks_lack_a_column", "block_sparse_flash", 1, 1, 300, 300, {"19x1xi1=1"}},
    {"no_blocks", "block_sparse_flash", 1, 1, 80, 80, {"0x0xi1=1"}},
    {"list_names_a_block_too_far", padded, 1, 1, 48, 48, {"1x3x2xi32=[0 1 0 3 0 0]", "3"}},
    {"list_names_a_block_below_zero", padded, 1, 1, 48, 48, {"1x3x2xi32=[0 1 -2 0 0 0]", "3"}},
    {"count_above_places", counted, 1, 1, 48, 48, {"1x3x2xi32=0", "1x3xi32=[2 3 1]", "3"}},
    {"count_below_zero", counted, 1, 1, 48, 48, {"1x3x2xi32=0", "1x3xi32=[2 -1 1]", "3"}},
    {"counted_padding", counted, 1, 1, 48, 48, {"1x3x2xi32=-1", "1x3xi32=[0 0 1]", "3"}},
    {"counted_block_too_far", counted, 1, 1, 48, 48, {"1x3x2xi32=3", "1x3xi32=[0 1 0]", "3"}},
    {"offsets_descend", csr, 1, 1, 48, 48, {"1x4xi32=0", "1x4xi32=[0 3 2 4]", "3"}},
    {"offsets_beyond_entries", csr, 1, 1, 48, 48, {"1x4xi32=0", "1x4xi32=[0 1 2 5]", "3"}},
    {"offsets_below_zero", csr, 1, 1, 48, 48, {"1x4xi32=0", "1x4xi32=[-1 1 2 4]", "3"}},
    {"entry_too_far", csr, 1, 1, 48, 48, {"1x4xi32=[0 1 2 3]", "1x4xi32=[0 1 2 4]", "3"}},
    {"entry_below_zero", csr, 1, 1, 48, 48, {"1x4xi32=[0 1 2 -1]", "1x4xi32=[0 1 2 4]", "3"}},
    {"bit_too_far", bitMap, 1, 1, 48, 48, {"1x3x1xi32=[1 8 1]", "3"}},
    {"words_too_few", bitMap, 1, 1, 48, 48, {"1x3x1xi32=1", "33"}},
    {"words_too_many", bitMap, 1, 1, 48, 48, {"1x3x2xi32=1", "3"}},
    {"list_lacks_a_row", padded, 1, 1, 48, 48, {"1x2x2xi32=0", "3"}},
    {"list_lacks_a_head", padded, 1, 2, 48, 48, {"1x3x2xi32=0", "3"}},
    {"chosen_blocks_lack_a_batch", "vsa_topk", 2, 1, 80, 80, {"1x1x2x2xi32=0"}},
    {"columns_too_few", counted, 1, 1, 48, 48, {"1x3x2xi32=0", "1x3xi32=1", "2"}},
    {"columns_below_zero", counted, 1, 1, 48, 48, {"1x3x2xi32=0", "1x3xi32=0", "-1"}},
    {"offsets_lack_a_row", csr, 1, 1, 48, 48, {"1x4xi32=0", "1x3xi32=[0 2 4]", "3"}},
    {"no_offsets", csr, 1, 1, 48, 48, {"1x4xi32=0", "1x0xi32=0", "3"}},
    {"sequences_descend", ragged, 1, 2, 300, 48, {"4xi32=[0 200 9 300]", "4xi32=[0 9 9 48]"}},
    {"sequence_of_keys_descends", ragged, 1, 1, 80, 48, {"3xi32=[0 9 80]", "3xi32=[0 49 48]"}},
    {"first_sequence_is_late", ragged, 1, 1, 80, 48, {"3xi32=[1 9 80]", "3xi32=[0 9 48]"}},
    {"last_sequence_ends_early", ragged, 1, 1, 80, 48, {"3xi32=[0 9 80]", "3xi32=[0 9 47]"}},
    {"last_sequence_ends_late", ragged, 1, 1, 80, 48, {"3xi32=[0 9 81]", "3xi32=[0 9 48]"}},
    {"sequence_below_zero", ragged, 1, 1, 80, 48, {"3xi32=[0 9 80]", "3xi32=[0 -2147483648 48]"}},
    {"sequences_without_keys", ragged, 1, 1, 80, 48, {"3xi32=[0 9 80]", "2xi32=[0 48]"}},
    {"no_sequences", ragged, 1, 1, 80, 48, {"1xi32=0", "1xi32=0"}},
    {"no_offsets_of_sequences", ragged, 1, 1, 80, 48, {"0xi32=0", "0xi32=0"}},
};

INSTANTIATE_TEST_SUITE_P(Gallery, MutatedMetadata, testing::ValuesIn(mutants),
                         [](const auto &info) { return info.param.name; });

// Lists that are right, but take more runs of tiles than the plan has room for.
TEST(MutatedMetadataOfPlans, OverflowIsReported) {
  if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
    GTEST_SKIP() << found.status().message();
  std::string text = padded;
  text.insert(text.find(" : !t, !t, !t"), " schedule<key_tile = 64, plan_capacity = 1>");
  for (auto [list, overflows] : {std::pair("[0 1]", false), {"[0 9]", true}}) {
    Execution overflown;
    execute(overflown, text, {"planned"},
            {sequence(1, 1, 16, 1), sequence(1, 1, 160, 2), sequence(1, 1, 160, 3),
             "1x1x2xi32=" + std::string(list), "10"});
    if (HasFatalFailure())
      return;
    ASSERT_TRUE(overflown.launched);
    EXPECT_EQ(overflown.status.isOk(), !overflows) << overflown.status.message();
    bool isNamed = overflown.status.message().find("more runs of tiles than it has room for") !=
                   std::string::npos;
    EXPECT_EQ(isNamed, overflows) << overflown.status.message();
    for (const HostArray &result : overflown.results)
      EXPECT_EQ(countNans(result), overflows ? elementCount(result.shape) : 0);
  }
}

// A table is read for elements of PARTIAL tiles. Where all columns are chosen, the
// tile of the one distance that the table of diagonals lacks is FULL without it: that
// is no error, and the result is that of a table that has it.
TEST(TableThatLacksAnElement, DoesNotMatterWhereNothingReadsIt) {
  if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
    GTEST_SKIP() << found.status().message();
  Result<std::string> text = readFile(LACUNA_SPECS "/vertical_slash.mlir");
  ASSERT_TRUE(text) << text.status().message();
  Execution runs[2];
  for (bool isWhole : {false, true}) {
    execute(runs[isWhole], *text, {"planned"},
            {sequence(1, 1, 80, 1), sequence(1, 1, 80, 2), sequence(1, 1, 80, 3), "1x80xi1=1",
             isWhole ? "1x80xi1=1" : "1x79xi1=1"});
    if (HasFatalFailure())
      return;
    EXPECT_TRUE(runs[isWhole].status.isOk()) << runs[isWhole].status.message();
  }
  ASSERT_FALSE(runs[0].results.empty());
  EXPECT_TRUE(runs[0].results == runs[1].results);
}
