//===- lacuna-bench.cpp - How fast Lacuna is on this machine ----------------===//
//
//   lacuna-bench                          everything, as a table
//   lacuna-bench --only=compile,cache     some sections
//   lacuna-bench --json=FILE --check      for machines: exit 1 over a limit
//
// Absolute times depend on the machine and on what else it does; limits are set
// on ratios and on what no busy machine excuses.
//
//===----------------------------------------------------------------------===//
#include "lib/Api/Version.h"
#include "lib/Support/FileIdentity.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-bench/Bench.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

#include <filesystem>

using namespace lacuna;
namespace cl = llvm::cl;

static cl::OptionCategory category("lacuna-bench options");
static cl::list<std::string>
    only("only", cl::CommaSeparated, cl::cat(category), cl::value_desc("sections"),
         cl::desc("of compile, cache, launch, plan, emulator, kernels, model, speed"));
static cl::opt<int> repeats("repeats", cl::init(5), cl::cat(category),
                            cl::desc("medians of so many runs (default 5)"));
static cl::opt<std::string> jsonPath("json", cl::value_desc("file"), cl::cat(category),
                                     cl::desc("write the rows there too; - is stdout, without "
                                              "the table"));
static cl::opt<std::string> markdownPath("markdown", cl::value_desc("file"), cl::cat(category),
                                         cl::desc("write a page with the figures"));
static cl::opt<std::string> deviceName("device", cl::value_desc("cuda[:N]|emulator"),
                                       cl::cat(category),
                                       cl::desc("where speed is measured (default: a CUDA device, "
                                                "if there is one)"));
static cl::list<int> numbers("configurations", cl::CommaSeparated, cl::cat(category),
                             cl::value_desc("numbers"),
                             cl::desc("which ones, for kernels and speed (default: all)"));
static cl::opt<std::string> matching("matching", cl::cat(category), cl::value_desc("text"),
                                     cl::desc("of these, those whose titles contain it"));
static cl::list<std::string> specs("specs", cl::CommaSeparated, cl::cat(category),
                                   cl::value_desc("names"),
                                   cl::desc("of the gallery, for model (default: all)"));
static cl::opt<int> shorten("shorten", cl::init(1), cl::cat(category),
                            cl::desc("sequences of the configurations are so many times as short; "
                                     "for a look at the section without a GPU"));
static cl::opt<int> lengthen("lengthen", cl::init(1), cl::cat(category),
                             cl::desc("or as long, for predictions"));
static cl::opt<Passes> passes(
    cl::desc("What configurations launch:"), cl::cat(category), cl::init(Passes::Forward),
    cl::values(clEnumValN(Passes::Forward, "forward", "the spec (default)"),
               clEnumValN(Passes::Backward, "backward", "its gradient"),
               clEnumValN(Passes::Training, "training", "the spec, and behind it the gradient")));
static cl::opt<std::string> gradients("gradients", cl::value_desc("deterministic|fastest"),
                                      cl::init(CompileOptions().gradients), cl::cat(category),
                                      cl::desc("how those of configurations are summed"));
static cl::opt<std::string> prepareTarget("prepare", cl::value_desc("target"), cl::cat(category),
                                          cl::desc("speed only compiles for it, into the cache, "
                                                   "for a machine without NVRTC"));
static cl::opt<std::string> exportFolder("export", cl::value_desc("folder"), cl::cat(category),
                                         cl::desc("measure nothing; write the configurations for "
                                                  "test/bench/peers.py"));
static cl::opt<bool> check("check", cl::cat(category), cl::desc("exit with 1 over a limit"));
static cl::opt<std::string> sourceRoot("source-root", cl::value_desc("folder"), cl::cat(category),
                                       cl::init(LACUNA_SOURCE_ROOT),
                                       cl::desc("where kernels/ and test/ are"));

namespace {

/// A section by its name.
struct Section {
  const char *name;
  Status (*run)(const BenchOptions &, Table &);
};

} // namespace

static constexpr Section sections[] = {{"compile", benchCompile},   {"cache", benchCache},
                                       {"launch", benchLaunch},     {"plan", benchPlan},
                                       {"emulator", benchEmulator}, {"kernels", benchKernels},
                                       {"model", benchModel},       {"speed", benchSpeed}};

static int fail(const std::string &message) {
  llvm::errs() << "lacuna-bench: error: " << message << '\n';
  return 1;
}

static bool isWanted(llvm::StringRef name) {
  return only.empty() || llvm::is_contained(only, name);
}

int main(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << versionText(); });
  cl::ParseCommandLineOptions(argc, argv, "Measures Lacuna on this machine.\n");
  BenchOptions options;
  options.repeats = std::max(1, int(repeats));
  options.sourceRoot = sourceRoot;
  options.device = deviceName;
  options.configurations.assign(numbers.begin(), numbers.end());
  options.matching = matching;
  options.specs.assign(specs.begin(), specs.end());
  options.shorten = std::max(1, int(shorten));
  options.lengthen = std::max(1, int(lengthen));
  options.passes = passes;
  options.gradients = gradients;
  options.prepareTarget = prepareTarget;
  options.programPath = std::filesystem::path(ownFile()).parent_path().string();
  for (const std::string &name : only)
    if (llvm::none_of(sections, [&](const Section &section) { return name == section.name; }))
      return fail("there is no section '" + name + "'");

  if (!exportFolder.empty()) {
    if (passes != Passes::Forward)
      return fail("--export writes specs, whose gradients are made from them");
    Status status = exportConfigurations(options, exportFolder);
    return status.isOk() ? 0 : fail(status.message());
  }
  Table table;
  for (const Section &section : sections) {
    if (!isWanted(section.name))
      continue;
    llvm::errs() << "measuring " << section.name << '\n';
    if (Status status = section.run(options, table); !status.isOk())
      return fail(std::string(section.name) + ": " + status.message());
  }
  if (jsonPath == "-")
    llvm::outs() << table.json();
  else
    llvm::outs() << table.text();
  if (!jsonPath.empty() && jsonPath != "-")
    if (Status status = writeFile(jsonPath, table.json()); !status.isOk())
      return fail(status.message());
  if (!markdownPath.empty())
    if (Status status = writeFile(markdownPath, table.markdown()); !status.isOk())
      return fail(status.message());
  if (check && !table.exceeded().empty())
    return fail("over the limit: " + llvm::join(table.exceeded(), "; "));
  return 0;
}
