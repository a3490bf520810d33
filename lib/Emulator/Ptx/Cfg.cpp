//===- Cfg.cpp - Immediate post-dominators, after Cooper, Harvey, Kennedy --===//
#include "lib/Emulator/Ptx/Cfg.h"

using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

static bool endsThread(const Statement &statement) {
  std::string_view mnemonic = statement.mnemonic();
  return mnemonic == "ret" || mnemonic == "exit" || mnemonic == "trap";
}

static void splitBlocks(const Kernel &kernel, Cfg &cfg) {
  int count = static_cast<int>(kernel.statements.size());
  std::vector<bool> leader(count + 1, false);
  leader[0] = true;
  for (int i = 0; i < count; ++i) {
    const Statement &statement = kernel.statements[i];
    if (statement.target >= 0)
      leader[statement.target] = true;
    if (statement.target >= 0 || endsThread(statement))
      leader[i + 1] = true;
  }
  cfg.blockOf.resize(count + 1);
  for (int i = 0; i < count; ++i) {
    if (leader[i])
      cfg.blocks.push_back({i, i, {}, -1});
    cfg.blocks.back().last = i + 1;
    cfg.blockOf[i] = static_cast<int>(cfg.blocks.size()) - 1;
  }
  cfg.exitBlock = static_cast<int>(cfg.blocks.size());
  cfg.blockOf[count] = cfg.exitBlock;
  for (int b = 0; b < cfg.exitBlock; ++b) {
    Cfg::Block &block = cfg.blocks[b];
    const Statement &last = kernel.statements[block.last - 1];
    if (last.target >= 0)
      block.successors.push_back(cfg.blockOf[last.target]);
    if (endsThread(last))
      block.successors.push_back(cfg.exitBlock);
    bool leaves = (last.target >= 0 || endsThread(last)) && last.guard < 0;
    if (!leaves)
      block.successors.push_back(b + 1);
  }
}

Cfg ptx::buildCfg(const Kernel &kernel) {
  Cfg cfg;
  splitBlocks(kernel, cfg);
  int exit = cfg.exitBlock;
  std::vector<std::vector<int>> predecessors(exit + 1);
  for (int b = 0; b < exit; ++b)
    for (int successor : cfg.blocks[b].successors)
      predecessors[successor].push_back(b);

  // Post-order of the reversed graph from the exit.
  std::vector<int> order, number(exit + 1, -1);
  std::vector<std::pair<int, std::size_t>> stack{{exit, 0}};
  std::vector<bool> seen(exit + 1, false);
  seen[exit] = true;
  while (!stack.empty()) {
    auto &[block, next] = stack.back();
    if (next < predecessors[block].size()) {
      int predecessor = predecessors[block][next++];
      if (!seen[predecessor]) {
        seen[predecessor] = true;
        stack.push_back({predecessor, 0});
      }
    } else {
      number[block] = static_cast<int>(order.size());
      order.push_back(block);
      stack.pop_back();
    }
  }

  std::vector<int> dominator(exit + 1, -1);
  dominator[exit] = exit;
  auto meet = [&](int x, int y) {
    while (x != y) {
      while (number[x] < number[y])
        x = dominator[x];
      while (number[y] < number[x])
        y = dominator[y];
    }
    return x;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t k = order.size() - 1; k-- > 0;) {
      int block = order[k], best = -1;
      for (int successor : cfg.blocks[block].successors)
        if (dominator[successor] >= 0)
          best = best < 0 ? successor : meet(best, successor);
      if (best != dominator[block]) {
        dominator[block] = best;
        changed = true;
      }
    }
  }
  for (int b = 0; b < exit; ++b)
    cfg.blocks[b].postDominator = dominator[b];
  return cfg;
}
