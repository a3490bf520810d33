#include "lib/Api/Version.h"

#include "lib/Runtime/Nvrtc.h"
#include "lib/Support/Targets.h"

#include "llvm/Config/llvm-config.h"

std::string lacuna::versionText() {
  std::string text = "Lacuna " PROJECT_VERSION "\nLLVM " LLVM_VERSION_STRING "\n";
  text += "targets " + targetNames() + "\n";
  if (Result<const Nvrtc *> nvrtc = Nvrtc::get())
    text += "NVRTC " + (*nvrtc)->version() + " (" + (*nvrtc)->path() + ")\n";
  else
    text += "NVRTC none: " + nvrtc.status().message() + "\n";
  return text;
}
