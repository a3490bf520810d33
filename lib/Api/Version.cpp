#include "lib/Api/Version.h"

#include "lib/Support/Targets.h"

#include "llvm/Config/llvm-config.h"

std::string lacuna::versionText() {
  return "Lacuna " PROJECT_VERSION "\nLLVM " LLVM_VERSION_STRING "\ntargets " + targetNames() +
         "\n";
}
