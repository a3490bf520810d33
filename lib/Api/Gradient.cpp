//===- Gradient.cpp - Gradients of specs --------------------------------------===//
#include "lacuna/Gradient.h"

#include "lib/Compiler/Compilation.h"

using namespace lacuna;

Result<std::string> lacuna::differentiate(std::string_view spec, const CompileOptions &options) {
  Result<std::unique_ptr<Compilation>> compilation =
      Compilation::parse(std::string(spec), options.fileName, {{}, options.function, options.mode});
  if (!compilation)
    return compilation.status();
  if (Status status = (*compilation)->differentiate(); !status.isOk())
    return status;
  return (*compilation)->print(/*withLocations=*/true);
}

Result<Executable> lacuna::compileGradient(std::string_view spec, const CompileOptions &options) {
  Result<std::string> gradient = differentiate(spec, options);
  if (!gradient)
    return gradient.status();
  // Places in the text are those of the spec, which this text is not.
  CompileOptions rest = options;
  rest.function.clear();
  rest.fileName += " (gradient)";
  return compile(*gradient, rest);
}
