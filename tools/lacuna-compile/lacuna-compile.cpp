//===- lacuna-compile.cpp - A spec to any level of the compiler ------------===//
//
// Reads IR of any level and writes the level asked for: IR to the output, all
// else to stderr. An output file is written whole or not at all.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Baked.h"
#include "lacuna/Compile.h"
#include "lib/Api/Version.h"
#include "lib/Compiler/BuildKernels.h"
#include "lib/Compiler/Compilation.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-compile/Report.h"
#include "tools/lacuna-run/Arguments.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <iostream>
#include <iterator>

using namespace lacuna;
namespace cl = llvm::cl;

namespace {
enum class Emit { Attn, Tile, Scheduled, EmitC, Cuda, Ptx, Cubin, Report };
} // namespace

static cl::OptionCategory category("lacuna-compile options");
static cl::opt<std::string> inputPath(cl::Positional, cl::desc("<spec.mlir or - >"), cl::init("-"),
                                      cl::cat(category));
static cl::opt<std::string> outputPath("o", cl::desc("where to write; - is stdout"),
                                       cl::value_desc("file"), cl::init("-"), cl::cat(category));
static cl::opt<std::string> target("target", cl::desc("GPU to compile for, such as sm_90a"),
                                   cl::value_desc("name"), cl::cat(category));
static cl::opt<std::string> function("function",
                                     cl::desc("which function, where the file has several"),
                                     cl::value_desc("name"), cl::cat(category));
static const std::string modeText =
    "where runs of key tiles come from; default: " + CompileOptions().mode;
static cl::opt<std::string> mode("mode", cl::desc(modeText),
                                 cl::value_desc("auto|closed|planned|baked"),
                                 cl::init(CompileOptions().mode), cl::cat(category));
static const std::string gradientsText =
    "how gradients are summed; default: " + CompileOptions().gradients;
static cl::opt<std::string> gradients("gradients", cl::desc(gradientsText),
                                      cl::value_desc("deterministic|fastest"),
                                      cl::init(CompileOptions().gradients), cl::cat(category));
static cl::list<std::string> inputs("input", cl::value_desc("value"), cl::cat(category),
                                    cl::desc("for --mode=baked, the next argument, as lacuna-run "
                                             "takes it; SHAPExTYPE alone for a tensor that the "
                                             "mask does not read"));
static cl::opt<Emit> emit(
    "emit", cl::desc("what to write:"), cl::init(Emit::Cubin), cl::cat(category),
    cl::values(clEnumValN(Emit::Attn, "attn",
                          "the spec, sugar expanded, intervals derived, mode chosen"),
               clEnumValN(Emit::Tile, "tile", "abstract kernels, the same for every target"),
               clEnumValN(Emit::Scheduled, "scheduled", "kernels scheduled for the target"),
               clEnumValN(Emit::EmitC, "emitc", "C++ as IR"),
               clEnumValN(Emit::Cuda, "cuda", "CUDA C++ text"), clEnumValN(Emit::Ptx, "ptx", "PTX"),
               clEnumValN(Emit::Cubin, "cubin", "machine code"),
               clEnumValN(Emit::Report, "report", "why the kernel is as it is")));
static cl::opt<std::string> dumpFolder("dump-phases-to",
                                       cl::desc("folder that receives every level on the way"),
                                       cl::value_desc("folder"), cl::cat(category));
static cl::opt<bool> timing("timing", cl::desc("print the time of each stage to stderr"),
                            cl::cat(category));

/// A diagnostic names its own place; other messages get the tool's name.
static int fail(const Status &status) {
  llvm::StringRef message = status.message();
  if (!message.contains(": error: "))
    llvm::errs() << "lacuna-compile: error: ";
  llvm::errs() << message << '\n';
  return 1;
}

static Result<std::string> readInput() {
  if (inputPath != "-")
    return readFile(inputPath);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

static Status writeOutput(const std::string &bytes) {
  if (outputPath != "-")
    return writeFile(outputPath, bytes);
  llvm::outs() << bytes;
  llvm::outs().flush();
  if (llvm::outs().has_error())
    return Status(StatusKind::Io, "cannot write to stdout: " + llvm::outs().error().message());
  return {};
}

/// Writes a phase into the folder of --dump-phases-to, if there is one.
static Status dump(llvm::StringRef name, const std::string &bytes) {
  if (dumpFolder.empty())
    return {};
  return writeFile(dumpFolder + "/" + name.str(), bytes);
}

/// Lowers level by level up to `last`, dumping each one passed.
static Status lower(Compilation &compilation, Level last) {
  constexpr std::pair<Level, const char *> phases[] = {{Level::Attn, "1-attn.mlir"},
                                                       {Level::Tile, "2-tile.mlir"},
                                                       {Level::Scheduled, "3-scheduled.mlir"},
                                                       {Level::EmitC, "4-emitc.mlir"}};
  if (last < compilation.level())
    return compilation.lowerTo(last);
  for (auto [level, name] : phases) {
    if (level < compilation.level() || level > last)
      continue;
    if (Status status = compilation.lowerTo(level); !status.isOk())
      return status;
    if (Status status = dump(name, dumpFolder.empty() ? "" : compilation.print()); !status.isOk())
      return status;
  }
  return {};
}

/// CUDA text, PTX, cubin or report of a module that is EmitC already.
static Result<std::string> finish(Compilation &compilation) {
  Result<Program> program = compilation.finish();
  if (!program)
    return program.status();
  std::string source = program->kernels.empty() ? "" : program->kernels.front().source;
  if (Status status = dump("5-kernel.cu", source); !status.isOk())
    return status;
  if (Status status = dump("program.json", programToJson(*program)); !status.isOk())
    return status;
  if (emit == Emit::Cuda)
    return source;
  auto begin = std::chrono::steady_clock::now();
  Result<NvrtcLog> log = buildKernels(*program);
  if (!log)
    return log.status();
  std::chrono::duration<double, std::milli> nvrtcTime = std::chrono::steady_clock::now() - begin;
  if (timing)
    llvm::errs() << llvm::formatv("{0,-16}{1,9:f2} ms\n", "nvrtc", nvrtcTime.count());
  for (const std::string &advisory : log->advisories)
    llvm::errs() << "warning: " << advisory << '\n';
  const KernelImage &kernel = program->kernels.front();
  if (Status status = dump("6-kernel.ptx", kernel.ptx); !status.isOk())
    return status;
  if (Status status = dump("7-kernel.cubin", kernel.cubin); !status.isOk())
    return status;
  if (emit == Emit::Ptx)
    return kernel.ptx;
  if (emit == Emit::Cubin)
    return kernel.cubin;
  return explain(*program, compilation, *log, nvrtcTime.count());
}

static CompileOptions optionsFor(const std::string &fileName) {
  CompileOptions options;
  options.target = target;
  options.function = function;
  options.mode = mode;
  options.gradients = gradients;
  options.fileName = fileName;
  return options;
}

/// The spec for the mask of the inputs alone.
static Result<std::string> bakeForInputs(const std::string &text, const std::string &fileName) {
  Result<Arguments> arguments =
      parseArguments(text, fileName, function, inputs, TensorInput::ElementsOrShape);
  if (!arguments)
    return arguments.status();
  return bake(text, optionsFor(fileName), arguments->values);
}

/// PTX or cubin by way of the cache: a hit runs no pass and loads no library.
static Result<std::string> compileCached(const std::string &text, const std::string &fileName) {
  Result<Executable> executable = compile(text, optionsFor(fileName));
  if (!executable)
    return executable.status();
  for (const std::string &advisory : executable->report().advisories)
    llvm::errs() << "warning: " << advisory << '\n';
  const KernelImage &kernel = executable->kernels().front();
  return emit == Emit::Ptx ? kernel.ptx : kernel.cubin;
}

/// Level by level, for those who want to see what is on the way.
static Result<std::string> compileByLevels(const std::string &text, const std::string &fileName) {
  auto compilation = Compilation::parse(text, fileName, {target, function, mode, gradients});
  if (!compilation)
    return compilation.status();
  Level last = emit <= Emit::EmitC ? Level(int(emit.getValue())) : Level::EmitC;
  if (Status status = lower(**compilation, last); !status.isOk())
    return status;
  Result<std::string> output =
      emit <= Emit::EmitC ? Result<std::string>((*compilation)->print()) : finish(**compilation);
  if (timing)
    for (const StageTime &stage : (*compilation)->stages())
      llvm::errs() << llvm::formatv("{0,-16}{1,9:f2} ms\n", stage.name, stage.milliseconds);
  return output;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << versionText(); });
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Compiles an attention spec for an NVIDIA GPU\n");

  if (!dumpFolder.empty())
    if (Status status = createFolder(dumpFolder); !status.isOk())
      return fail(status);
  Result<std::string> text = readInput();
  if (!text)
    return fail(text.status());
  std::string fileName = inputPath == "-" ? "<stdin>" : inputPath.getValue();
  if (!inputs.empty() && mode != "baked")
    return fail(Status(StatusKind::Type, "--input is for --mode=baked"));
  if (!inputs.empty()) {
    text = bakeForInputs(*text, fileName);
    fileName += " (baked)"; // places in the text are those of the spec
  }
  if (!text)
    return fail(text.status());
  bool onlyImage = (emit == Emit::Ptx || emit == Emit::Cubin) && dumpFolder.empty() && !timing;
  Result<std::string> output =
      onlyImage ? compileCached(*text, fileName) : compileByLevels(*text, fileName);
  if (!output)
    return fail(output.status());
  if (Status status = writeOutput(*output); !status.isOk())
    return fail(status);
  return 0;
}
