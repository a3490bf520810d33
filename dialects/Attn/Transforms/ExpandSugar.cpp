//===- ExpandSugar.cpp - Mask patterns become arithmetic ------------------===//
//
// The mask ops canonicalise into their definitions; this pass runs only those
// patterns, so that a test can hold the expansion and a pipeline that must not
// rewrite anything else can have it. Works on any function.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_EXPANDSUGAR
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

template <class... MaskOps>
static void addExpansions(RewritePatternSet &patterns) {
  (MaskOps::getCanonicalizationPatterns(patterns, patterns.getContext()), ...);
}

namespace {
struct ExpandSugarPass final : lacuna::attn::impl::ExpandSugarBase<ExpandSugarPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    addExpansions<AndOp, BlockMaskOp, CausalOp, DilatedOp, DocumentOp, NotOp, OrOp, PrefixOp,
                  SlidingWindowOp>(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
