//===- DerivedClassifier.cpp - From a spec to classes of boxes ----------------===//
#include "test/unit/Compiler/DerivedClassifier.h"

#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace lacuna {

ClassifierMaker::ClassifierMaker() {
  context.loadDialect<attn::AttnDialect, arith::ArithDialect, func::FuncDialect, math::MathDialect,
                      scf::SCFDialect, tensor::TensorDialect>();
  context.disableMultithreading();
  // A remark says that nothing is known of a predicate; that is no failure here.
  context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      ADD_FAILURE() << diagnostic.str();
    return success();
  });
}

DerivedClassifier ClassifierMaker::make(const std::string &spec, Domains domains,
                                        const std::function<void(func::FuncOp)> &look) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(spec, &context);
  if (!module)
    return {};
  if (look)
    look(*module->getOps<func::FuncOp>().begin());
  PassManager manager(&context);
  OpPassManager &specs = manager.nest<func::FuncOp>();
  specs.addPass(attn::createExpandSugar());
  specs.addPass(attn::createSinkScalars());
  specs.addPass(createCanonicalizerPass());
  specs.addPass(createCSEPass());
  specs.addPass(createCanonicalizerPass());
  attn::DeriveClassifierOptions options;
  options.facts = domains.facts;
  options.cases = domains.cases;
  options.signatures = domains.signatures;
  specs.addPass(attn::createDeriveClassifier(options));
  EXPECT_TRUE(succeeded(manager.run(*module)));
  DerivedClassifier result;
  module->walk([&](attn::AttendOp attend) {
    result.hasPredicate = !attend.getWhere().empty();
    if (attend.getClassify().empty())
      return;
    FailureOr<ExportedClassifier> exported = exportClassifier(attend);
    ASSERT_TRUE(succeeded(exported));
    result.exported = std::move(*exported);
  });
  return result;
}

} // namespace lacuna
