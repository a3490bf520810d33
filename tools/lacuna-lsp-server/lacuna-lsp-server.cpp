//===- lacuna-lsp-server.cpp - Editor support for specs and IR -------------===//
//
// MLIR's language server with Lacuna's dialects: diagnostics while typing,
// hover, go to definition in .mlir files of every level.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/Register.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LogicalResult.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  lacuna::registerLacuna(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
