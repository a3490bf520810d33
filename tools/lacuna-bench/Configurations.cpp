#include "tools/lacuna-bench/Configurations.h"

#include "lacuna/Gradient.h"
#include "tools/lacuna-bench/VisiblePairs.h"
#include "tools/lacuna-run/Arguments.h"

#include "llvm/ADT/STLExtras.h"

using namespace lacuna;

namespace {

/// Batch, query and key heads, head dim; all bf16.
struct Heads {
  std::int64_t batch, queryHeads, keyHeads, dim;
};

/// Builds the list, a group at a time.
class List {
public:
  explicit List(const BenchOptions &options) : options(options) {}

  void add(int number, const std::string &title, const std::string &spec, Heads heads,
           std::int64_t length, std::vector<std::string> tables = {}) {
    length = scaled(length);
    append({number,
            title + ", " + std::to_string(length),
            {spec, DType::BF16, heads.dim, heads.dim},
            {heads.batch, heads.queryHeads, heads.keyHeads, length, length},
            std::move(tables),
            /*notYet=*/{},
            options.passes,
            options.gradients});
  }
  void notYet(int number, const std::string &title, const std::string &missing) {
    append({number, title, {}, {}, {}, missing});
  }
  /// A length in a table's text, scaled as sequences are.
  std::string length(std::int64_t tokens) const { return std::to_string(scaled(tokens)); }

  std::vector<Configuration> all;

private:
  std::int64_t scaled(std::int64_t tokens) const {
    return std::max<std::int64_t>(1, tokens * options.lengthen / options.shorten);
  }
  void append(Configuration configuration) {
    if ((options.configurations.empty() ||
         llvm::is_contained(options.configurations, configuration.number)) &&
        configuration.title.find(options.matching) != std::string::npos)
      all.push_back(std::move(configuration));
  }

  const BenchOptions &options;
};

} // namespace

static constexpr std::int64_t Ki = 1024;

std::vector<Configuration> lacuna::configurations(const BenchOptions &options) {
  List list(options);
  const Heads grouped = {1, 64, 8, 128};
  list.add(1, "full", "dense", grouped, 16 * Ki);
  for (std::int64_t length : {2 * Ki, 4 * Ki, 8 * Ki, 16 * Ki, 32 * Ki})
    list.add(2, "causal", "causal", grouped, length);
  for (const Heads &heads : {Heads{1, 32, 32, 64}, Heads{1, 8, 8, 256}}) {
    const std::string dim = "D" + std::to_string(heads.dim);
    list.add(3, dim + " causal", "causal", heads, 16 * Ki);
    list.add(3, dim + " full", "dense", heads, 16 * Ki);
  }
  const std::string window = std::to_string(std::stoll(list.length(1024)) - 1);
  list.add(4, "window", "sliding_window", grouped, 32 * Ki, {window});
  list.add(4, "D64 window", "sliding_window", {2, 64, 8, 64}, 32 * Ki, {window});
  list.add(5, "causal documents", "packed_documents", grouped, 32 * Ki,
           {"{batch}x{positions}xi32=documents:5:" + list.length(8 * Ki)});
  const Heads quarter = {1, 32, 8, 128};
  list.add(6, "prefix of a quarter", "prefix_lm", quarter, 16 * Ki, {list.length(4 * Ki)});
  list.add(6, "one prompt, 8 answers", "shared_question", quarter, 16 * Ki,
           {"{batch}x{positions}xi32=steps:" + list.length(16 * Ki / 9 + 1)});
  const Heads single = {1, 16, 16, 128};
  for (int percent : {50, 25, 10})
    list.add(7, "random blocks, " + std::to_string(percent) + " %", "random_blocks", single,
             32 * Ki,
             {"{query_heads}x{queries/128}x{keys/128}xi1=chance:7:0." + std::to_string(percent)});
  list.add(8, "blocks, window, global", "bigbird", single, 32 * Ki,
           {"{query_heads}x{queries/64}x3xi32=full_topk:8:{keys/64}"});
  list.add(8, "window, global", "longformer", single, 32 * Ki, {list.length(512), "16"});
  list.add(9, "64 blocks of 64 a row", "vsa_topk", {1, 7, 7, 128}, 109632,
           {"{batch}x{query_heads}x{queries/64}x64xi32=full_topk:9:{keys/64}"});
  list.notYet(10, "decode, contiguous and paged", "keys split over blocks, and pages");
  const Heads small = {4, 16, 4, 128};
  list.add(11, "ALiBi", "alibi", small, 8 * Ki, {"{query_heads}xf32=random:11:0:1"});
  list.add(11, "softcap", "softcap", small, 8 * Ki, {"20.0"});
  list.add(11, "relative bias", "relative_bias", small, 8 * Ki, {"{query_heads}x65xf32=random:11"});
  list.notYet(12, "fp8", "8-bit floats");
  const Heads seed = {4, 48, 48, 64};
  for (std::int64_t length : {4 * Ki, 8 * Ki, 16 * Ki, 32 * Ki}) {
    list.add(13, "SCFA causal", "causal", seed, length);
    for (int percent : {0, 20, 30, 40, 50, 60, 70, 80}) {
      const std::string kept = ":" + std::to_string((100 - percent) / 100.0);
      list.add(13, "SCFA drop " + std::to_string(percent) + " %", "scfa/qk_sparse", seed, length,
               {"{batch}x{query_heads}x{queries}xi1=chance:13" + kept,
                "{batch}x{key_heads}x{keys}xi1=chance:14" + kept});
    }
    for (int buckets : {2, 4, 8, 16, 32, 64}) {
      const std::string bucket = ":0:" + std::to_string(buckets - 1);
      list.add(14, "SCFA hash, " + std::to_string(buckets) + " buckets", "scfa/hash_sparse", seed,
               length,
               {"{batch}x{query_heads}x{queries}xi32=random:14" + bucket,
                "{batch}x{key_heads}x{keys}xi32=random:15" + bucket});
    }
  }
  return std::move(list.all);
}

Configuration lacuna::denseLike(const Configuration &configuration) {
  Configuration dense = configuration;
  dense.kernel.spec = "dense";
  dense.tables.clear();
  return dense;
}

/// The text of a spec of the gallery, or of one that is here to be measured.
static Result<std::string> readMeasured(const std::string &root, const CaseKernel &kernel) {
  Result<std::string> text = readSpec(root + "/kernels/specs", kernel);
  return text || text.status().kind() != StatusKind::Io
             ? text
             : readSpec(root + "/test/bench/specs", kernel);
}

/// A program with the arguments that `inputs` describe.
static Result<PreparedProgram> prepareProgram(std::string text, const std::string &fileName,
                                              const std::vector<std::string> &inputs) {
  Result<Arguments> arguments =
      parseArguments(text, fileName, /*function=*/"", inputs, TensorInput::ElementsOrShape);
  if (!arguments)
    return arguments.status();
  return PreparedProgram{std::move(text), std::move(arguments->arrays)};
}

Result<PreparedConfiguration> lacuna::prepare(const BenchOptions &options,
                                              const Configuration &configuration) {
  const CaseKernel &kernel = configuration.kernel;
  const CaseShape &shape = configuration.shape;
  const std::string fileName = kernel.spec + ".mlir";
  Result<std::string> text = readMeasured(options.sourceRoot, kernel);
  if (!text)
    return text.status();
  std::vector<std::string> inputs = tokenShapes(kernel, shape);
  for (const std::string &table : configuration.tables) {
    Result<std::string> filled = fillSizes(table, shape);
    if (!filled)
      return filled.status();
    inputs.push_back(std::move(*filled));
  }
  Result<PreparedProgram> forward = prepareProgram(*text, fileName, inputs);
  if (!forward)
    return forward.status();
  Result<std::int64_t> visible = countVisible(*forward, configuration);
  if (!visible)
    return visible.status();
  PreparedConfiguration prepared{{}, *visible};
  if (configuration.passes != Passes::Backward)
    prepared.programs.push_back(std::move(*forward));
  if (configuration.passes != Passes::Forward) {
    Result<std::string> gradient = differentiate(*text, CompileOptions());
    if (!gradient)
      return gradient.status();
    llvm::append_range(inputs, stateShapes(kernel, shape)); // output and lse
    llvm::append_range(inputs, stateShapes(kernel, shape)); // and their gradients
    Result<PreparedProgram> backward = prepareProgram(std::move(*gradient), fileName, inputs);
    if (!backward)
      return backward.status();
    prepared.programs.push_back(std::move(*backward));
  }
  return prepared;
}
