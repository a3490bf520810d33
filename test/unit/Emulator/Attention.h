//===- Attention.h - Inputs and a float64 reference for whole kernels ------===//
#ifndef TEST_UNIT_EMULATOR_ATTENTION_H
#define TEST_UNIT_EMULATOR_ATTENTION_H

#include "test/unit/Emulator/KernelRunner.h"

#include <cstdint>

namespace lacuna::emulator {

/// A block-sparse attention problem in bf16, [heads][length][headDim].
struct AttentionProblem {
  int length, headDim, heads, blockRows, blockColumns;
  bool causal;
  std::vector<std::uint16_t> q, k, v;
  std::vector<int> rowStart, columns; ///< visible blocks of each block row
  float scaleLog2;

  /// Random values; `density` of the blocks (those under the diagonal when
  /// causal) are visible, the diagonal always.
  AttentionProblem(int length, int headDim, int heads, int blockSize, bool causal, double density);

  std::size_t elements() const { return std::size_t(heads) * length * headDim; }
};

/// Relative root-mean-square error of an output, and the largest error of its
/// base-2 LSE, against float64.
struct AttentionError {
  double output, lse;
};
AttentionError compareWithReference(const AttentionProblem &problem,
                                    const std::vector<std::uint16_t> &output,
                                    const std::vector<float> &lse);

/// The kernel with mma.sync (test/Emulator/Inputs/fa_mma.cu), whose blocks have
/// 64 queries and keys, for a head dimension.
KernelImage mmaKernel(int headDim);
/// The kernel with TMA and wgmma (fa_hopper_d.cu), whose blocks have 128 queries
/// and keys, for head dimension 128.
KernelImage hopperKernel();

/// What one run of a kernel gave.
struct AttentionRun {
  std::string message; ///< reports; "" when none
  std::vector<std::uint16_t> output;
  std::vector<float> lse;
};
/// Runs either kernel, or a mutant of it.
AttentionRun runAttention(KernelRunner &runner, const AttentionProblem &problem,
                          const KernelImage &image);

} // namespace lacuna::emulator

#endif // TEST_UNIT_EMULATOR_ATTENTION_H
