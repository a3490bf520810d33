//===- DeriveMask.cpp - From the text of a spec to its mask -----------------===//
//
// The part of the attn passes that a classifier needs, and no level below: a tool
// that looks at masks builds and starts without the rest of the compiler. A mask
// has a classifier here whatever mode its kernel has.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lib/Compiler/AttnPasses.h"
#include "lib/Compiler/Diagnostics.h"
#include "lib/Compiler/ExportMask.h"
#include "lib/Compiler/PickFunction.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace lacuna;

Result<SpecMask> lacuna::deriveMask(const std::string &text, const std::string &fileName,
                                    const std::string &function, unsigned attend) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false); // the source line says more
  context
      .loadDialect<attn::AttnDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect,
                   mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, fileName), {});
  DiagnosticText diagnostics(sources, &context);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
  if (!module)
    return diagnostics.take(StatusKind::Syntax, fileName + ": error: does not parse");
  Result<mlir::Operation *> chosen =
      pickFunction(*module, function, llvm::IsaPred<mlir::func::FuncOp>);
  if (!chosen)
    return chosen.status();
  auto spec = mlir::cast<mlir::func::FuncOp>(*chosen);
  mlir::PassManager passes(&context, mlir::func::FuncOp::getOperationName());
  addAttnPasses(passes, CompileOptions().mode, CompileOptions().gradients, Classifiers::OfAll);
  if (mlir::failed(passes.run(spec)))
    return diagnostics.take(StatusKind::Unsupported, "the attn passes failed");
  llvm::SmallVector<attn::AttendOp> attends(spec.getOps<attn::AttendOp>());
  if (attend >= attends.size())
    return Status(StatusKind::Type, "there is no attend " + std::to_string(attend) +
                                        "; the function has " + std::to_string(attends.size()));
  if (attends[attend].isRagged()) {
    attends[attend].emitOpError("is ragged: every sequence has a mask of its own; give one of "
                                "them without offsets");
    return diagnostics.take(StatusKind::Unsupported, "the mask is not one");
  }
  mlir::FailureOr<SpecMask> mask = exportMask(attends[attend]);
  if (mlir::failed(mask))
    return diagnostics.take(StatusKind::Unsupported, "the mask cannot be planned");
  mask->remarks = diagnostics.remarks();
  return std::move(*mask);
}
