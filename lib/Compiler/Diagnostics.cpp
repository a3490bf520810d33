#include "lib/Compiler/Diagnostics.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

using namespace lacuna;

DiagnosticText::DiagnosticText(llvm::SourceMgr &sources, mlir::MLIRContext *context)
    : stream(text), handler(sources, context, stream),
      remarkHandler(context, [this](mlir::Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Remark)
          return mlir::failure(); // not ours: the next handler prints it
        std::string remark;
        llvm::raw_string_ostream stream(remark);
        if (auto place = diagnostic.getLocation()->findInstanceOf<mlir::FileLineColLoc>())
          stream << place.getFilename().getValue() << ':' << place.getLine() << ':'
                 << place.getColumn() << ": ";
        stream << diagnostic.str();
        remarkTexts.push_back(std::move(remark));
        return mlir::success();
      }) {}

Status DiagnosticText::take(StatusKind kind, llvm::StringRef otherwise) {
  std::string message = std::exchange(text, {});
  while (!message.empty() && message.back() == '\n')
    message.pop_back();
  return Status(kind, message.empty() ? otherwise.str() : std::move(message));
}
