//===- VisiblePairs.cpp - What the mask of a configuration leaves -----------===//
//
// The classifier counts masks tile by tile. Masks of rows that are compacted or sorted
// on the device read an order that is not there yet; theirs follow from the labels that
// the order is made of, row by row.
//
//===----------------------------------------------------------------------===//
#include "tools/lacuna-bench/VisiblePairs.h"

#include "lib/Compiler/SpecMask.h"
#include "lib/Mask/Density.h"
#include "tools/lacuna-run/Inputs.h"

#include "llvm/ADT/DenseMap.h"

using namespace lacuna;

/// By the classifier of the mask.
static Result<std::int64_t> countByTiles(const PreparedProgram &forward,
                                         const Configuration &configuration) {
  Result<SpecMask> derived = deriveMask(forward.text, configuration.kernel.spec + ".mlir", "", 0);
  if (!derived)
    return derived.status();
  std::vector<Value> arguments;
  for (const HostArray &array : forward.arguments) {
    const bool isTensor = !array.shape.empty();
    arguments.push_back(valueOf(array, isTensor));
    if (isTensor && array.bytes.empty())
      arguments.back().tensor.address = 0;
  }
  std::deque<BlockTable> expanded;
  Result<mask::BoxClassifier> classifier = derived->bind(arguments, expanded);
  if (!classifier)
    return classifier.status();
  const mask::PlanOptions options;
  const mask::MaskPlan plan = mask::planMask(*classifier, options);
  const mask::ElementCount count = mask::countElements(*classifier, plan, options);
  if (count.undecided)
    return Status(StatusKind::Unsupported,
                  configuration.kernel.spec + ": the classifier cannot count the visible pairs");
  // Batches and heads that share a mask were counted once.
  const CaseShape &shape = configuration.shape;
  return count.visible * (shape.batch / plan.rows.batches()) *
         (shape.queryHeads / plan.rows.heads());
}

using Labels = std::vector<std::int64_t>;

/// Of the rows of one head, the n-th of all batches.
static Labels labelsOf(const HostArray &array, std::int64_t head) {
  Labels labels(array.shape.back());
  for (std::size_t row = 0; row < labels.size(); ++row)
    labels[row] = std::int64_t(elementOf(array, head * array.shape.back() + std::int64_t(row)));
  return labels;
}

/// Keys that are kept up to each query that is kept.
static std::int64_t countKept(const Labels &queries, const Labels &keys) {
  std::int64_t pairs = 0, kept = 0;
  for (std::size_t row = 0; row < queries.size(); ++row) {
    kept += row < keys.size() ? keys[row] : 0;
    pairs += queries[row] * kept;
  }
  return pairs;
}

/// Keys of its bucket before each query.
static std::int64_t countBefore(const Labels &queries, const Labels &keys) {
  std::int64_t pairs = 0;
  llvm::DenseMap<std::int64_t, std::int64_t> before;
  for (std::size_t row = 0; row < queries.size(); ++row) {
    pairs += before.lookup(queries[row]);
    if (row < keys.size())
      ++before[keys[row]];
  }
  return pairs;
}

Result<std::int64_t> lacuna::countVisible(const PreparedProgram &forward,
                                          const Configuration &configuration) {
  const std::string &spec = configuration.kernel.spec;
  const bool drops = spec == "scfa/qk_sparse", hashes = spec == "scfa/hash_sparse";
  if (!drops && !hashes)
    return countByTiles(forward, configuration);
  const CaseShape &shape = configuration.shape;
  const std::int64_t group = shape.queryHeads / shape.keyHeads;
  std::int64_t pairs = 0;
  for (std::int64_t head = 0; head < shape.batch * shape.queryHeads; ++head) {
    const Labels queries = labelsOf(forward.arguments[3], head);
    const Labels keys = labelsOf(forward.arguments[4], head / group);
    pairs += drops ? countKept(queries, keys) : countBefore(queries, keys);
  }
  return pairs;
}
