//===- DerivedClassifier.h - From a spec to classes of boxes ------------------===//
#ifndef TEST_UNIT_COMPILER_DERIVEDCLASSIFIER_H
#define TEST_UNIT_COMPILER_DERIVEDCLASSIFIER_H

#include "lib/Compiler/ExportClassifier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"

#include <functional>
#include <optional>
#include <string>

namespace lacuna {

/// Which parts of the analysis are on (attn-derive-classifier).
struct Domains {
  bool facts = true, cases = true, signatures = true;
};

/// What is known of the tiles of a spec.
struct DerivedClassifier {
  bool hasPredicate = false;                  ///< else every tile is full
  std::optional<ExportedClassifier> exported; ///< nothing: every tile is partial
};

/// Derives and exports classifiers; one context for many specs.
class ClassifierMaker {
public:
  ClassifierMaker();

  /// Of the only attend of a spec. Fails the running test when the text is no
  /// spec. `look` sees the function before its classifier is derived.
  DerivedClassifier make(const std::string &spec, Domains domains = {},
                         const std::function<void(mlir::func::FuncOp)> &look = nullptr);

private:
  mlir::MLIRContext context;
};

} // namespace lacuna

#endif // TEST_UNIT_COMPILER_DERIVEDCLASSIFIER_H
