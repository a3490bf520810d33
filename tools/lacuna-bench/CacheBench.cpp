//===- CacheBench.cpp - Hits of the disk cache -------------------------------===//
#include "lib/Api/CompileDriver.h"
#include "lib/Api/FrontEnd.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-bench/Bench.h"

#include <cstdlib>
#include <filesystem>

using namespace lacuna;

namespace {

/// A new folder that is removed at the end.
class ScratchFolder {
public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lacuna-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()))
      folder = pattern;
  }
  ScratchFolder(const ScratchFolder &) = delete;
  ScratchFolder &operator=(const ScratchFolder &) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  const std::string &path() const { return folder; }

private:
  std::string folder;
};

} // namespace

/// One compile as a new process would begin it: nothing in memory.
static Result<CompileReport> compileOnce(const std::string &spec, const std::string &folder) {
  CacheOptions cacheOptions;
  cacheOptions.folder = folder;
  KernelCache cache(cacheOptions);
  CompileDriver driver(cache, mlirFrontEnd());
  CompileOptions options;
  options.target = "sm_80";
  auto compiled = driver.compile(spec, options);
  return compiled ? Result<CompileReport>((*compiled)->report) : compiled.status();
}

static Status benchProcess(const BenchOptions &options, const std::string &specPath, Table &table) {
  ScratchFolder scratch;
  std::vector<std::string> command = {options.programPath + "/lacuna-compile",
                                      specPath,
                                      "--target=sm_80",
                                      "--emit=cubin",
                                      "-o",
                                      "/dev/null"};
  std::vector<std::string> environment = {"LACUNA_CACHE=rw", "LACUNA_CACHE_DIR=" + scratch.path()};
  if (Result<ProcessTimes> cold = timeProcess(command, environment); !cold)
    return cold.status();
  std::vector<double> wall, cpu;
  for (int i = 0; i < options.repeats; ++i) {
    Result<ProcessTimes> hit = timeProcess(command, environment);
    if (!hit)
      return hit.status();
    wall.push_back(hit->wall);
    cpu.push_back(hit->cpu);
  }
  table.add({"cache", "disk hit, whole process", median(wall), "ms", {}});
  table.add({"cache", "disk hit, whole process, CPU", median(cpu), "ms", 10.0});
  return Status();
}

Status lacuna::benchCache(const BenchOptions &options, Table &table) {
  std::string specPath = options.sourceRoot + "/kernels/specs/causal.mlir";
  Result<std::string> spec = readFile(specPath);
  if (!spec)
    return spec.status();
  ScratchFolder scratch;
  if (Result<CompileReport> cold = compileOnce(*spec, scratch.path()); !cold)
    return cold.status();
  constexpr int hitsPerRepeat = 10; // a hit is short enough for a busy machine to double it
  std::vector<double> hits;
  for (int i = 0; i < options.repeats * hitsPerRepeat; ++i) {
    Result<CompileReport> hit = compileOnce(*spec, scratch.path());
    if (!hit)
      return hit.status();
    if (hit->source != CompileSource::DiskCache)
      return Status(StatusKind::Io, "the disk cache in " + scratch.path() + " did not hit");
    hits.push_back(hit->totalSeconds * 1000);
  }
  table.add({"cache", "disk hit in a warm process", median(hits), "ms", 2.0});
  return benchProcess(options, specPath, table);
}
