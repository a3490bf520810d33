//===- EmitCuda.cpp - EmitC as CUDA C++ text ------------------------------===//
#include "lib/Target/Cuda/EmitCuda.h"

#include "mlir/Target/Cpp/CppEmitter.h"
#include "llvm/Support/raw_ostream.h"

mlir::LogicalResult lacuna::emitCuda(mlir::ModuleOp module, std::string &text) {
  std::string unnamed;
  llvm::raw_string_ostream stream(unnamed);
  if (failed(mlir::emitc::translateToCpp(module, stream)))
    return mlir::failure();
  text += applyNames(unnamed);
  return mlir::success();
}
