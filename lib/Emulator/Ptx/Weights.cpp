#include "lib/Emulator/Ptx/Weights.h"

using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

std::vector<u8> lacuna::emulator::ptx::weigh(const Kernel &kernel,
                                             const std::vector<Effects> &effects) {
  struct Uses {
    int writes = 0, reads = 0;
    std::size_t reader = 0; ///< the last one
  };
  std::vector<Uses> uses(kernel.registers.size());
  for (std::size_t s = 0; s < effects.size(); ++s) {
    for (int r : effects[s].writes)
      ++uses[r].writes;
    for (int r : effects[s].reads)
      ++uses[r].reads, uses[r].reader = s;
  }
  std::vector<u8> weights(effects.size(), 1);
  std::vector<bool> fused(effects.size());
  for (std::size_t s = 0; s < effects.size(); ++s) {
    std::string_view mnemonic = kernel.statements[s].mnemonic();
    if (mnemonic == "mov")
      weights[s] = 0;
    if (mnemonic != "mul" || effects[s].writes.size() != 1)
      continue;
    const Uses &product = uses[effects[s].writes.front()];
    if (product.writes != 1 || product.reads != 1 || fused[product.reader])
      continue;
    std::string_view user = kernel.statements[product.reader].mnemonic();
    if (user != "add" && user != "sub")
      continue;
    fused[product.reader] = true;
    weights[s] = 0;
  }
  return weights;
}
