#include "lib/Api/CompileDriver.h"

#include "lib/Runtime/NvrtcSearch.h"
#include "lib/Support/Stopwatch.h"

using namespace lacuna;

CompileDriver::CompileDriver(KernelCache &cache, CompilerFrontEnd frontEnd)
    : cache(cache), frontEnd(std::move(frontEnd)) {}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

std::string CompileDriver::requestKey(std::string_view spec, const CompileOptions &options,
                                      const std::string &nvrtc) const {
  // Every part with its length before it, so that no two requests share a key.
  std::string key = "request\n";
  for (std::string_view part :
       {std::string_view(frontEnd.buildId), std::string_view(nvrtc),
        std::string_view(options.target), std::string_view(options.function),
        std::string_view(options.mode), std::string_view(options.gradients),
        std::string_view(options.fileName), spec})
    key.append(std::to_string(part.size())).append(":").append(part).append("\n");
  return key;
}

/// Part of an entry that refers to the entry of another key.
static constexpr const char *referencePart = "same as";

std::shared_ptr<const CacheEntry> CompileDriver::findRequest(const std::string &key,
                                                             const std::string &anyNvrtcKey,
                                                             CompileReport &report) {
  bool fromDisk = false;
  std::shared_ptr<const CacheEntry> entry;
  if (!key.empty()) {
    entry = cache.find(key, &fromDisk);
  } else if (std::shared_ptr<const CacheEntry> reference = cache.find(anyNvrtcKey);
             reference && reference->count(referencePart)) {
    entry = cache.find(reference->at(referencePart), &fromDisk);
  }
  report.source = !entry     ? CompileSource::Compiled
                  : fromDisk ? CompileSource::DiskCache
                             : CompileSource::MemoryCache;
  return entry;
}

//===----------------------------------------------------------------------===//
// Programs as cache entries
//===----------------------------------------------------------------------===//

/// Adds cubin and PTX, which all kernels share, and each kernel's source.
static void addImages(CacheEntry &entry, const Program &program) {
  entry["program.json"] = programToJson(program);
  for (std::size_t i = 0; i < program.kernels.size(); ++i)
    if (i == 0 || program.kernels[i].source != program.kernels[0].source)
      entry["source." + std::to_string(i)] = program.kernels[i].source;
}

static const std::string &partOr(const CacheEntry &entry, const std::string &name,
                                 const std::string &otherwise) {
  auto it = entry.find(name);
  return it == entry.end() ? otherwise : it->second;
}

/// The inverse; none when a part is missing or no program.
static std::optional<Program> programFrom(const CacheEntry &entry) {
  static const std::string nothing;
  Result<Program> program = programFromJson(partOr(entry, "program.json", nothing));
  if (!program || !entry.count("cubin") || !entry.count("ptx"))
    return std::nullopt;
  for (std::size_t i = 0; i < program->kernels.size(); ++i) {
    KernelImage &kernel = program->kernels[i];
    kernel.cubin = entry.at("cubin");
    kernel.ptx = entry.at("ptx");
    kernel.source =
        partOr(entry, "source." + std::to_string(i), partOr(entry, "source.0", nothing));
  }
  return std::move(*program);
}

static void describeKernels(const CacheEntry &entry, CompileReport &report) {
  static const std::string nothing;
  NvrtcLog log = parseNvrtcLog(partOr(entry, "log", nothing));
  for (const FunctionFacts &facts : log.functions)
    report.kernels.push_back({facts.name, facts.registers, facts.staticSharedBytes,
                              facts.stackBytes, facts.spillStoreBytes, facts.spillLoadBytes});
  report.advisories = std::move(log.advisories);
}

/// A program in the form that is handed out; null when the entry holds none.
static std::shared_ptr<const CompiledProgram> finish(const CacheEntry &entry, CompileReport report,
                                                     const Stopwatch &total) {
  std::optional<Program> program = programFrom(entry);
  if (!program)
    return nullptr;
  describeKernels(entry, report);
  report.totalSeconds = total.seconds();
  return std::make_shared<const CompiledProgram>(
      CompiledProgram{std::move(*program), std::move(report)});
}

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

Result<CacheEntry> CompileDriver::runNvrtc(const NvrtcInput &input, bool useCache) {
  std::string key;
  if (useCache) {
    Result<std::string> found = nvrtcIdentity();
    if (!found)
      return found.status();
    key = "nvrtc\n" + *found + "\n" + nvrtcKey(input);
    if (std::shared_ptr<const CacheEntry> entry = cache.find(key))
      return *entry;
  }
  Result<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc)
    return nvrtc.status();
  ++nvrtcRunCount;
  Result<NvrtcOutput> output = (*nvrtc)->compile(input);
  if (!output)
    return output.status();
  CacheEntry entry = {{"cubin", std::move(output->cubin)},
                      {"ptx", std::move(output->ptx)},
                      {"log", std::move(output->logText)}};
  if (useCache)
    cache.store(key, entry);
  return entry;
}

Result<CacheEntry> CompileDriver::build(std::string_view spec, const CompileOptions &options,
                                        CompileReport &report) {
  Stopwatch lowering;
  Result<Program> program = frontEnd.lower(spec, options);
  report.loweringSeconds = lowering.seconds();
  if (!program)
    return program.status();
  Stopwatch nvrtc;
  Result<CacheEntry> entry = runNvrtc(frontEnd.nvrtcInput(*program), options.useCache);
  report.nvrtcSeconds = nvrtc.seconds();
  if (entry)
    addImages(*entry, *program);
  return entry;
}

Result<std::shared_ptr<const CompiledProgram>>
CompileDriver::compile(std::string_view spec, const CompileOptions &options) {
  Stopwatch total;
  CompileReport report;
  Result<std::string> nvrtc = options.useCache ? nvrtcIdentity() : std::string();
  std::string key = nvrtc ? requestKey(spec, options, *nvrtc) : std::string();
  std::string anyNvrtcKey = requestKey(spec, options, "any");
  // Of equal requests one compiles; the others wait and find it in memory.
  std::unique_lock lock(compiling[std::hash<std::string>()(anyNvrtcKey) % compiling.size()],
                        std::defer_lock);
  if (options.useCache) {
    lock.lock();
    if (std::shared_ptr<const CacheEntry> entry = findRequest(key, anyNvrtcKey, report))
      if (std::shared_ptr<const CompiledProgram> found = finish(*entry, report, total))
        return found;
    report.source = CompileSource::Compiled;
  }
  Result<CacheEntry> entry = build(spec, options, report);
  if (!entry)
    return entry.status();
  std::shared_ptr<const CompiledProgram> compiled = finish(*entry, report, total);
  if (!compiled)
    return Status(StatusKind::Compiler, "the compiler made a program that cannot be read back");
  if (options.useCache) {
    cache.store(key, std::move(*entry));
    cache.store(anyNvrtcKey, {{referencePart, key}});
  }
  return compiled;
}
