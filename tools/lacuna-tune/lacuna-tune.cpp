//===- lacuna-tune.cpp - Which schedule is the fastest -----------------------===//
//
//   lacuna-tune --dims=64,128               candidates on the first CUDA device, by time
//   lacuna-tune --dims=128 --target=sm_80   without one: by the bounds of the static
//                                           model, which are no times
//   lacuna-tune --table=dialects/Tile/Transforms/TunedSchedules.def
//                                           also puts the fastest into the table
//
// Kernels whose mask and score read no tables are tuned with causal attention, the
// others with relative_bias. A candidate that spills is not worth a measurement.
//
//===----------------------------------------------------------------------===//
#include "lib/Api/Version.h"
#include "lib/Compiler/Compilation.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-bench/KernelCosts.h"
#include "tools/lacuna-bench/LaunchTimer.h"
#include "tools/lacuna-run/Text.h"
#include "tools/lacuna-tune/Candidates.h"
#include "tools/lacuna-tune/TunedTable.h"

#include "dialects/Tile/Transforms/ScheduleTable.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

using namespace lacuna;
namespace cl = llvm::cl;

static cl::OptionCategory category("lacuna-tune options");
static cl::list<std::string> dims("dims", cl::CommaSeparated, cl::cat(category),
                                  cl::value_desc("numbers"),
                                  cl::desc("head dims, such as 128 or 192/128 (default: 64, 96, "
                                           "128, 192/128, 256)"));
static cl::opt<std::string> targetName("target", cl::value_desc("name"), cl::cat(category),
                                       cl::desc("rank for it, without a GPU"));
static cl::opt<std::string> tablePath("table", cl::value_desc("file"), cl::cat(category),
                                      cl::desc("put the fastest schedules into this table"));
static cl::opt<unsigned> shown("show", cl::init(8), cl::cat(category),
                               cl::desc("candidates that are printed of each kind (default 8)"));
static cl::opt<int> repeats("repeats", cl::init(30), cl::cat(category),
                            cl::desc("medians of so many launches (default 30)"));
static cl::opt<std::string> sourceRoot("source-root", cl::value_desc("folder"), cl::cat(category),
                                       cl::init(LACUNA_SOURCE_ROOT), cl::desc("where kernels/ is"));

namespace {

/// A schedule, and its time in milliseconds, or the clocks that its slowest unit takes
/// for 128 x 128 visible scores.
struct Ranked {
  tile::Schedule schedule;
  double cost = 0, shareOfPeak = 0, registers = 0;
};

/// Ranks candidates for one kind of kernel.
class Tuner {
public:
  Tuner(const BenchOptions &options, const TargetInfo &target, Device *device,
        const LaunchTimer *timer)
      : options(options), target(target), device(device), timer(timer) {}

  /// The best first; candidates that spill are left out.
  Result<std::vector<Ranked>> rank(const Configuration &configuration,
                                   const tile::AttentionShape &shape) const;

private:
  Result<std::string> pinned(const Configuration &configuration,
                             const PreparedConfiguration &prepared,
                             const tile::Schedule &schedule) const;
  Result<std::optional<Ranked>> tryOne(const Configuration &configuration,
                                       const PreparedConfiguration &prepared,
                                       const tile::Schedule &schedule) const;

  const BenchOptions &options;
  const TargetInfo &target;
  Device *device; ///< null: by bounds
  const LaunchTimer *timer;
};

} // namespace

Result<std::string> Tuner::pinned(const Configuration &configuration,
                                  const PreparedConfiguration &prepared,
                                  const tile::Schedule &schedule) const {
  CompilerOptions compiler;
  compiler.target = target.name;
  auto compilation = Compilation::parse(prepared.programs.front().text,
                                        configuration.kernel.spec + ".mlir", compiler);
  if (!compilation)
    return compilation.status();
  Status status = (*compilation)->pin(schedule);
  return status.isOk() ? Result<std::string>((*compilation)->print()) : status;
}

Result<std::optional<Ranked>> Tuner::tryOne(const Configuration &configuration,
                                            const PreparedConfiguration &prepared,
                                            const tile::Schedule &schedule) const {
  Result<std::string> text = pinned(configuration, prepared, schedule);
  if (!text)
    return text.status();
  if (!device) {
    PreparedConfiguration candidate = prepared;
    candidate.programs.front().text = *text;
    Result<KernelCosts> costs = costsOf(configuration, candidate, target);
    if (!costs)
      return costs.status();
    if (costs->info.spillStoreBytes)
      return std::optional<Ranked>();
    return std::optional(Ranked{schedule, costs->clocks.most() * costs->visited,
                                costs->shareOfPeak(), double(costs->info.registers)});
  }
  CompileOptions compiler;
  compiler.target = target.name;
  compiler.fileName = configuration.kernel.spec + ".mlir";
  Result<Executable> executable = compile(*text, compiler);
  if (!executable)
    return executable.status();
  const KernelInfo &info = executable->report().kernels.back();
  if (info.spillStoreBytes)
    return std::optional<Ranked>();
  Result<DeviceRun> run =
      DeviceRun::create(*executable, *device, prepared.programs.front().arguments);
  if (!run)
    return run.status();
  Result<Measurement> measured = timer->time(*run);
  if (!measured)
    return measured.status();
  const double flops = flopsOf(configuration, double(prepared.visiblePairs));
  const double peak =
      measured->megahertz.value_or(0) * 1e6 * device->multiprocessors() * target.flopsPerClock;
  return std::optional(Ranked{schedule, 1e3 * measured->seconds,
                              peak ? flops / measured->seconds / peak : 0, double(info.registers)});
}

Result<std::vector<Ranked>> Tuner::rank(const Configuration &configuration,
                                        const tile::AttentionShape &shape) const {
  const Configuration measured = device ? configuration : oneGroupOf(configuration);
  Result<PreparedConfiguration> prepared = prepare(options, measured);
  if (!prepared)
    return prepared.status();
  std::vector<Ranked> ranking;
  for (const tile::Schedule &schedule : candidatesFor(shape, target)) {
    Result<std::optional<Ranked>> ranked = tryOne(measured, *prepared, schedule);
    if (!ranked)
      return Status(ranked.status().kind(), toString(schedule) + ": " + ranked.status().message());
    if (*ranked)
      ranking.push_back(**ranked);
  }
  std::stable_sort(ranking.begin(), ranking.end(),
                   [](const Ranked &a, const Ranked &b) { return a.cost < b.cost; });
  return ranking;
}

/// What is launched for a kind of kernel: many blocks of a usual size.
static Configuration configurationFor(const tile::AttentionShape &shape, std::int64_t tokens) {
  Configuration configuration;
  configuration.kernel = {shape.readsTables ? "relative_bias" : "causal", DType::BF16,
                          shape.queryFeatures, shape.valueFeatures};
  configuration.shape = {1, 32, 32, tokens, tokens};
  if (shape.readsTables)
    configuration.tables = {"{query_heads}x65xf32=random:11"};
  return configuration;
}

/// "128" or "192/128".
static bool parseDims(const std::string &text, tile::AttentionShape &shape) {
  std::string_view rest = text;
  const std::string_view query = takeUntil(rest, '/');
  if (!parseNumber(query, shape.queryFeatures))
    return false;
  shape.valueFeatures = shape.queryFeatures;
  return rest.empty() || parseNumber(rest, shape.valueFeatures);
}

static std::string describe(const tile::Schedule &schedule) {
  return toString(schedule) + (schedule.queryInRegisters ? ", query in registers" : "") +
         (schedule.roles ? ", roles" : "");
}

static void print(const tile::AttentionShape &shape, const TargetInfo &target,
                  const std::vector<Ranked> &ranking, const std::string &unit, Table &table) {
  const tile::ScheduleChoice choice = tile::chooseSchedule(shape, target);
  Grid grid{"tune",
            std::string(target.name) + ", head dims " + std::to_string(shape.queryFeatures) +
                " and " + std::to_string(shape.valueFeatures) +
                (shape.readsTables ? ", tables" : ""),
            {unit, "registers", "of peak, %"}};
  for (std::size_t n = 0; n < ranking.size(); ++n) {
    const bool isChosen = choice.schedule == ranking[n].schedule;
    if (n < shown || isChosen)
      grid.lines.push_back({describe(ranking[n].schedule),
                            {ranking[n].cost, ranking[n].registers, 100 * ranking[n].shareOfPeak},
                            isChosen ? "chosen today" : ""});
  }
  table.add(std::move(grid));
}

static int fail(const std::string &message) {
  llvm::errs() << "lacuna-tune: error: " << message << '\n';
  return 1;
}

/// Puts entries into the table.
static Status mergeInto(const std::vector<tile::TunedSchedule> &entries) {
  Result<std::string> before = readFile(tablePath);
  if (!before)
    return before.status();
  Result<std::string> merged = mergeTuned(*before, entries);
  if (!merged)
    return Status(merged.status().kind(), tablePath + ": " + merged.status().message());
  return *merged == *before ? Status() : writeFile(tablePath, *merged);
}

int main(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << versionText(); });
  cl::ParseCommandLineOptions(argc, argv, "Finds the fastest schedules\n");
  BenchOptions options;
  options.sourceRoot = sourceRoot;
  std::unique_ptr<Device> device;
  std::optional<LaunchTimer> timer;
  if (!tablePath.empty()) // before an hour of measurements
    if (Status status = mergeInto({}); !status.isOk())
      return fail(status.message());
  if (targetName.empty()) {
    Result<std::unique_ptr<Device>> opened = openDevice("cuda");
    if (!opened)
      return fail(opened.status().message() + "; --target=NAME ranks without a GPU");
    device = std::move(*opened);
    Result<LaunchTimer> made = LaunchTimer::create(*device, repeats);
    if (!made)
      return fail(made.status().message());
    timer.emplace(std::move(*made));
  } else if (!tablePath.empty()) {
    return fail("--table takes measurements, and --target gives none; run on a GPU");
  }
  const TargetInfo *target = findTarget(device ? device->target() : targetName.getValue());
  if (!target)
    return fail("unknown target '" + targetName + "'; known are " + targetNames());
  if (dims.empty())
    for (const char *usual : {"64", "96", "128", "192/128", "256"})
      dims.push_back(usual);

  const Tuner tuner(options, *target, device.get(), timer ? &*timer : nullptr);
  Table table;
  std::vector<tile::TunedSchedule> fastest;
  for (const std::string &text : dims)
    for (bool readsTables : {false, true}) {
      tile::AttentionShape shape;
      if (!parseDims(text, shape))
        return fail("--dims: '" + text + "' is no head dim such as 128 or 192/128");
      shape.readsTables = readsTables;
      llvm::errs() << "ranking " << text << (readsTables ? " with tables" : "") << '\n';
      Result<std::vector<Ranked>> ranking =
          tuner.rank(configurationFor(shape, device ? 8192 : 4096), shape);
      if (!ranking)
        return fail(ranking.status().message());
      if (!ranking->empty())
        fastest.push_back({target->name, shape, ranking->front().schedule});
      print(shape, *target, *ranking, device ? "time, ms" : "bound, clk", table);
    }
  llvm::outs() << table.text();
  if (!device)
    llvm::outs() << "\nNo GPU: ranked by the static model, whose bounds lacuna-bench "
                    "--only=kernels shows; these are predictions.\n";
  if (tablePath.empty())
    return 0;
  Status written = mergeInto(fastest);
  return written.isOk() ? 0 : fail(written.message());
}
