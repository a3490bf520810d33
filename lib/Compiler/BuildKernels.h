//===- BuildKernels.h - CUDA C++ of a program to cubin and PTX -------------===//
#ifndef LIB_COMPILER_BUILDKERNELS_H
#define LIB_COMPILER_BUILDKERNELS_H

#include "lib/Runtime/Nvrtc.h"
#include "lib/Runtime/Program.h"

namespace lacuna {

/// What NVRTC is given for a program: its kernels' source, which is one text,
/// and the device headers that it includes.
NvrtcInput nvrtcInput(const Program &program);

/// One NVRTC compile; fills cubin and PTX of every kernel. Spills and
/// performance advisories are left to the caller to judge, in the log.
/// Errors: those of Nvrtc::get and Nvrtc::compile.
Result<NvrtcLog> buildKernels(Program &program);

} // namespace lacuna

#endif // LIB_COMPILER_BUILDKERNELS_H
