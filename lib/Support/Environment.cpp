#include "lib/Support/Environment.h"

#include <array>
#include <cstdlib>
#include <mutex>

using namespace lacuna;

static constexpr VariableInfo table[] = {
    {Variable::Cache, "LACUNA_CACHE",
     "rw (default): read and write the disk cache; ro: only read it; off: do not touch it"},
    {Variable::CacheDir, "LACUNA_CACHE_DIR",
     "folder of the disk cache; default $XDG_CACHE_HOME/lacuna, else ~/.cache/lacuna"},
    {Variable::CacheMaxSize, "LACUNA_CACHE_MAX_SIZE",
     "bytes that the disk cache may hold, with suffix K, M or G; default 1G"},
    {Variable::CheckPlans, "LACUNA_CHECK_PLANS",
     "1: every launch compares what its plan was made from with what is there now, and waits"},
    {Variable::CudaPath, "LACUNA_CUDA_PATH",
     "file to load as the CUDA driver; default libcuda.so.1"},
    {Variable::EmulatorThreads, "LACUNA_EMULATOR_THREADS",
     "host threads that the emulator runs on; default all cores"},
    {Variable::NvrtcPath, "LACUNA_NVRTC_PATH",
     "file or folder to load NVRTC from, before any other place"},
};

namespace {

struct State {
  std::mutex mutex;
  std::array<std::optional<std::string>, std::size(table)> process;
  std::array<std::optional<std::string>, std::size(table)> overrides;

  State() {
    for (const VariableInfo &info : table)
      if (const char *value = std::getenv(info.name.data()); value && *value)
        process[int(info.variable)] = value;
  }
};

} // namespace

static State &state() {
  static State state;
  return state;
}

std::span<const VariableInfo> lacuna::environmentTable() { return table; }

std::optional<std::string> lacuna::environmentValue(Variable variable) {
  State &current = state();
  std::lock_guard lock(current.mutex);
  const auto &override = current.overrides[int(variable)];
  return override ? override : current.process[int(variable)];
}

void lacuna::overrideEnvironment(Variable variable, std::optional<std::string> value) {
  State &current = state();
  std::lock_guard lock(current.mutex);
  current.overrides[int(variable)] = std::move(value);
}

std::string_view lacuna::environmentName(Variable variable) { return table[int(variable)].name; }
