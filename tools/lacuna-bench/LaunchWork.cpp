#include "tools/lacuna-bench/LaunchWork.h"

#include "lib/Emulator/EmulatorDevice.h"
#include "tools/lacuna-run/DeviceRun.h"

#include <cstdio>
#include <map>

using namespace lacuna;

/// Operations of one instruction, of a warp or of a group of warps: "....m64n128k16....".
static double flopsOf(const std::string &opcode) {
  int m = 0, n = 0, k = 0;
  for (std::size_t at = 0; (at = opcode.find(".m", at)) != std::string::npos; ++at)
    if (std::sscanf(opcode.c_str() + at, ".m%dn%dk%d", &m, &n, &k) == 3)
      return 2.0 * m * n * k;
  return 0;
}

static bool isProduct(const emulator::InstructionCount &count) {
  return count.opcode.starts_with("wgmma.mma_async") || count.opcode.starts_with("mma.");
}

/// Operations of all products that were executed.
static double productsOf(const emulator::Counters &counters) {
  double flops = 0;
  for (const emulator::InstructionCount &count : counters.instructions)
    if (isProduct(count))
      flops +=
          flopsOf(count.opcode) * double(count.warps) / (count.opcode.starts_with("wgmma") ? 4 : 1);
  return flops;
}

/// Normalised instructions that no multiplying warp of their kernel executes.
static double copiersOf(const emulator::Counters &counters) {
  std::map<std::string_view, std::uint32_t> multiplying;
  for (const emulator::InstructionCount &count : counters.instructions)
    if (isProduct(count))
      multiplying[count.kernel] |= count.byWarps;
  double sum = 0;
  for (const emulator::InstructionCount &count : counters.instructions)
    if (auto warps = multiplying.find(count.kernel);
        warps != multiplying.end() && count.weight && !(count.byWarps & warps->second))
      sum += double(count.warps);
  return sum;
}

static Result<LaunchWork> workOf(const Executable &executable,
                                 const std::vector<HostArray> &arguments,
                                 emulator::EmulatorOptions options) {
  options.target = executable.target();
  // Enough for every block of a persistent kernel to compute one item: a sample of
  // blocks is a sample of items then, and what warps leave for each other is of that one.
  options.multiprocessors = 1 << 16;
  auto device = emulator::createEmulatorDevice(options);
  Result<DeviceRun> run = DeviceRun::create(executable, *device, arguments);
  if (!run)
    return run.status();
  for (Status status : {run->launch(), run->wait()})
    if (!status.isOk())
      return status;
  const emulator::Counters &counters = device->counters();
  return LaunchWork{double(counters.normalisedWarps()),
                    copiersOf(counters),
                    productsOf(counters),
                    double(counters.lanes("ex2")),
                    double(counters.sharedBytes),
                    double(counters.globalBytesLoaded)};
}

LaunchWork &LaunchWork::operator+=(const LaunchWork &other) {
  for (double LaunchWork::*unit :
       {&LaunchWork::instructions, &LaunchWork::copiers, &LaunchWork::flops,
        &LaunchWork::exponentials, &LaunchWork::sharedBytes, &LaunchWork::cacheBytes})
    this->*unit += other.*unit;
  return *this;
}

Result<LaunchWork> lacuna::predictWork(const Executable &executable,
                                       const std::vector<HostArray> &arguments,
                                       std::uint64_t step) {
  emulator::EmulatorOptions options;
  options.predict = true;
  options.predictedStep = step;
  return workOf(executable, arguments, options);
}

Result<LaunchWork> lacuna::countWork(const Executable &executable,
                                     const std::vector<HostArray> &arguments) {
  return workOf(executable, arguments, {});
}
