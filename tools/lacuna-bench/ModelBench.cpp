//===- ModelBench.cpp - Predictions against counts --------------------------===//
//
// Specs of the gallery, or their gradients, in both modes and for both families, at lengths that
// are no multiples of a tile: what a launch is predicted to execute and to move on each unit,
// against what the emulator counts when it executes it; and the shared memory that the
// resource model, which chooses schedules before there is a kernel, foresees for a
// block, against what the kernel has.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Gradient.h"
#include "lib/Compiler/Compilation.h"
#include "tools/lacuna-bench/Bench.h"
#include "tools/lacuna-bench/LaunchWork.h"
#include "tools/lacuna-run/Arguments.h"
#include "tools/lacuna-run/GallerySpec.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace lacuna;

/// Largest difference of a unit's figure.
static constexpr double mostPercent = 2;

static constexpr CaseShape shape = {1, 2, 1, 500, 630};

namespace {

/// A spec of the gallery, or its gradient, and one launch of it.
struct ModelCase {
  CaseKernel kernel;
  std::string text;
  Arguments arguments;
};

} // namespace

/// The gradient of a case, which takes outputs and gradients of them, too.
static Status differentiateCase(const CaseKernel &kernel, std::string &text,
                                std::vector<std::string> &inputs) {
  Result<std::string> gradient = differentiate(text, CompileOptions());
  if (!gradient)
    return gradient.status();
  text = std::move(*gradient);
  for (const char *seed : {"4", "5"})
    for (const std::string &state : stateShapes(kernel, shape))
      inputs.push_back(state + "=random:" + seed);
  return Status();
}

static Result<ModelCase> readCase(const std::string &folder, const CaseKernel &kernel,
                                  Passes pass) {
  Result<std::string> text = readSpec(folder, kernel);
  if (!text)
    return text.status();
  Result<std::vector<std::string>> inputs = caseInputs(*text, kernel, shape);
  if (!inputs)
    return inputs.status();
  if (pass == Passes::Backward)
    if (Status status = differentiateCase(kernel, *text, *inputs); !status.isOk())
      return status;
  Result<Arguments> arguments =
      parseArguments(*text, kernel.spec + ".mlir", /*function=*/"", *inputs, TensorInput::Elements);
  if (!arguments)
    return arguments.status();
  return ModelCase{kernel, std::move(*text), std::move(*arguments)};
}

static double percentOf(double prediction, double figure) {
  return 100 * (prediction / figure - 1);
}

/// Of the shared memory of a block, foreseen and allocated; of several kernels that of the
/// one that takes most.
static Result<double> allocationDifference(const ModelCase &modelled, const std::string &target,
                                           const std::string &mode) {
  auto compilation =
      Compilation::parse(modelled.text, modelled.kernel.spec + ".mlir", {target, "", mode});
  if (!compilation)
    return compilation.status();
  Result<Program> program = (*compilation)->finish();
  if (!program)
    return program.status();
  const std::vector<KernelFacts> &all = (*compilation)->facts();
  const auto facts = llvm::max_element(all, [](const KernelFacts &a, const KernelFacts &b) {
    return a.sharedBytes < b.sharedBytes;
  });
  const auto step = llvm::find_if(program->steps, [&](const ProgramStep &step) {
    return program->kernels[step.kernel].name == facts->name;
  });
  return percentOf(double(facts->sharedBytes), step->sharedBytes);
}

/// Prediction less figure in percent, in the order of the table's columns.
static Result<std::vector<std::optional<double>>>
differencesOf(const ModelCase &modelled, const std::string &target, const std::string &mode) {
  CompileOptions compiler;
  compiler.target = target;
  compiler.mode = mode;
  compiler.fileName = modelled.kernel.spec + ".mlir";
  Result<Executable> executable = compile(modelled.text, compiler);
  if (!executable)
    return executable.status();
  Result<LaunchWork> predicted = predictWork(*executable, modelled.arguments.arrays);
  Result<LaunchWork> counted = countWork(*executable, modelled.arguments.arrays);
  for (const Result<LaunchWork> *work : {&predicted, &counted})
    if (!*work)
      return work->status();
  Result<double> allocated = allocationDifference(modelled, target, mode);
  if (!allocated)
    return allocated.status();
  std::vector<std::optional<double>> percents = {*allocated};
  for (double LaunchWork::*unit :
       {&LaunchWork::instructions, &LaunchWork::flops, &LaunchWork::exponentials,
        &LaunchWork::sharedBytes, &LaunchWork::cacheBytes})
    percents.push_back(percentOf((*predicted).*unit, (*counted).*unit));
  return percents;
}

/// Adds the lines of a case, and keeps the largest difference.
static Status addCase(const ModelCase &modelled, const std::string &pass, double &largest,
                      Grid &grid) {
  for (const char *target : {"sm_80", "sm_90a"})
    for (const char *mode : {"closed", "planned"}) {
      const std::string name = target + (" " + modelled.kernel.name()) + ", " + mode + pass;
      auto differences = differencesOf(modelled, target, mode);
      if (!differences)
        return Status(differences.status().kind(), name + ": " + differences.status().message());
      for (std::optional<double> percent : *differences)
        largest = std::max(largest, std::abs(*percent));
      grid.lines.push_back({name, std::move(*differences)});
    }
  return Status();
}

Status lacuna::benchModel(const BenchOptions &options, Table &table) {
  const std::string folder = options.sourceRoot + "/kernels/specs";
  Result<std::vector<std::string>> specs = gallerySpecs(folder);
  if (!specs)
    return specs.status();
  Grid grid{"model",
            "predictions less what is allocated and what the emulator counts, in percent",
            {"shared allocated", "instructions", "products", "exp", "shared bytes", "L2 bytes"}};
  double largest = 0;
  for (std::size_t n = 0; n < specs->size(); ++n) {
    if (!options.specs.empty() && !llvm::is_contained(options.specs, (*specs)[n]))
      continue;
    const std::int64_t dim = n % 2 ? 64 : 128;
    for (Passes pass : {Passes::Forward, Passes::Backward}) {
      if (options.passes != pass && options.passes != Passes::Training)
        continue;
      Result<ModelCase> modelled = readCase(folder, {(*specs)[n], DType::BF16, dim, dim}, pass);
      if (!modelled)
        return modelled.status();
      if (Status added =
              addCase(*modelled, pass == Passes::Backward ? ", backward" : "", largest, grid);
          !added.isOk())
        return added;
    }
  }
  if (grid.lines.empty())
    return Status(StatusKind::Io, "--specs names no spec of " + folder);
  table.add({"model",
             "largest difference, " + std::to_string(grid.lines.size()) + " programs, of a unit",
             largest, "%", mostPercent});
  table.add(std::move(grid));
  return Status();
}
