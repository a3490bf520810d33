//===- MutatedMetadataTest.cpp - Wrong tables never give plausible results --===//
//
// Tables of masks of the gallery, each wrong in one way: too short along one of
// its axes, or with numbers that name what is not there. The reference has to
// refuse; on the emulator the run has to report an error, and rows that read the
// wrong place have to be NaN, output and log-sum-exp.
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

using namespace lacuna;

namespace {
struct Mutant {
  std::string name;
  std::string spec; ///< of the gallery
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

static bool hasNan(const HostArray &array) {
  for (std::int64_t n = 0; n < elementCount(array.shape); ++n)
    if (std::isnan(elementOf(array, n)))
      return true;
  return false;
}

TEST_P(MutatedMetadata, IsReported) {
  if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
    GTEST_SKIP() << found.status().message();
  const Mutant &mutant = GetParam();
  Result<std::string> text = readFile(LACUNA_SPECS "/" + mutant.spec + ".mlir");
  ASSERT_TRUE(text) << text.status().message();
  Result<ReferenceSpec> spec = ReferenceSpec::parse(*text, "mutant.mlir");
  ASSERT_TRUE(spec) << spec.status().message();

  std::vector<std::string> texts = {sequence(mutant.batches, mutant.heads, mutant.queries, 1),
                                    sequence(mutant.batches, mutant.heads, mutant.keys, 2),
                                    sequence(mutant.batches, mutant.heads, mutant.keys, 3)};
  texts.insert(texts.end(), mutant.tables.begin(), mutant.tables.end());
  ASSERT_EQ(texts.size(), spec->arguments().size());
  std::vector<HostArray> inputs;
  std::vector<Value> values;
  for (std::size_t n = 0; n < texts.size(); ++n) {
    Result<HostArray> input = makeInput(texts[n], spec->arguments()[n]);
    ASSERT_TRUE(input) << input.status().message();
    inputs.push_back(std::move(*input));
  }
  for (std::size_t n = 0; n < inputs.size(); ++n)
    values.push_back(valueOf(inputs[n], spec->arguments()[n].isTensor));
  EXPECT_FALSE(spec->run(values)) << "the reference takes it";

  CompileOptions options;
  options.target = "sm_80";
  Result<Executable> executable = compile(*text, options);
  ASSERT_TRUE(executable) << executable.status().message();
  Result<std::unique_ptr<Device>> device = openDevice("emulator");
  ASSERT_TRUE(device) << device.status().message();
  Result<DeviceRun> run = DeviceRun::create(*executable, **device, inputs);
  ASSERT_TRUE(run) << run.status().message();
  ASSERT_TRUE(run->launch().isOk());
  Status status = run->wait();
  EXPECT_NE(status.message().find("out of range"), std::string::npos) << status.message();
  Result<std::vector<HostArray>> results = run->results();
  ASSERT_TRUE(results) << results.status().message();
  for (const HostArray &result : *results)
    EXPECT_TRUE(hasNan(result));
}

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
    {"diagonals_end_early", "vertical_slash", 1, 1, 80, 80, {"1x80xi1=1", "1x79xi1=1"}},
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
    {"chosen_blocks_lack_a_batch", "vsa_topk", 2, 1, 80, 80, {"1x1x2x2xi1=1"}},
};

INSTANTIATE_TEST_SUITE_P(Gallery, MutatedMetadata, testing::ValuesIn(mutants),
                         [](const auto &info) { return info.param.name; });
