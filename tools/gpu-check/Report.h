//===- Report.h - Outcomes as a table and as JSON --------------------------===//
#ifndef TOOLS_GPU_CHECK_REPORT_H
#define TOOLS_GPU_CHECK_REPORT_H

#include "tools/gpu-check/Runner.h"

#include <string>
#include <vector>

namespace lacuna {

/// Everything that one run of gpu-check found.
struct CheckSummary {
  std::string date;    ///< UTC, ISO 8601
  std::string device;  ///< Device::name()
  std::string machine; ///< what nvidia-smi says of driver, clocks and power; may be empty
  std::string target;
  std::string version;              ///< of Lacuna, LLVM and NVRTC
  std::vector<CaseOutcome> numbers; ///< results against the reference
  std::vector<CaseOutcome> counts;  ///< the counting test

  int passed() const;
  int failed() const;
};

/// The summary for programs and for people.
std::string toJson(const CheckSummary &summary);
std::string toMarkdown(const CheckSummary &summary);

} // namespace lacuna

#endif // TOOLS_GPU_CHECK_REPORT_H
