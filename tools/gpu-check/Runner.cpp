#include "tools/gpu-check/Runner.h"

#include "lacuna/Reference.h"
#include "tools/lacuna-run/DeviceRun.h"
#include "tools/lacuna-run/Inputs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

using namespace lacuna;

/// A kernel and its oracle.
struct Runner::Prepared {
  std::string text;
  Executable executable;
  ReferenceSpec reference;
  CaseKernel kernel;
  bool hasScore;
  std::map<Device *, std::shared_ptr<LoadedProgram>> programs; ///< loaded once for all shapes

  Result<std::vector<HostArray>> runOn(Device &device, const std::vector<HostArray> &inputs) const;
};

/// The inputs of a launch and what must come of them.
struct Runner::Sample {
  const Prepared &kernel;
  std::vector<HostArray> inputs;
  ReferenceRun reference;
};

Result<Runner::Prepared> Runner::prepare(const CaseKernel &kernel) const {
  Result<std::string> text = readSpec(specFolder, kernel);
  if (!text)
    return text.status();
  CompileOptions options;
  options.target = target;
  options.fileName = kernel.spec + ".mlir";
  Result<Executable> executable = compile(*text, options);
  if (!executable)
    return executable.status();
  Result<ReferenceSpec> reference = ReferenceSpec::parse(*text, options.fileName);
  if (!reference)
    return reference.status();
  bool hasScore = text->find("score(") != std::string::npos;
  Prepared prepared{
      std::move(*text), std::move(*executable), std::move(*reference), kernel, hasScore, {}};
  std::vector<Device *> all = devices;
  if (emulator)
    all.push_back(emulator);
  for (Device *device : all) {
    Result<LoadedProgram> program = LoadedProgram::load(prepared.executable, *device);
    if (!program)
      return program.status();
    prepared.programs[device] = std::make_shared<LoadedProgram>(std::move(*program));
  }
  return prepared;
}

/// The arrays of a case, for the spec with that text. Errors: Type.
static Result<std::vector<HostArray>> makeInputs(const std::string &text, const ReferenceSpec &spec,
                                                 const CaseKernel &kernel, const CaseShape &shape,
                                                 bool zeroQueries) {
  Result<std::vector<std::string>> texts = caseInputs(text, kernel, shape);
  if (!texts)
    return texts.status();
  if (texts->size() != spec.arguments().size())
    return Status(StatusKind::Type,
                  "@" + spec.name() + " takes " + std::to_string(spec.arguments().size()) +
                      " arguments, but with its lines `// Input: ...` there are " +
                      std::to_string(texts->size()));
  if (zeroQueries)
    texts->front() = texts->front().substr(0, texts->front().find('=')) + "=0";
  std::vector<HostArray> inputs;
  for (std::size_t i = 0; i < texts->size(); ++i) {
    Result<HostArray> input = makeInput((*texts)[i], spec.arguments()[i]);
    if (!input)
      return input.status();
    inputs.push_back(std::move(*input));
  }
  return inputs;
}

Result<Runner::Sample> Runner::makeSample(const Prepared &prepared, const CaseShape &shape,
                                          bool zeroQueries) const {
  const ReferenceSpec &spec = prepared.reference;
  Result<std::vector<HostArray>> inputs =
      makeInputs(prepared.text, spec, prepared.kernel, shape, zeroQueries);
  if (!inputs)
    return inputs.status();
  std::vector<Value> values;
  for (std::size_t i = 0; i < inputs->size(); ++i)
    values.push_back(valueOf((*inputs)[i], spec.arguments()[i].isTensor));
  Result<ReferenceRun> reference = spec.run(values);
  if (!reference)
    return reference.status();
  return Sample{prepared, std::move(*inputs), std::move(*reference)};
}

Result<std::vector<HostArray>> Runner::Prepared::runOn(Device &device,
                                                       const std::vector<HostArray> &inputs) const {
  Result<DeviceRun> run = DeviceRun::create(programs.at(&device), executable, device, inputs);
  if (!run)
    return run.status();
  if (Status status = run->launch(); !status.isOk())
    return status;
  if (Status status = run->wait(); !status.isOk())
    return status;
  return run->results();
}

/// Largest |difference| of elements that are finite in both.
static double largestDifference(const HostArray &left, const HostArray &right) {
  double largest = 0;
  for (std::int64_t i = 0; i < elementCount(left.shape); ++i) {
    double difference = std::abs(elementOf(left, i) - elementOf(right, i));
    if (std::isfinite(difference))
      largest = std::max(largest, difference);
  }
  return largest;
}

Status Runner::compare(const Sample &sample, const std::vector<HostArray> &results,
                       CaseOutcome &outcome) const {
  CheckReport report = checkResults(sample.reference, results, Tolerance{});
  outcome.worstLse = std::max(outcome.worstLse, report.worstLse);
  outcome.worstHead = std::max(outcome.worstHead, report.worstHead);
  outcome.worstRow = std::max(outcome.worstRow, report.worstRow);
  if (!report.failure.empty())
    return Status(StatusKind::Compiler, report.failure);
  if (!emulator)
    return {};
  Result<std::vector<HostArray>> emulated = sample.kernel.runOn(*emulator, sample.inputs);
  if (!emulated)
    return emulated.status();
  for (std::size_t i = 0; i < emulated->size(); ++i)
    outcome.worstAgainstEmulator =
        std::max(outcome.worstAgainstEmulator, largestDifference(results[i], (*emulated)[i]));
  return {};
}

Status Runner::countKeys(const Sample &sample, const std::vector<HostArray> &results,
                         CaseOutcome &) const {
  const std::vector<std::int64_t> &visible = sample.reference.attends.front().visibleKeys;
  for (std::size_t row = 0; row < visible.size(); ++row) {
    double counted = std::exp(elementOf(results.back(), std::int64_t(row)));
    if (!(std::llround(counted) == visible[row] && std::isfinite(counted)))
      return Status(StatusKind::Compiler, "row " + std::to_string(row) + " counts " +
                                              std::to_string(counted) + " keys and sees " +
                                              std::to_string(visible[row]));
  }
  return {};
}

Status Runner::runShape(const Prepared &prepared, const CaseShape &shape, bool zeroQueries,
                        Judge judge, CaseOutcome &outcome) const {
  Result<Sample> sample = makeSample(prepared, shape, zeroQueries);
  if (!sample)
    return sample.status();
  for (Device *device : devices) {
    Result<std::vector<HostArray>> results = prepared.runOn(*device, sample->inputs);
    if (!results)
      return results.status();
    ++outcome.launches;
    if (Status status = (this->*judge)(*sample, *results, outcome); !status.isOk())
      return Status(status.kind(), device->name() + ": " + status.message());
  }
  return {};
}

CaseOutcome Runner::runShapes(const Case &next, bool zeroQueries, Judge judge) const {
  CaseOutcome outcome;
  outcome.kernel = next.kernel;
  Result<Prepared> prepared = prepare(next.kernel);
  if (!prepared) {
    outcome.failures.push_back(prepared.status().message());
    return outcome;
  }
  const CompileReport &report = prepared->executable.report();
  outcome.compileSeconds = report.totalSeconds;
  for (const KernelInfo &kernel : report.kernels)
    outcome.spillBytes += kernel.spillStoreBytes;
  for (const std::string &advisory : report.advisories)
    outcome.failures.push_back(advisory);
  if (zeroQueries && prepared->hasScore)
    return outcome;
  for (const CaseShape &shape : next.shapes)
    if (Status status = runShape(*prepared, shape, zeroQueries, judge, outcome); !status.isOk())
      outcome.failures.push_back(shape.name() + ": " + status.message());
  return outcome;
}

CaseOutcome Runner::run(const Case &next) const {
  return runShapes(next, /*zeroQueries=*/false, &Runner::compare);
}

CaseOutcome Runner::count(const Case &next) const {
  return runShapes(next, /*zeroQueries=*/true, &Runner::countKeys);
}
