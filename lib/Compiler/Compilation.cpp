#include "lib/Compiler/Compilation.h"

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Passes.h"
#include "dialects/Tile/IR/Tile.h"
#include "dialects/Tile/Transforms/KernelShape.h"
#include "lib/Compiler/ArgumentNames.h"
#include "lib/Compiler/BakeSpec.h"
#include "lib/Compiler/CollectFacts.h"
#include "lib/Compiler/Diagnostics.h"
#include "lib/Compiler/ExportProgram.h"
#include "lib/Compiler/PickFunction.h"
#include "lib/Compiler/Pipelines.h"
#include "lib/Compiler/Register.h"
#include "lib/Runtime/LaunchChecks.h"
#include "lib/Support/Stopwatch.h"
#include "lib/Support/Targets.h"
#include "lib/Target/Cuda/EmitCuda.h"

#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace lacuna;

/// Everything MLIR, in an order in which it can be destroyed.
struct Compilation::Module {
  explicit Module(const DialectRegistry &registry)
      : context(registry, MLIRContext::Threading::DISABLED), diagnostics(sources, &context) {
    context.printOpOnDiagnostic(false); // the source line says more
  }

  /// Runs `work`, keeping its time under `name`.
  template <class Work>
  LogicalResult timed(const char *name, Work work) {
    Stopwatch watch;
    LogicalResult result = work();
    stages.push_back({name, 1e3 * watch.seconds()});
    return result;
  }

  /// Runs a pipeline, and verifies what it leaves.
  LogicalResult runPasses(const char *name, llvm::function_ref<void(OpPassManager &)> build) {
    return timed(name, [&] {
      PassManager passes(&context);
      passes.enableVerifier(false); // behind each pass it would take a fifth of the time
      build(passes);
      return failure(failed(passes.run(*op)) || failed(verify(*op)));
    });
  }

  LogicalResult planKernels(SmallVectorImpl<TileSize> &tiles, FailureOr<Program> &program);
  Status pickFunction();
  Status findLevel();
  Status settleTarget();

  llvm::SourceMgr sources;
  MLIRContext context;
  DiagnosticText diagnostics;
  OwningOpRef<ModuleOp> op;
  CompilerOptions options;
  Level level = Level::Attn;
  bool prepared = false; ///< the attn passes have run
  std::vector<StageTime> stages;
  std::vector<KernelFacts> facts;
};

Compilation::Compilation() = default;
Compilation::~Compilation() = default;

Level Compilation::level() const { return module->level; }
const std::string &Compilation::target() const { return module->options.target; }
const std::vector<StageTime> &Compilation::stages() const { return module->stages; }
const std::vector<KernelFacts> &Compilation::facts() const { return module->facts; }
const std::vector<std::string> &Compilation::remarks() const {
  return module->diagnostics.remarks();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The level of a module is that of its kernels, or Attn when it has none.
Status Compilation::Module::findLevel() {
  for (Operation &inner : *op->getBody()) {
    if (isa<emitc::FuncOp>(inner))
      level = Level::EmitC;
    else if (auto kernel = dyn_cast<tile::KernelOp>(inner))
      level = kernel.getSchedule() ? Level::Scheduled : Level::Tile;
  }
  return {};
}

/// Leaves the function that was asked for (or the only one) in the module.
Status Compilation::Module::pickFunction() {
  auto isCandidate = [](Operation *inner) { return isa<func::FuncOp, tile::ProgramOp>(inner); };
  Result<Operation *> chosen = lacuna::pickFunction(*op, options.function, isCandidate);
  if (!chosen)
    return chosen.status();
  for (Operation &inner : llvm::make_early_inc_range(*op->getBody()))
    if (isCandidate(&inner) && &inner != *chosen)
      inner.erase();
  if (auto function = dyn_cast<func::FuncOp>(*chosen))
    attachArgumentNames(function, *sources.getMemoryBuffer(sources.getMainFileID()));
  return {};
}

/// The target of the options and that of scheduled kernels must agree.
Status Compilation::Module::settleTarget() {
  for (auto kernel : op->getOps<tile::KernelOp>()) {
    std::string scheduled = kernel.getTarget().value_or("").str();
    if (options.target.empty())
      options.target = scheduled;
    else if (!scheduled.empty() && scheduled != options.target)
      return Status(StatusKind::Unsupported, "kernel @" + kernel.getSymName().str() +
                                                 " is scheduled for " + scheduled + ", not for " +
                                                 options.target + "; start from its abstract form");
  }
  if (!options.target.empty() && !findTarget(options.target))
    return Status(StatusKind::Unsupported,
                  "unknown target '" + options.target + "'; known are " + targetNames());
  return {};
}

Result<std::unique_ptr<Compilation>> Compilation::parse(std::string text, std::string fileName,
                                                        CompilerOptions options) {
  DialectRegistry registry;
  registerLacuna(registry);
  std::unique_ptr<Compilation> compilation(new Compilation);
  compilation->module = std::make_unique<Module>(registry);
  Module &module = *compilation->module;
  module.options = std::move(options);
  module.sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, fileName), {});
  LogicalResult parsed = module.timed("parse", [&] {
    module.op = parseSourceFile<ModuleOp>(module.sources, &module.context);
    return success(bool(module.op));
  });
  if (failed(parsed))
    return module.diagnostics.take(StatusKind::Syntax, fileName + ": error: does not parse");
  for (auto step : {&Module::findLevel, &Module::pickFunction, &Module::settleTarget})
    if (Status status = (module.*step)(); !status.isOk())
      return status;
  module.facts = collectFacts(*module.op);
  return compilation;
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

Status Compilation::lowerTo(Level level) {
  Module &m = *module;
  if (level < m.level)
    return Status(StatusKind::Unsupported, "the input is already past the level asked for");
  if (level >= Level::Scheduled && m.options.target.empty())
    return Status(StatusKind::Unsupported, "no target given; choose one of " + targetNames());
  struct Step {
    const char *name;
    Level from;
    Level to;
    std::function<void(OpPassManager &)> build;
  };
  const Step steps[] = {
      {"attn passes", Level::Attn, Level::Attn,
       [&](OpPassManager &passes) {
         buildAttnPreparePipeline(passes, m.options.mode, m.options.gradients);
       }},
      {"attn to tile", Level::Attn, Level::Tile, buildAttnToTilePipeline},
      {"tile schedule", Level::Tile, Level::Scheduled,
       [&](OpPassManager &passes) { buildTileSchedulePipeline(passes, m.options.target); }},
      {"tile to emitc", Level::Scheduled, Level::EmitC, buildTileToEmitCPipeline},
  };
  for (const Step &step : steps) {
    bool prepares = step.to == Level::Attn;
    if (m.level != step.from || level < step.to || (prepares && m.prepared))
      continue;
    if (failed(m.runPasses(step.name, step.build)))
      return m.diagnostics.take(StatusKind::Unsupported, std::string(step.name) + " failed");
    m.level = step.to;
    m.prepared |= prepares;
    if (m.level == Level::Scheduled)
      m.facts = collectFacts(*m.op);
  }
  return {};
}

Status Compilation::pin(const tile::Schedule &schedule) {
  if (Status status = lowerTo(Level::Tile); !status.isOk())
    return status;
  for (auto kernel : module->op->getOps<tile::KernelOp>())
    if (!kernel.getPlans())
      kernel->setAttr("tile.pins", tile::toPins(&module->context, schedule));
  return {};
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

Status Compilation::differentiate() {
  Module &m = *module;
  SmallVector<func::FuncOp> specs(m.op->getOps<func::FuncOp>());
  if (specs.size() != 1 || m.prepared)
    return Status(StatusKind::Unsupported, "only a spec can be differentiated");
  if (failed(m.runPasses("differentiate", [](OpPassManager &passes) {
        passes.addPass(attn::createDifferentiate());
      })))
    return m.diagnostics.take(StatusKind::Unsupported, "the spec cannot be differentiated");
  if (llvm::hasSingleElement(m.op->getOps<func::FuncOp>()))
    return Status(StatusKind::Unsupported, "@" + specs.front().getName().str() +
                                               " has no attn.attend to differentiate, or is a "
                                               "gradient itself");
  specs.front().erase();
  return {};
}

//===----------------------------------------------------------------------===//
// Baking
//===----------------------------------------------------------------------===//

/// A planned kernel has the tiles that a baked one gets, so that both visit the same.
LogicalResult Compilation::Module::planKernels(SmallVectorImpl<TileSize> &tiles,
                                               FailureOr<Program> &program) {
  OwningOpRef<ModuleOp> planned = op->clone();
  planned->walk([](attn::AttendOp attend) { attend.setMode(attn::Mode::Planned); });
  PassManager passes(&context);
  buildAttnToTilePipeline(passes);
  buildTileSchedulePipeline(passes, options.target);
  if (failed(passes.run(*planned)))
    return failure();
  SmallVector<TileSize> kernels; // of attends and of what looks at no keys, in order
  for (auto kernel : planned->getOps<tile::KernelOp>())
    if (!kernel.getPlans())
      kernels.push_back({kernel.getSchedule()->getQueryTile(), kernel.getSchedule()->getKeyTile()});
  const TileSize *kernel = kernels.begin();
  for (auto spec : op->getOps<func::FuncOp>())
    for (Operation &made : spec.getOps())
      if (isa<attn::TiledAttention, attn::RowWise>(made) && !made.use_empty()) {
        if (isa<attn::AttendOp>(made))
          tiles.push_back(*kernel);
        ++kernel;
      }
  for (auto made : planned->getOps<tile::ProgramOp>())
    program = exportProgram(made);
  return success(succeeded(program));
}

Status Compilation::bake(Span<lacuna::Value> arguments) {
  Module &m = *module;
  bool isBaked =
      m.op->walk([](attn::AttendOp attend) {
            return attend.getRunsAttr() ? WalkResult::interrupt() : WalkResult::advance();
          })
          .wasInterrupted();
  if (m.level != Level::Attn || isBaked)
    return Status(StatusKind::Unsupported, "only a spec can be baked, and only once");
  m.options.mode = "baked";
  if (Status status = lowerTo(Level::Attn); !status.isOk())
    return status;
  WalkResult gradients = m.op->walk([](attn::BackwardOp backward) {
    backward.emitOpError("is of a gradient, which cannot be baked; in mode 'planned' it visits "
                         "the tiles that the mask leaves, too");
    return WalkResult::interrupt();
  });
  if (gradients.wasInterrupted())
    return m.diagnostics.take(StatusKind::Unsupported, "gradients cannot be baked");
  SmallVector<TileSize> tiles;
  FailureOr<Program> program = failure();
  if (failed(m.timed("bake: tiles", [&] { return m.planKernels(tiles, program); })))
    return m.diagnostics.take(StatusKind::Unsupported, "the spec cannot be planned");
  if (Status status = checkShapes(*program, arguments); !status.isOk())
    return status;
  LogicalResult baked = m.timed("bake: runs", [&] {
    for (auto spec : m.op->getOps<func::FuncOp>())
      if (failed(bakeSpec(spec, tiles, arguments)))
        return failure();
    return verify(*m.op);
  });
  return failed(baked) ? m.diagnostics.take(StatusKind::Unsupported, "the spec cannot be baked")
                       : Status();
}

std::string Compilation::print(bool withLocations) const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  OpPrintingFlags flags = OpPrintingFlags().printNameLocAsPrefix();
  module->op->print(stream, withLocations ? flags.enableDebugInfo() : flags);
  stream << '\n';
  return text;
}

Result<Program> Compilation::finish() {
  Module &m = *module;
  if (Status status = lowerTo(Level::EmitC); !status.isOk())
    return status;
  std::string source;
  FailureOr<Program> program = failure();
  LogicalResult emitted = m.timed("emission", [&] {
    for (auto op : llvm::make_early_inc_range(m.op->getOps<tile::ProgramOp>())) {
      program = exportProgram(op);
      op.erase(); // read; the printer knows EmitC and nothing else
    }
    return success(succeeded(program) && succeeded(emitCuda(*m.op, source)));
  });
  if (failed(emitted))
    return m.diagnostics.take(StatusKind::Compiler, "the module has no tile.program");
  for (KernelImage &kernel : program->kernels) {
    kernel.target = m.options.target;
    kernel.source = source;
  }
  return std::move(*program);
}
