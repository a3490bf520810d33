//===- MutationTest.cpp - Every synchronisation of the kernels is needed ----===//
#include "lib/Emulator/Ptx/Mutate.h"
#include "test/unit/Emulator/Attention.h"

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// The ways in which a mutant is run; one that shows it suffices.
std::vector<EmulatorOptions> strategies() {
  std::vector<EmulatorOptions> result(4);
  result[1].mode = AsyncMode::Lazy;
  result[2].mode = result[3].mode = AsyncMode::Random;
  result[2].seed = 5;
  result[3].seed = 6;
  return result;
}

} // namespace

TEST(Mutation, NoSynchronisationOfTheMmaKernelCanGo) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = mmaKernel(64);
  AttentionProblem problem(256, 64, 1, 64, false, 1.0);
  Result<std::vector<ptx::Mutant>> mutants = ptx::dropSynchronization(image.ptx, image.name);
  ASSERT_TRUE(mutants) << mutants.status().message();
  EXPECT_GE(mutants->size(), 5u);
  for (const ptx::Mutant &mutant : *mutants) {
    bool caught = false;
    for (const EmulatorOptions &options : strategies()) {
      KernelRunner runner(options);
      image.ptx = mutant.ptx;
      AttentionRun run = runAttention(runner, problem, image);
      AttentionError error = compareWithReference(problem, run.output, run.lse);
      caught |= !run.message.empty() || !(error.output < 4e-3);
      if (caught)
        break;
    }
    EXPECT_TRUE(caught) << "line " << mutant.ptxLine << ": " << mutant.removed;
  }
}
