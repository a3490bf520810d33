//===- FrontEnd.cpp - The MLIR compiler as the driver wants it ---------------===//
#include "lib/Api/FrontEnd.h"

#include "lib/Compiler/BuildKernels.h"
#include "lib/Compiler/Compilation.h"
#include "lib/Support/FileIdentity.h"

#include <chrono>
#include <unistd.h>

using namespace lacuna;

static Result<Program> lower(std::string_view spec, const CompileOptions &options) {
  Result<std::unique_ptr<Compilation>> compilation =
      Compilation::parse(std::string(spec), options.fileName,
                         {options.target, options.function, options.mode, options.gradients});
  if (!compilation)
    return compilation.status();
  return (*compilation)->finish();
}

CompilerFrontEnd lacuna::mlirFrontEnd() {
  // The file that this code is in holds all passes and device headers as well.
  Result<std::string> build = fileIdentity(ownFile());
  // Unknown builds must not share entries, so this one is alone with its own.
  if (!build)
    build = std::to_string(::getpid()) + " at " +
            std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
  return {*build, lower, nvrtcInput};
}
