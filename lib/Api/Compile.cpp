//===- Compile.cpp - The public compile, over compiler, cache and NVRTC -----===//
#include "lacuna/Compile.h"

#include "lib/Api/Executable.h"
#include "lib/Api/FrontEnd.h"

using namespace lacuna;

/// One driver and one cache for the process. Never destroyed: executables may
/// still be in use when static objects go.
static CompileDriver &processDriver() {
  static auto *cache = new KernelCache(cacheOptionsFromEnvironment());
  static auto *driver = new CompileDriver(*cache, mlirFrontEnd());
  return *driver;
}

Result<Executable> lacuna::compile(std::string_view spec, const CompileOptions &options) {
  Result<std::shared_ptr<const CompiledProgram>> program = processDriver().compile(spec, options);
  if (!program)
    return program.status();
  return Executable(std::make_shared<const Executable::Implementation>(std::move(*program)));
}
