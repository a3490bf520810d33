//===- Runner.h - One case on one device -----------------------------------===//
#ifndef TOOLS_GPU_CHECK_RUNNER_H
#define TOOLS_GPU_CHECK_RUNNER_H

#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "tools/gpu-check/Cases.h"
#include "tools/lacuna-run/Check.h"

#include <string>
#include <vector>

namespace lacuna {

/// What the launches of one case came to.
struct CaseOutcome {
  CaseKernel kernel;
  int launches = 0;
  double worstLse = 0, worstHead = 0, worstRow = 0; ///< as in CheckReport
  /// Largest difference of an output element from the emulator's, 0 when it was
  /// not asked for. Rounding may differ, so it is reported and not judged.
  double worstAgainstEmulator = 0;
  double compileSeconds = 0;
  int spillBytes = 0; ///< stored to local memory, as the assembler states it; a cost, not a fault
  std::vector<std::string> failures; ///< "SHAPE: what is wrong"
};

/// Compiles and runs cases.
class Runner {
public:
  /// `specFolder` has the gallery. `emulator`, if not null, is a second device
  /// whose results are compared. Devices outlive the runner.
  Runner(std::string specFolder, std::string target, std::vector<Device *> devices,
         Device *emulator)
      : specFolder(std::move(specFolder)), target(std::move(target)), devices(std::move(devices)),
        emulator(emulator) {}

  /// Runs every shape on every device, against the reference.
  CaseOutcome run(const Case &next) const;

  /// The counting test: with queries of 0 and no score region, exp(LSE) counts
  /// the visible keys of a row. Specs with a score region pass untested.
  CaseOutcome count(const Case &next) const;

private:
  struct Prepared;
  struct Sample;
  /// Judges what one device made of a sample; the error says what is wrong with it.
  using Judge = Status (Runner::*)(const Sample &, const std::vector<HostArray> &results,
                                   CaseOutcome &) const;

  Result<Prepared> prepare(const CaseKernel &kernel) const;
  Result<Sample> makeSample(const Prepared &prepared, const CaseShape &shape,
                            bool zeroQueries) const;
  Status compare(const Sample &sample, const std::vector<HostArray> &results,
                 CaseOutcome &outcome) const;
  Status countKeys(const Sample &sample, const std::vector<HostArray> &results,
                   CaseOutcome &outcome) const;
  Status runShape(const Prepared &prepared, const CaseShape &shape, bool zeroQueries, Judge judge,
                  CaseOutcome &outcome) const;
  CaseOutcome runShapes(const Case &next, bool zeroQueries, Judge judge) const;

  std::string specFolder, target;
  std::vector<Device *> devices;
  Device *emulator;
};

} // namespace lacuna

#endif // TOOLS_GPU_CHECK_RUNNER_H
