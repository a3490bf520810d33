//===- Diagnostics.h - Diagnostics as one text -------------------*- C++ -*-===//
#ifndef LIB_COMPILER_DIAGNOSTICS_H
#define LIB_COMPILER_DIAGNOSTICS_H

#include "lacuna/Result.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace lacuna {

/// Collects every diagnostic of a context while it lives: errors and warnings
/// in the form "file:line:col: error: ..." with the line of the file and a
/// caret, remarks apart, since they explain a success.
class DiagnosticText {
public:
  /// Both must outlive this object.
  DiagnosticText(llvm::SourceMgr &sources, mlir::MLIRContext *context);

  /// What was said since the last call, as a status; `otherwise` when nothing.
  Status take(StatusKind kind, llvm::StringRef otherwise);

  /// "file:line:col: ..." of every remark so far; without a place where it has none.
  const std::vector<std::string> &remarks() const { return remarkTexts; }

private:
  std::string text;
  llvm::raw_string_ostream stream;
  std::vector<std::string> remarkTexts;
  mlir::SourceMgrDiagnosticHandler handler;
  mlir::ScopedDiagnosticHandler remarkHandler; // asked first: registered last
};

} // namespace lacuna

#endif // LIB_COMPILER_DIAGNOSTICS_H
