//===- PlanBench.cpp - Planning a mask on the host ---------------------------===//
//
// Causal attention over up to a million tokens, in documents of 500 or so, tile by
// tile, with the classifier that the compiler derives from the gallery's spec. The time
// is from labels in memory to run lists: summaries of the labels included.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/SpecMask.h"
#include "lib/Mask/Planner.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-bench/Bench.h"

#include <random>

using namespace lacuna;

static constexpr std::int64_t tokensOfDocument = 524;

/// Labels that count documents of random lengths.
static std::vector<std::int32_t> documentLabels(std::int64_t tokens, int documents) {
  std::mt19937 random(5);
  std::vector<std::int32_t> labels(std::size_t(tokens), 0);
  for (int n = 1; n < documents; ++n)
    labels[random() % std::uint32_t(tokens)] = 1;
  for (std::size_t n = 1; n < labels.size(); ++n)
    labels[n] += labels[n - 1];
  return labels;
}

/// Plans a mask over so many tokens. Limits are for a million: 15 ms is the aim on a
/// quiet machine; a busy one must not exceed twice that.
static Status benchTokens(const BenchOptions &options, const SpecMask &derived, std::int64_t tokens,
                          Table &table) {
  const std::vector<std::int32_t> labels = documentLabels(tokens, int(tokens / tokensOfDocument));
  const TensorRef sequence = TensorRef::contiguous(0, DType::BF16, {1, 1, tokens, 128});
  const TensorRef ids = TensorRef::contiguous(reinterpret_cast<DeviceAddress>(labels.data()),
                                              DType::I32, {1, tokens});
  mask::MaskPlan plan;
  std::vector<double> summaries, rows, transposed;
  for (int i = 0; i < options.repeats; ++i) {
    Timer timer;
    std::deque<BlockTable> expanded; // none here
    Result<mask::BoxClassifier> classifier =
        derived.bind({sequence, sequence, sequence, ids}, expanded);
    if (!classifier)
      return classifier.status();
    summaries.push_back(timer.cpuMilliseconds());
    mask::PlanOptions planOptions;
    plan = mask::planMask(*classifier, planOptions);
    rows.push_back(timer.cpuMilliseconds());
    planOptions.transposed = true;
    Timer both;
    mask::planMask(*classifier, planOptions);
    transposed.push_back(both.cpuMilliseconds());
  }
  const bool isLimited = tokens == 1 << 20;
  auto limit = [&](double value) { return isLimited ? std::optional(value) : std::nullopt; };
  const std::string what = "causal documents, " + std::to_string(tokens) + " tokens: ";
  table.add({"plan", what + "summaries, CPU", least(summaries), "ms", {}});
  table.add({"plan", what + "summaries and lists, CPU", least(rows), "ms", limit(30.0)});
  table.add({"plan", what + "lists and their transpose, CPU", least(transposed), "ms", {}});
  table.add({"plan", what + "memory", double(plan.bytes) * 1e-6, "MB", limit(16.0)});
  table.add({"plan", what + "boxes classified", double(plan.boxes), "", {}});
  return Status();
}

Status lacuna::benchPlan(const BenchOptions &options, Table &table) {
  const std::string path = options.sourceRoot + "/kernels/specs/packed_documents.mlir";
  Result<std::string> spec = readFile(path);
  if (!spec)
    return spec.status();
  Timer derivation;
  Result<SpecMask> derived = deriveMask(*spec, path, "", 0);
  if (!derived)
    return derived.status();
  table.add({"plan", "classifier of packed documents from its text, CPU",
             derivation.cpuMilliseconds(), "ms", 15.0});
  for (std::int64_t tokens : {1 << 15, 1 << 17, 1 << 20})
    if (Status status = benchTokens(options, *derived, tokens, table); !status.isOk())
      return status;
  return Status();
}
