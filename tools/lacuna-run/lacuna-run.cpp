//===- lacuna-run.cpp - Run a spec and look at its results ------------------===//
//
//   lacuna-run window.mlir --device=reference --input=1x8x256x64xbf16=random:1
//              --input=... --output=@o.npy --check
//
// Results go to files or, with `-`, to standard output; everything else goes to
// standard error. Exit status 0, or 1 with one message that says what is wrong.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Baked.h"
#include "lacuna/Compile.h"
#include "lacuna/Reference.h"
#include "lacuna/Runtime.h"
#include "lib/Api/Version.h"
#include "lib/Support/Stopwatch.h"
#include "tools/lacuna-run/Arguments.h"
#include "tools/lacuna-run/Check.h"
#include "tools/lacuna-run/DeviceRun.h"
#include "tools/lacuna-run/Elements.h"
#include "tools/lacuna-run/EmulatorChoice.h"
#include "tools/lacuna-run/Outputs.h"
#include "tools/lacuna-run/ShowMask.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <optional>

using namespace lacuna;
namespace cl = llvm::cl;

static cl::OptionCategory category("Options of lacuna-run");
static cl::opt<std::string> specFile(cl::Positional, cl::desc("SPEC.mlir"), cl::init("-"),
                                     cl::cat(category));
static cl::opt<std::string> function("function", cl::value_desc("name"), cl::cat(category),
                                     cl::desc("Spec function to run, when there are several"));
static cl::opt<std::string> device("device", cl::value_desc("auto|cuda[:N]|emulator|reference"),
                                   cl::cat(category), cl::init("auto"), cl::desc("Where to run"));
// An option keeps only a reference to its description.
static const std::string inputsDescription =
    "Next argument: @file.npy, a scalar, or SHAPExTYPE= and one of " + elementSyntax();
static cl::list<std::string> inputs("input", cl::value_desc("value"), cl::cat(category),
                                    cl::desc(inputsDescription));
static cl::list<std::string> outputs("output", cl::value_desc("@file.npy|-"), cl::cat(category),
                                     cl::desc("Where the next result goes"));
static cl::opt<std::string> check("check", cl::ValueOptional, cl::value_desc("tolerance"),
                                  cl::cat(category),
                                  cl::desc("Compare with the reference; the tolerance is that of "
                                           "the output's norm"));
static cl::opt<std::string> target("target", cl::value_desc("sm_90a"), cl::cat(category),
                                   cl::desc("What to compile for; default: what the device is"));
static const std::string modeText =
    "Where runs of key tiles come from; default: " + CompileOptions().mode;
static cl::opt<std::string> mode("mode", cl::value_desc("auto|closed|planned|baked"),
                                 cl::cat(category), cl::init(CompileOptions().mode),
                                 cl::desc(modeText));
static const std::string gradientsText =
    "How gradients are summed; default: " + CompileOptions().gradients;
static cl::opt<std::string> gradients("gradients", cl::value_desc("deterministic|fastest"),
                                      cl::cat(category), cl::init(CompileOptions().gradients),
                                      cl::desc(gradientsText));
static cl::opt<std::string>
    emulatorMode("emulator", cl::value_desc("eager|lazy|random:SEED"), cl::cat(category),
                 cl::desc("Run on the emulator, with asynchronous operations that complete so"));
static cl::opt<bool> showProfile("profile", cl::cat(category),
                                 cl::desc("Run on the emulator and print what each line of the "
                                          "kernels executed"));
static cl::opt<int> benchmark("benchmark", cl::ValueOptional, cl::value_desc("launches"),
                              cl::init(20), cl::cat(category),
                              cl::desc("Time this many launches more"));
static cl::opt<bool> verbose("verbose", cl::cat(category), cl::desc("Say what each stage took"));
static cl::alias verboseAlias("v", cl::aliasopt(verbose), cl::desc("The same as --verbose"));
static cl::opt<bool> count("count", cl::cat(category),
                           cl::desc("Check that exp of each log-sum-exp is the number of keys "
                                    "its row sees, as it is when all scores are 0"));
static cl::opt<bool> showMask("show-mask", cl::cat(category),
                              cl::desc("Draw what batch 0 and head 0 can see"));

static Result<Tolerance> parseTolerance() {
  Tolerance tolerance;
  double value;
  if (check.empty())
    return tolerance;
  if (llvm::StringRef(check).getAsDouble(value) || !(value > 0))
    return Status(StatusKind::Type, "--check=" + check + ": is not a positive number");
  tolerance.outputF16 = tolerance.outputBF16 = value;
  return tolerance;
}

namespace {
/// A spec compiled for a device. The executable is destroyed before the device.
struct Compiled {
  std::unique_ptr<Device> device;
  emulator::EmulatorDevice *emulator; ///< the device, when it was asked for as such
  Executable executable;
};
} // namespace

/// The device that the options name.
static Result<std::unique_ptr<Device>> open(emulator::EmulatorDevice *&asEmulator) {
  bool wantsEmulator = showProfile || !emulatorMode.empty();
  if (!wantsEmulator)
    return openDevice(device);
  if (device != "auto" && device != "emulator")
    return Status(StatusKind::Type, "--emulator and --profile need --device=emulator");
  Result<std::unique_ptr<emulator::EmulatorDevice>> made = makeEmulator(emulatorMode);
  if (!made)
    return made.status();
  asEmulator = made->get();
  return std::unique_ptr<Device>(std::move(*made));
}

/// Compiles for the device that the options name; for the mask of `arguments` alone
/// when they ask for that.
static Result<Compiled> compileForDevice(std::string_view source, const std::string &fileName,
                                         Span<Value> arguments) {
  emulator::EmulatorDevice *asEmulator = nullptr;
  Result<std::unique_ptr<Device>> opened = open(asEmulator);
  if (!opened)
    return opened.status();
  CompileOptions options;
  options.target = target.empty() ? (*opened)->target() : target;
  options.function = function;
  options.mode = mode;
  options.gradients = gradients;
  options.fileName = fileName;
  Result<Executable> executable =
      mode == "baked" ? compileBaked(source, options, arguments) : compile(source, options);
  if (!executable)
    return executable.status();
  const CompileReport &report = executable->report();
  const char *sources[] = {"compiled", "found in the memory cache", "found in the disk cache"};
  if (verbose)
    llvm::errs() << "on " << (*opened)->name() << ", for " << options.target << ": "
                 << sources[static_cast<int>(report.source)]
                 << llvm::format(" in %.1f ms (lowering %.1f ms, NVRTC %.1f ms)\n",
                                 1e3 * report.totalSeconds, 1e3 * report.loweringSeconds,
                                 1e3 * report.nvrtcSeconds);
  return Compiled{std::move(*opened), asEmulator, std::move(*executable)};
}

static std::vector<ReferenceArgument> argumentsOf(const Executable &executable) {
  std::vector<ReferenceArgument> arguments;
  for (const ArgumentInfo &info : executable.arguments())
    arguments.push_back({info.dtype, info.isTensor, info.shape});
  return arguments;
}

static Status launchAndWait(DeviceRun &run) {
  Status launched = run.launch();
  return launched.isOk() ? run.wait() : launched;
}

/// Results of one launch, after as many timed ones as were asked for.
static Result<std::vector<HostArray>> runOnDevice(const Compiled &compiled,
                                                  const std::vector<HostArray> &arrays) {
  Stopwatch loading;
  Result<DeviceRun> run = DeviceRun::create(compiled.executable, *compiled.device, arrays);
  if (!run)
    return run.status();
  double loadSeconds = loading.seconds();
  Stopwatch running;
  if (Status launched = launchAndWait(*run); !launched.isOk())
    return launched;
  if (verbose)
    llvm::errs() << llvm::format("loaded in %.1f ms, ran in %.1f ms\n", 1e3 * loadSeconds,
                                 1e3 * running.seconds());
  if (showProfile)
    llvm::errs() << profile(compiled.emulator->counters(), compiled.executable);
  std::vector<double> seconds;
  for (int n = 0; benchmark.getNumOccurrences() && n < benchmark; ++n) {
    Stopwatch launching;
    if (Status launched = launchAndWait(*run); !launched.isOk())
      return launched;
    seconds.push_back(launching.seconds());
  }
  std::sort(seconds.begin(), seconds.end());
  if (!seconds.empty())
    llvm::errs() << llvm::format("%zu launches: median %.4f ms, fastest %.4f ms\n", seconds.size(),
                                 1e3 * seconds[seconds.size() / 2], 1e3 * seconds.front());
  return run->results();
}

/// Compares with the reference as the options ask.
static Status checkAll(const ReferenceRun &reference, const std::vector<HostArray> &results,
                       const Tolerance &tolerance) {
  if (check.getNumOccurrences()) {
    CheckReport report = checkResults(reference, results, tolerance);
    llvm::errs() << report.summary() << '\n';
    if (!report.failure.empty())
      return Status(StatusKind::Compiler, report.failure);
  }
  if (count) {
    CheckReport report = countKeys(reference, results);
    if (!report.failure.empty())
      return Status(StatusKind::Compiler, report.failure);
  }
  return Status();
}

/// Everything after the command line is read.
static Status runTool() {
  Result<Tolerance> tolerance = parseTolerance();
  if (!tolerance)
    return tolerance.status();
  auto text = llvm::MemoryBuffer::getFileOrSTDIN(specFile);
  if (!text)
    return Status(StatusKind::Io, specFile + ": " + text.getError().message());
  std::string_view source = (*text)->getBuffer();
  std::string fileName = specFile == "-" ? "<stdin>" : specFile.c_str();

  // The reference reads specs only; a device takes every level.
  std::optional<ReferenceSpec> spec;
  bool onReference = device == "reference", checks = check.getNumOccurrences() || count;
  Result<Arguments> arguments = Arguments();
  if (onReference || checks || showMask || mode == "baked") {
    Result<ReferenceSpec> parsed = ReferenceSpec::parse(source, fileName, function);
    if (!parsed)
      return parsed.status();
    spec.emplace(std::move(*parsed));
    arguments = makeArguments(*spec, inputs, TensorInput::Elements);
    if (!arguments)
      return arguments.status();
  }
  std::optional<Compiled> compiled;
  if (!onReference) {
    Result<Compiled> made = compileForDevice(source, fileName, arguments->values);
    if (!made)
      return made.status();
    compiled.emplace(std::move(*made));
  }
  if (!spec)
    arguments = makeArguments(compiled->executable.name(), argumentsOf(compiled->executable),
                              inputs, TensorInput::Elements);
  if (!arguments)
    return arguments.status();

  if (showMask) {
    Result<std::string> picture = showMasks(*spec, arguments->values);
    if (!picture)
      return picture.status();
    llvm::errs() << *picture;
  }
  std::vector<HostArray> results;
  if (compiled) {
    Result<std::vector<HostArray>> computed = runOnDevice(*compiled, arguments->arrays);
    if (!computed)
      return computed.status();
    results = std::move(*computed);
  }
  if (onReference || checks) {
    Result<ReferenceRun> reference = spec->run(arguments->values);
    if (!reference)
      return reference.status();
    if (onReference)
      results = roundedResults(*reference);
    if (Status checked = checkAll(*reference, results, *tolerance); !checked.isOk())
      return checked;
  }
  return writeResults(results, outputs);
}

int main(int argc, char **argv) {
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << versionText(); });
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Runs a spec and checks its results\n");
  Status status = runTool();
  if (status.isOk())
    return 0;
  // A diagnostic names its own place.
  llvm::StringRef message = status.message();
  if (!message.contains(": error: "))
    llvm::errs() << "lacuna-run: error: ";
  llvm::errs() << message.rtrim() << '\n';
  return 1;
}
