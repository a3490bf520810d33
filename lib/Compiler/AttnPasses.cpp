//===- AttnPasses.cpp - The passes of specs ---------------------------------===//
//
// Common subexpressions go before anything is derived: two reads of one element
// are one value then, and what is known of it is known of both.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/AttnPasses.h"

#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void lacuna::addAttnPasses(OpPassManager &specs, const std::string &mode,
                           const std::string &gradients, Classifiers classifiers) {
  specs.addPass(attn::createCheckSpec());
  specs.addPass(attn::createExpandSugar());
  specs.addPass(attn::createSinkScalars());
  specs.addPass(createCanonicalizerPass());
  specs.addPass(createCSEPass());
  specs.addPass(createCanonicalizerPass());
  specs.addPass(attn::createSplitGradients({gradients}));
  specs.addPass(attn::createDeriveIntervals());
  if (classifiers == Classifiers::OfAll) // closed forms get none once a mode is chosen
    specs.addPass(attn::createDeriveClassifier());
  specs.addPass(attn::createChooseMode({mode}));
  if (classifiers == Classifiers::OfPlans) {
    specs.addPass(attn::createShareHeads());
    specs.addPass(attn::createDeriveClassifier());
  }
  specs.addPass(createCanonicalizerPass());
  specs.addPass(createCSEPass());
}
