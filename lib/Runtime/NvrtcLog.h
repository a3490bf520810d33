//===- NvrtcLog.h - What the assembler says about kernels ------------------===//
//
// With --ptxas-options=-v NVRTC's log states what each kernel needs, at no
// cost. Performance advisories (codes C7500 to C7599: a serialised wgmma, an
// ignored setmaxnreg) stand in it as well; they are defects of generated code
// and must not pass unseen.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_NVRTCLOG_H
#define LIB_RUNTIME_NVRTCLOG_H

#include <string>
#include <string_view>
#include <vector>

namespace lacuna {

/// Resources of one kernel or of a function that was not inlined into one.
struct FunctionFacts {
  std::string name;
  bool isKernel = false;
  int registers = 0; ///< per thread, of 32 bits; 0 for what is no kernel
  int barriers = 0;  ///< named barriers
  int staticSharedBytes = 0;
  int stackBytes = 0;
  int spillStoreBytes = 0;
  int spillLoadBytes = 0;

  bool operator==(const FunctionFacts &) const = default;
};

/// A log, taken apart.
struct NvrtcLog {
  std::vector<FunctionFacts> functions;
  std::vector<std::string> advisories; ///< "(C7512) Potential Performance Loss: ..."
};

/// Lines that are neither a function's facts nor an advisory are left out.
NvrtcLog parseNvrtcLog(std::string_view log);

} // namespace lacuna

#endif // LIB_RUNTIME_NVRTCLOG_H
