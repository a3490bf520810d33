//===- Facts.h - What the report says about kernels ------------------------===//
#ifndef LIB_COMPILER_FACTS_H
#define LIB_COMPILER_FACTS_H

#include <cstdint>
#include <string>
#include <vector>

namespace lacuna {

/// How a kernel came to be as it is. No MLIR, for it outlives the module.
struct KernelFacts {
  std::string name;
  std::string runs;     ///< where its runs come from
  std::string schedule; ///< as attn.schedule takes it
  bool tuned = false;   ///< whether it was measured to be the fastest for such kernels
  std::int64_t threads = 0;
  std::int64_t predictedRegisters = 0; ///< per thread
  std::int64_t sharedBytes = 0;        ///< per block
  std::int64_t blocksPerSm = 0;
  std::vector<std::string> refused; ///< "query_tile = 128, ...: needs ..., sm_86 has ..."
};

} // namespace lacuna

#endif // LIB_COMPILER_FACTS_H
