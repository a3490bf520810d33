//===- lacuna-mutate.cpp - Is every synchronisation of a kernel needed? -----===//
//
//   lacuna-mutate causal.mlir --input=1x1x300x64xbf16=random:1 --input=... ...
//
// Compiles a spec, drops the synchronising instructions of its kernels one at a
// time (barriers, waits, commits, fences), and runs each mutant on the emulator:
// eager, lazy and in random order. A mutant is caught when the emulator reports
// a defect or a result changes. One that survives is redundant, or the inputs
// are too small to show what it is for. Results that depend on the order of atomic
// additions say nothing of a mutant.
//
// One line for each mutant on standard output, then the count, and how often the
// rings of kernels with mbarriers went round. Exit status 0 when the mutants could
// be run, 1 with a message otherwise.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lib/Api/Version.h"
#include "lib/Emulator/Ptx/Mutate.h"
#include "tools/lacuna-mutate/MutatedDevice.h"
#include "tools/lacuna-run/DeviceRun.h"
#include "tools/lacuna-run/Inputs.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>

using namespace lacuna;
using emulator::AsyncMode;
using emulator::EmulatorOptions;
namespace cl = llvm::cl;

static cl::OptionCategory category("Options of lacuna-mutate");
static cl::opt<std::string> specFile(cl::Positional, cl::desc("SPEC.mlir"), cl::init("-"),
                                     cl::cat(category));
static cl::opt<std::string> function("function", cl::value_desc("name"), cl::cat(category),
                                     cl::desc("Spec function to run, when there are several"));
static cl::list<std::string> inputs("input", cl::value_desc("value"), cl::cat(category),
                                    cl::desc("Next argument, as lacuna-run takes it"));
static cl::opt<std::string> gradients("gradients", cl::value_desc("deterministic|fastest"),
                                      cl::cat(category), cl::init(CompileOptions().gradients),
                                      cl::desc("How gradients are summed"));
static cl::opt<std::string> target("target", cl::value_desc("sm_90a"), cl::cat(category),
                                   cl::init("sm_90a"), cl::desc("What to compile for"));

/// The ways in which a mutant is run; one that shows it suffices.
static std::vector<EmulatorOptions> strategies() {
  std::vector<EmulatorOptions> result(4);
  result[1].mode = AsyncMode::Lazy;
  result[2].mode = result[3].mode = AsyncMode::Random;
  result[2].seed = 5;
  result[3].seed = 6;
  for (EmulatorOptions &options : result) {
    options.showProgress = false;
    options.instructionLimit = std::uint64_t(1) << 24; // without a wait, a loop may not end
    options.multiprocessors = 1; // rings of a persistent block go round through all items
  }
  return result;
}

namespace {
/// What one run came to.
struct Trial {
  std::string defect; ///< the first report; empty: none
  std::vector<HostArray> results;
  emulator::Counters counters;
};
} // namespace

static Result<std::vector<HostArray>> makeInputs(const Executable &executable) {
  if (inputs.size() != executable.arguments().size())
    return Status(StatusKind::Type, "@" + executable.name() + " takes " +
                                        std::to_string(executable.arguments().size()) +
                                        " arguments, but " + std::to_string(inputs.size()) +
                                        " inputs are given");
  std::vector<HostArray> arrays;
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    const ArgumentInfo &info = executable.arguments()[n];
    Result<HostArray> array = makeInput(inputs[n], {info.dtype, info.isTensor, info.shape});
    if (!array)
      return array.status();
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

/// Runs the program with one kernel replaced. Errors: what cannot be run at all.
static Result<Trial> run(const Executable &executable, const std::vector<HostArray> &arrays,
                         const EmulatorOptions &options, const std::string &kernel,
                         const std::string &ptx) {
  MutatedDevice device(options, kernel, ptx);
  Result<DeviceRun> loaded = DeviceRun::create(executable, device, arrays);
  if (!loaded)
    return loaded.status();
  Trial trial;
  Status status = loaded->launch();
  if (status.isOk())
    status = loaded->wait();
  if (!status.isOk()) {
    const std::vector<emulator::Report> &reports = device.emulator().reports();
    trial.defect = reports.empty() ? status.message() : reports[0].line();
    return trial;
  }
  Result<std::vector<HostArray>> results = loaded->results();
  if (!results)
    return results.status();
  trial.results = std::move(*results);
  trial.counters = device.emulator().counters();
  return trial;
}

/// What the program does unchanged, with those results alone that are the same in every
/// way of running it; others are empty.
static Result<Trial> runUnchanged(const Executable &executable,
                                  const std::vector<HostArray> &arrays) {
  std::optional<Trial> right;
  for (const EmulatorOptions &options : strategies()) {
    Result<Trial> trial = run(executable, arrays, options, "", "");
    if (!trial)
      return trial.status();
    if (!trial->defect.empty())
      return Status(StatusKind::Compiler, "the kernels fail unchanged: " + trial->defect);
    if (!right)
      right = std::move(*trial);
    else
      for (std::size_t n = 0; n < trial->results.size(); ++n)
        if (trial->results[n].bytes != right->results[n].bytes)
          right->results[n].bytes.clear();
  }
  return std::move(*right);
}

static bool areSame(const std::vector<HostArray> &results, const std::vector<HostArray> &right) {
  for (std::size_t n = 0; n < results.size(); ++n)
    if (!right[n].bytes.empty() && results[n].bytes != right[n].bytes)
      return false;
  return true;
}

/// Why a mutant fails, or "" when it survives.
static Result<std::string> verdict(const Executable &executable,
                                   const std::vector<HostArray> &arrays, const Trial &right,
                                   const KernelImage &image, const std::string &ptx) {
  for (const EmulatorOptions &options : strategies()) {
    Result<Trial> trial = run(executable, arrays, options, image.name, ptx);
    if (!trial)
      return trial.status();
    if (!trial->defect.empty())
      return trial->defect;
    if (!areSame(trial->results, right.results))
      return std::string("other results");
  }
  return std::string();
}

static Status runTool() {
  auto text = llvm::MemoryBuffer::getFileOrSTDIN(specFile);
  if (!text)
    return Status(StatusKind::Io, specFile + ": " + text.getError().message());
  CompileOptions options;
  options.target = target;
  options.function = function;
  options.gradients = gradients;
  options.fileName = specFile == "-" ? "<stdin>" : specFile.c_str();
  Result<Executable> executable = compile(std::string_view((*text)->getBuffer()), options);
  if (!executable)
    return executable.status();
  Result<std::vector<HostArray>> arrays = makeInputs(*executable);
  if (!arrays)
    return arrays.status();
  Result<Trial> right = runUnchanged(*executable, *arrays);
  if (!right)
    return right.status();

  std::size_t mutantCount = 0, caught = 0;
  for (const KernelImage &image : executable->kernels()) {
    Result<std::vector<emulator::ptx::Mutant>> mutants =
        emulator::ptx::dropSynchronization(image.ptx, image.name);
    if (!mutants)
      return mutants.status();
    for (const emulator::ptx::Mutant &mutant : *mutants) {
      Result<std::string> why = verdict(*executable, *arrays, *right, image, mutant.ptx);
      if (!why)
        return why.status();
      ++mutantCount;
      caught += !why->empty();
      llvm::outs() << (why->empty() ? "survived" : "caught") << ": " << image.name << ":"
                   << mutant.sourceLine << ": `" << mutant.removed << "`";
      if (!why->empty())
        llvm::outs() << ": " << *why;
      llvm::outs() << '\n';
    }
  }
  llvm::outs() << mutantCount << " mutants, " << caught << " caught\n";
  if (right->counters.warps("mbarrier"))
    llvm::outs() << "every mbarrier completed " << right->counters.fewestPhases
                 << " phases or more\n";
  return Status();
}

int main(int argc, char **argv) {
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << versionText(); });
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Drops one synchronisation at a time from a kernel\n");
  Status status = runTool();
  if (status.isOk())
    return 0;
  llvm::StringRef message = status.message();
  if (!message.contains(": error: "))
    llvm::errs() << "lacuna-mutate: error: ";
  llvm::errs() << message.rtrim() << '\n';
  return 1;
}
