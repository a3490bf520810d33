#include "test/unit/Emulator/Attention.h"

#include "lib/Support/HalfBits.h"

#include <cmath>
#include <random>

using namespace lacuna;
using namespace lacuna::test;

AttentionProblem::AttentionProblem(int length, int headDim, int heads, int blockSize, bool causal,
                                   double density)
    : length(length), headDim(headDim), heads(heads), blockRows(length / blockSize),
      blockColumns(length / blockSize), causal(causal) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (auto *tensor : {&q, &k, &v})
    for (std::size_t i = 0; i < elements(); ++i)
      tensor->push_back(bf16FromFloat(normal(random)));
  rowStart.push_back(0);
  for (int i = 0; i < blockRows; ++i) {
    for (int j = 0; j < blockColumns; ++j)
      if ((!causal || j <= i) && (i == j || random() % 1000 < density * 1000))
        columns.push_back(j);
    rowStart.push_back(static_cast<int>(columns.size()));
  }
  scaleLog2 = 1.4426950408889634f / std::sqrt(static_cast<float>(headDim));
}

AttentionError lacuna::test::compareWithReference(const AttentionProblem &p,
                                                  const std::vector<std::uint16_t> &output,
                                                  const std::vector<float> &lse) {
  const int block = p.length / p.blockRows;
  double squaredError = 0, squared = 0, lseError = 0;
  auto at = [&](const std::vector<std::uint16_t> &tensor, int h, int i, int d) {
    return double(floatFromBf16(tensor[(std::size_t(h) * p.length + i) * p.headDim + d]));
  };
  for (int h = 0; h < p.heads; ++h)
    for (int i = 0; i < p.length; ++i) {
      std::vector<int> keys;
      std::vector<double> scores;
      double most = -INFINITY;
      for (int b = p.rowStart[i / block]; b < p.rowStart[i / block + 1]; ++b)
        for (int j = p.columns[b] * block; j < (p.columns[b] + 1) * block; ++j) {
          if (p.causal && j > i)
            continue;
          double score = 0;
          for (int d = 0; d < p.headDim; ++d)
            score += at(p.q, h, i, d) * at(p.k, h, j, d);
          score /= std::sqrt(double(p.headDim));
          most = std::max(most, score);
          keys.push_back(j);
          scores.push_back(score);
        }
      double sum = 0;
      std::vector<double> expected(p.headDim, 0.0);
      for (std::size_t n = 0; n < keys.size(); ++n) {
        double weight = std::exp(scores[n] - most);
        sum += weight;
        for (int d = 0; d < p.headDim; ++d)
          expected[d] += weight * at(p.v, h, keys[n], d);
      }
      for (int d = 0; d < p.headDim; ++d) {
        double error = at(output, h, i, d) - expected[d] / sum;
        squaredError += error == error ? error * error : 1e9;
        squared += expected[d] / sum * expected[d] / sum;
      }
      double reference = (most + std::log(sum)) * 1.4426950408889634;
      double error = std::fabs(lse[std::size_t(h) * p.length + i] - reference);
      lseError = error <= lseError ? lseError : error;
    }
  return {std::sqrt(squaredError / squared), lseError};
}

std::string lacuna::test::mmaKernelPtx(int headDim) {
  return compilePtx("#define HD " + std::to_string(headDim) + "\n" + inputFile("fa_mma.cu"));
}

AttentionRun lacuna::test::runMmaKernel(Machine &machine, const AttentionProblem &p,
                                        const std::string &ptx) {
  std::unique_ptr<LoadedKernel> kernel = machine.load(ptx, "fa_mma");
  if (!kernel)
    return {"not loaded", {}, {}};
  EmulatorDevice &device = *machine.device;
  DeviceAddress q = machine.upload(p.q, "Q"), k = machine.upload(p.k, "K"),
                v = machine.upload(p.v, "V"), o = machine.fresh<std::uint16_t>(p.elements(), "O"),
                lse = machine.fresh<float>(std::size_t(p.heads) * p.length, "LSE"),
                rows = machine.upload(p.rowStart, "rowptr"),
                columns = machine.upload(p.columns, "colidx");
  const int block = 64;
  LaunchShape shape;
  shape.grid = {static_cast<std::uint32_t>(p.blockRows), static_cast<std::uint32_t>(p.heads), 1};
  shape.block = {2 * block, 1, 1};
  shape.sharedBytes = static_cast<std::uint32_t>((block + 4 * block) * p.headDim * 2);
  Arguments arguments(q, k, v, o, lse, rows, columns, p.length, p.scaleLog2, int(p.causal));
  AttentionRun run;
  run.message = device.launch(*kernel, shape, arguments.view(), {}).message();
  run.output = machine.download<std::uint16_t>(o, p.elements());
  run.lse = machine.download<float>(lse, std::size_t(p.heads) * p.length);
  for (DeviceAddress address : {q, k, v, o, lse, rows, columns})
    EXPECT_TRUE(device.release(address).isOk());
  return run;
}
