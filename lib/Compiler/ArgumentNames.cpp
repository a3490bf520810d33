#include "lib/Compiler/ArgumentNames.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

/// The text from line `line`, column `column` (both from 1) to the line's end.
static StringRef textAt(StringRef source, unsigned line, unsigned column) {
  for (; line > 1 && !source.empty(); --line)
    source = source.split('\n').second;
  return source.split('\n').first.drop_front(std::min<size_t>(column - 1, source.size()));
}

void lacuna::attachArgumentNames(func::FuncOp function, const llvm::MemoryBuffer &source) {
  if (function.isExternal())
    return;
  for (BlockArgument argument : function.getArguments()) {
    // A spec that was printed with its locations knows its names.
    if (function.getArgAttr(argument.getArgNumber(), "attn.name"))
      continue;
    auto place = dyn_cast<FileLineColLoc>(argument.getLoc());
    if (!place || place.getLine() == 0 || place.getColumn() == 0)
      continue;
    StringRef text = textAt(source.getBuffer(), place.getLine(), place.getColumn());
    if (!text.consume_front("%"))
      continue;
    StringRef name = text.take_while(
        [](char c) { return llvm::isAlnum(c) || c == '_' || c == '$' || c == '.' || c == '-'; });
    if (!name.empty())
      function.setArgAttr(argument.getArgNumber(), "attn.name",
                          StringAttr::get(function.getContext(), name));
  }
}
