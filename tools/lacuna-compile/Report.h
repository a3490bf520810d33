//===- Report.h - Why the kernel is as it is ---------------------*- C++ -*-===//
#ifndef TOOLS_LACUNA_COMPILE_REPORT_H
#define TOOLS_LACUNA_COMPILE_REPORT_H

#include "lib/Compiler/Compilation.h"
#include "lib/Runtime/NvrtcLog.h"

namespace lacuna {

/// The explain report as Markdown: where the runs come from, the schedule with
/// the candidates that were refused, registers, shared memory, spills and
/// advisories as NVRTC states them, and the time of every stage.
std::string explain(const Program &program, const Compilation &compilation, const NvrtcLog &log,
                    double nvrtcMilliseconds);

} // namespace lacuna

#endif // TOOLS_LACUNA_COMPILE_REPORT_H
