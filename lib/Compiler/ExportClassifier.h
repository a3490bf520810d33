//===- ExportClassifier.h - A classify clause as code for the host -----------===//
#ifndef LIB_COMPILER_EXPORTCLASSIFIER_H
#define LIB_COMPILER_EXPORTCLASSIFIER_H

#include "dialects/Attn/IR/Attn.h"
#include "lib/Compiler/SpecTable.h"
#include "lib/Mask/BoxCode.h"

#include <vector>

namespace lacuna {

/// The classifier of an attend, and which arguments of the spec it takes.
struct ExportedClassifier {
  mask::BoxCode code;
  std::vector<unsigned> scalars; ///< arguments of the function: 0, 1, ... of the code
  std::vector<SpecTable> tables; ///< likewise
};

/// The `classify` clause of `attend`, which has one, as BoxCode. Emits an error at
/// what it cannot express: a value of the function that is no argument
/// (attn-sink-scalars moves the others into the clause), or an operation that
/// attn-derive-classifier does not make.
mlir::FailureOr<ExportedClassifier> exportClassifier(attn::AttendOp attend);

} // namespace lacuna

#endif // LIB_COMPILER_EXPORTCLASSIFIER_H
