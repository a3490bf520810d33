//===- lacuna-opt.cpp - Run passes on IR of any level ----------------------===//
//
// MLIR's own driver with Lacuna's dialects and passes: text or bytecode in,
// text or bytecode out, every level accepted.
//
//===----------------------------------------------------------------------===//
#include "lib/Api/Version.h"
#include "lib/Compiler/Register.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

int main(int argc, char **argv) {
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << lacuna::versionText(); });
  lacuna::registerLacunaPasses();
  mlir::DialectRegistry registry;
  lacuna::registerLacuna(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Lacuna optimizer\n", registry));
}
