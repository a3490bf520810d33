//===- Compile.cpp - The public compile, over compiler, cache and NVRTC -----===//
#include "lacuna/Compile.h"

#include "lib/Api/CompileDriver.h"
#include "lib/Api/Executable.h"
#include "lib/Compiler/BuildKernels.h"
#include "lib/Compiler/Compilation.h"

using namespace lacuna;

static Result<Program> lower(std::string_view spec, const CompileOptions &options) {
  Result<std::unique_ptr<Compilation>> compilation =
      Compilation::parse(std::string(spec), options.fileName, {options.target, options.function});
  if (!compilation)
    return compilation.status();
  return (*compilation)->finish();
}

/// One driver and one cache for the process. Never destroyed: executables may
/// still be in use when static objects go.
static CompileDriver &processDriver() {
  static auto *cache = new KernelCache(cacheOptionsFromEnvironment());
  static auto *driver = new CompileDriver(*cache, {compilerBuildId(), lower, nvrtcInput});
  return *driver;
}

Result<Executable> lacuna::compile(std::string_view spec, const CompileOptions &options) {
  Result<std::shared_ptr<const CompiledProgram>> program = processDriver().compile(spec, options);
  if (!program)
    return program.status();
  return Executable(std::make_shared<const Executable::Implementation>(std::move(*program)));
}
