//===- Cfg.h - Blocks of a kernel and where its branches meet again --------===//
#ifndef LIB_EMULATOR_PTX_CFG_H
#define LIB_EMULATOR_PTX_CFG_H

#include "lib/Emulator/Ptx/Ast.h"

#include <vector>

namespace lacuna::emulator::ptx {

/// The control-flow graph of a kernel. Statement indices up to and including
/// the number of statements are valid positions; the last is the exit.
struct Cfg {
  struct Block {
    int first, last; ///< statements [first, last)
    std::vector<int> successors;
    int postDominator = -1; ///< the immediate one; exitBlock when there is none before the end
  };
  std::vector<Block> blocks;
  std::vector<int> blockOf; ///< by statement
  int exitBlock = 0;        ///< == blocks.size(); has no statements

  /// First statement at which the two sides of the branch that ends `block`
  /// are together again, or -1 when they only meet at the end.
  int reconvergence(int block) const {
    int meet = blocks[block].postDominator;
    return meet < 0 || meet == exitBlock ? -1 : blocks[meet].first;
  }
};

/// Builds the graph and the immediate post-dominators.
Cfg buildCfg(const Kernel &kernel);

} // namespace lacuna::emulator::ptx

#endif // LIB_EMULATOR_PTX_CFG_H
