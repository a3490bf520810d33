//===- PlanBench.cpp - Planning a mask on the host ---------------------------===//
//
// Causal attention over a million tokens in about 2,000 documents, tile by tile,
// with the classifier that the compiler derives from the gallery's spec. The time
// is from labels in memory to run lists: summaries of the labels included.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/SpecMask.h"
#include "lib/Mask/Planner.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-bench/Bench.h"

#include <random>

using namespace lacuna;

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

  constexpr std::int64_t tokens = 1 << 20;
  const std::vector<std::int32_t> labels = documentLabels(tokens, 2000);
  const TensorRef sequence = TensorRef::contiguous(0, DType::BF16, {1, 1, tokens, 128});
  const TensorRef ids = TensorRef::contiguous(reinterpret_cast<DeviceAddress>(labels.data()),
                                              DType::I32, {1, tokens});
  mask::MaskPlan plan;
  std::vector<double> summaries, rows, transposed;
  for (int i = 0; i < options.repeats; ++i) {
    Timer timer;
    std::deque<BlockTable> expanded; // none here
    Result<mask::BoxClassifier> classifier =
        derived->bind({sequence, sequence, sequence, ids}, expanded);
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
  // 15 ms is the aim on a quiet machine; a busy one must not exceed twice that.
  const std::string what = "causal documents, 1048576 tokens: ";
  table.add({"plan", what + "summaries, CPU", least(summaries), "ms", {}});
  table.add({"plan", what + "summaries and lists, CPU", least(rows), "ms", 30.0});
  table.add({"plan", what + "lists and their transpose, CPU", least(transposed), "ms", {}});
  table.add({"plan", what + "memory", double(plan.bytes) * 1e-6, "MB", 16.0});
  table.add({"plan", what + "boxes classified", double(plan.boxes), "", {}});
  return Status();
}
