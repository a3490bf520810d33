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

namespace {
template <class... MaskOps>
struct MaskOpList {
  static bool contains(Operation *op) { return isa<MaskOps...>(op); }
  static void addPatterns(RewritePatternSet &patterns) {
    (MaskOps::getCanonicalizationPatterns(patterns, patterns.getContext()), ...);
  }
};
using AllMaskOps = MaskOpList<AndOp, CausalOp, DilatedOp, DocumentOp, NotOp, OrOp, PrefixOp,
                              SlidingWindowOp>;

struct ExpandSugarPass final : impl::ExpandSugarBase<ExpandSugarPass> {
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) { expanded += AllMaskOps::contains(op); });
    RewritePatternSet patterns(&getContext());
    AllMaskOps::addPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
