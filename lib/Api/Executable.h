//===- Executable.h - What an Executable holds ------------------------------===//
#ifndef LIB_API_EXECUTABLE_H
#define LIB_API_EXECUTABLE_H

#include "lacuna/Compile.h"
#include "lib/Api/CompileDriver.h"

namespace lacuna {

/// A compiled program and its description in public types.
struct Executable::Implementation {
  explicit Implementation(std::shared_ptr<const CompiledProgram> compiled);

  std::shared_ptr<const CompiledProgram> compiled;
  std::string target;
  std::vector<ArgumentInfo> arguments;
  std::vector<ResultInfo> results;
};

} // namespace lacuna

#endif // LIB_API_EXECUTABLE_H
