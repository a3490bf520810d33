#include "lib/Compiler/PickFunction.h"

#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace lacuna {

Result<Operation *> pickFunction(ModuleOp module, StringRef name,
                                 llvm::function_ref<bool(Operation *)> isCandidate) {
  std::string names;
  Operation *chosen = nullptr;
  unsigned candidates = 0;
  for (Operation &inner : *module.getBody()) {
    if (!isCandidate(&inner))
      continue;
    StringRef own = cast<SymbolOpInterface>(inner).getName();
    names += (names.empty() ? "@" : ", @") + own.str();
    ++candidates;
    if (name.empty() || own == name)
      chosen = &inner;
  }
  std::string file = cast<FileLineColLoc>(module.getLoc()).getFilename().str();
  auto fail = [&](const std::string &what) {
    return Status(StatusKind::Type, file + ": error: " + what);
  };
  if (!candidates)
    return fail("no function to compile; a spec is a func.func with attn.attend");
  if (name.empty() && candidates > 1)
    return fail("several functions; choose one of " + names);
  if (!chosen)
    return fail("no function @" + name.str() + "; the file has " + names);
  return chosen;
}

} // namespace lacuna
