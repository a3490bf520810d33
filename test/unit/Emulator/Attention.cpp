#include "test/unit/Emulator/Attention.h"

#include "lib/Support/HalfBits.h"

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

using namespace lacuna;
using namespace lacuna::emulator;

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

AttentionError lacuna::emulator::compareWithReference(const AttentionProblem &p,
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

/// Text of a file in test/Emulator/Inputs.
static std::string inputFile(const std::string &name) {
  std::ifstream file(std::string(LACUNA_TEST_INPUTS) + "/" + name);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

KernelImage lacuna::emulator::mmaKernel(int headDim) {
  return compileKernel("#define HD " + std::to_string(headDim) + "\n" + inputFile("fa_mma.cu"),
                       "fa_mma");
}

KernelImage lacuna::emulator::hopperKernel() {
  return compileKernel(inputFile("fa_hopper_d.cu"), "fa_hopper");
}

/// Boxes of `rows` x 64 elements of a tensor of the problem.
static TensorMapSpec boxesOf(DeviceAddress base, const AttentionProblem &p, u32 rows) {
  TensorMapSpec spec;
  spec.base = base;
  spec.rank = 3;
  spec.dims = {u64(p.headDim), u64(p.length), u64(p.heads)};
  spec.strides = {u64(p.headDim) * 2, u64(p.length) * p.headDim * 2};
  spec.box = {64, rows, 1};
  spec.swizzle = Swizzle::Bytes128;
  return spec;
}

AttentionRun lacuna::emulator::runAttention(KernelRunner &runner, const AttentionProblem &p,
                                            const KernelImage &image) {
  const bool hopper = image.name == "fa_hopper";
  DeviceAddress q = runner.put(p.q, "Q"), k = runner.put(p.k, "K"), v = runner.put(p.v, "V"),
                o = runner.allocate(p.elements() * sizeof(u16), "O"),
                lse = runner.allocate(std::size_t(p.heads) * p.length * sizeof(f32), "LSE"),
                rows = runner.put(p.rowStart, "rowptr"), columns = runner.put(p.columns, "colidx");
  LaunchShape shape;
  shape.grid = {u32(p.blockRows), u32(p.heads), 1};
  shape.block = {hopper ? 384u : 128u, 1, 1};
  shape.sharedBytes = hopper ? 5 * 32768 : (64 + 4 * 64) * u32(p.headDim) * 2;
  Arguments arguments;
  if (hopper)
    for (auto [tensor, boxRows] : {std::pair(q, 128u), {k, 128u}, {v, 128u}, {o, 64u}})
      arguments.append(runner.tensorMap(boxesOf(tensor, p, boxRows)));
  else
    arguments = Arguments(q, k, v, o);
  arguments.append(lse), arguments.append(rows), arguments.append(columns);
  arguments.append(p.length), arguments.append(p.scaleLog2), arguments.append(int(p.causal));
  AttentionRun run;
  run.message = runner.run(image, shape, arguments).status.message();
  run.output = runner.get<u16>(o, p.elements());
  run.lse = runner.get<f32>(lse, std::size_t(p.heads) * p.length);
  for (DeviceAddress address : {q, k, v, o, lse, rows, columns})
    EXPECT_TRUE(runner.device->release(address).isOk());
  return run;
}
