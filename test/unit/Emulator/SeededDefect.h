//===- SeededDefect.h - Kernels with a defect, and their correct twins ------===//
//
// One source holds both: the defect, and under FIXED what is right. The defect
// must be reported in every mode, with every seed and on any number of host
// threads, with the right kind, at the line marked "// HERE"; the twin must be
// free of reports in all of them.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_EMULATOR_SEEDEDDEFECT_H
#define TEST_UNIT_EMULATOR_SEEDEDDEFECT_H

#include "test/unit/Emulator/KernelRunner.h"

namespace lacuna::emulator {

/// A kernel k(int *in, int *out, ...): `in` holds 1024 initialised ints, `out`
/// is 1024 ints of fresh memory; they are called "in" and "out" in messages.
struct SeededDefect {
  std::string source;
  ReportKind kind;
  /// Pieces of the report's message.
  std::vector<std::string> message = {};
  LaunchShape shape = {{1}, {128}};
  /// Also legitimate: what the defect shows as under some schedules.
  std::vector<ReportKind> alsoAllowed = {};
  /// False for defects that only show in some schedules: one suffices.
  bool inEveryMode = true;
  std::uint64_t instructionLimit = 1 << 20;
};

/// Runs the kernel in both forms in every mode.
void checkDefect(const SeededDefect &defect);

} // namespace lacuna::emulator

#endif // TEST_UNIT_EMULATOR_SEEDEDDEFECT_H
