//===- lacuna-run.cpp - Run a spec and look at its results ------------------===//
//
//   lacuna-run window.mlir --device=reference --input=1x8x256x64xbf16=random:1
//              --input=... --output=@o.npy --check
//
// Results go to files or, with `-`, to standard output; everything else goes to
// standard error. Exit status 0, or 1 with one message that says what is wrong.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Reference.h"
#include "lib/Api/Version.h"
#include "tools/lacuna-run/Check.h"
#include "tools/lacuna-run/Inputs.h"
#include "tools/lacuna-run/Outputs.h"
#include "tools/lacuna-run/ShowMask.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace lacuna;
namespace cl = llvm::cl;

static cl::OptionCategory category("Options of lacuna-run");
static cl::opt<std::string> specFile(cl::Positional, cl::desc("SPEC.mlir"), cl::init("-"),
                                     cl::cat(category));
static cl::opt<std::string> function("function", cl::value_desc("name"), cl::cat(category),
                                     cl::desc("Spec function to run, when there are several"));
static cl::opt<std::string> device("device", cl::value_desc("auto|cuda[:N]|emulator|reference"),
                                   cl::cat(category), cl::init("auto"), cl::desc("Where to run"));
static cl::list<std::string> inputs("input", cl::value_desc("value"), cl::cat(category),
                                    cl::desc("Next argument: @file.npy, SHAPExTYPE=random:SEED, "
                                             "SHAPExTYPE=[LIST], SHAPExTYPE=NUMBER, or a scalar"));
static cl::list<std::string> outputs("output", cl::value_desc("@file.npy|-"), cl::cat(category),
                                     cl::desc("Where the next result goes"));
static cl::opt<std::string> check("check", cl::ValueOptional, cl::value_desc("tolerance"),
                                  cl::cat(category),
                                  cl::desc("Compare with the reference; the tolerance is that of "
                                           "the output's norm"));
static cl::opt<bool> count("count", cl::cat(category),
                           cl::desc("Check that exp of each log-sum-exp is the number of keys "
                                    "its row sees, as it is when all scores are 0"));
static cl::opt<bool> showMask("show-mask", cl::cat(category),
                              cl::desc("Draw what batch 0 and head 0 can see"));

/// Prints the error and gives the exit status. A diagnostic names its own place.
static int failed(const Status &status) {
  llvm::StringRef message = status.message();
  if (!message.contains(": error: "))
    llvm::errs() << "lacuna-run: error: ";
  llvm::errs() << message.rtrim() << '\n';
  return 1;
}

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

static Result<std::vector<HostArray>> makeInputs(const ReferenceSpec &spec) {
  const std::vector<ReferenceArgument> &arguments = spec.arguments();
  if (inputs.size() != arguments.size())
    return Status(StatusKind::Type, "@" + spec.name() + " takes " +
                                        std::to_string(arguments.size()) + " arguments, but " +
                                        std::to_string(inputs.size()) + " inputs are given");
  std::vector<HostArray> arrays;
  for (std::size_t n = 0; n < arguments.size(); ++n) {
    Result<HostArray> array = makeInput(inputs[n], arguments[n]);
    if (!array)
      return array.status();
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

int main(int argc, char **argv) {
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << versionText(); });
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Runs a spec and checks its results\n");

  Result<Tolerance> tolerance = parseTolerance();
  if (!tolerance)
    return failed(tolerance.status());
  auto text = llvm::MemoryBuffer::getFileOrSTDIN(specFile);
  if (!text)
    return failed({StatusKind::Io, specFile + ": " + text.getError().message()});
  Result<ReferenceSpec> spec = ReferenceSpec::parse(
      (*text)->getBuffer(), specFile == "-" ? "<stdin>" : specFile.c_str(), function);
  if (!spec)
    return failed(spec.status());
  Result<std::vector<HostArray>> arrays = makeInputs(*spec);
  if (!arrays)
    return failed(arrays.status());
  std::vector<Value> values;
  for (std::size_t n = 0; n < arrays->size(); ++n)
    values.push_back(valueOf((*arrays)[n], spec->arguments()[n].isTensor));

  if (showMask) {
    Result<std::string> picture = showMasks(*spec, values);
    if (!picture)
      return failed(picture.status());
    llvm::errs() << *picture;
  }

  if (device != "reference")
    return failed({StatusKind::Driver, "--device=" + device + ": there is no such device"});
  Result<ReferenceRun> reference = spec->run(values);
  if (!reference)
    return failed(reference.status());
  std::vector<HostArray> results;
  for (std::size_t n = 0; n < reference->results.size(); ++n)
    results.push_back(roundedResult(reference->result(n), reference->results[n].dtype));

  if (check.getNumOccurrences()) {
    CheckReport report = checkResults(*reference, results, *tolerance);
    llvm::errs() << report.summary() << '\n';
    if (!report.failure.empty())
      return failed({StatusKind::Compiler, report.failure});
  }
  if (count) {
    CheckReport report = countKeys(*reference, results);
    if (!report.failure.empty())
      return failed({StatusKind::Compiler, report.failure});
  }
  Status written = writeResults(results, outputs);
  return written.isOk() ? 0 : failed(written);
}
