#include "tools/gpu-check/Cases.h"

#include <iterator>

using namespace lacuna;

static constexpr DType dtypes[] = {DType::F16, DType::BF16};
static constexpr std::pair<std::int64_t, std::int64_t> headDims[] = {
    {16, 16}, {40, 40}, {64, 64}, {72, 72}, {96, 96}, {128, 128}, {192, 128}, {256, 256}};
static constexpr std::int64_t lengths[] = {0, 1, 31, 127, 129, 257};
static constexpr std::int64_t headRatios[] = {1, 3, 8};

/// One shape; batches and heads follow from the lengths, so that both occur.
static CaseShape makeShape(std::int64_t queries, std::int64_t keys, std::int64_t ratio) {
  std::int64_t keyHeads = 1 + (queries + keys) % 2;
  return {1 + queries % 2, ratio * keyHeads, keyHeads, queries, keys};
}

std::vector<Case> lacuna::allCases(const std::vector<std::string> &specs) {
  std::vector<CaseShape> shapes;
  for (std::int64_t queries : lengths)
    for (std::int64_t keys : lengths)
      for (std::int64_t ratio : headRatios)
        shapes.push_back(makeShape(queries, keys, ratio));
  std::vector<Case> cases;
  for (const std::string &spec : specs)
    for (DType dtype : dtypes)
      for (auto [queryDim, valueDim] : headDims)
        cases.push_back({{spec, dtype, queryDim, valueDim}, shapes});
  return cases;
}

std::vector<Case> lacuna::coveringCases(const std::vector<std::string> &specs) {
  constexpr std::size_t lengthCount = std::size(lengths);
  std::vector<Case> cases;
  std::size_t turn = 0;
  for (std::size_t spec = 0; spec < specs.size(); ++spec)
    for (std::size_t dim = spec % 2; dim < std::size(headDims); dim += 2) {
      Case next{
          {specs[spec], dtypes[(spec + dim) / 2 % 2], headDims[dim].first, headDims[dim].second},
          {}};
      // Strides that share no factor walk through all pairs of lengths and ratios.
      for (int i = 0; i < 3; ++i, ++turn)
        next.shapes.push_back(makeShape(lengths[turn % lengthCount],
                                        lengths[(turn / lengthCount + turn) % lengthCount],
                                        headRatios[(turn / 2) % std::size(headRatios)]));
      cases.push_back(std::move(next));
    }
  return cases;
}
