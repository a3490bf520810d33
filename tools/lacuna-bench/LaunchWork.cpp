#include "tools/lacuna-bench/LaunchWork.h"

#include "lib/Emulator/EmulatorDevice.h"
#include "tools/lacuna-run/DeviceRun.h"

#include <cstdio>

using namespace lacuna;

/// Operations of one instruction, of a warp or of a group of warps: "....m64n128k16....".
static double flopsOf(const std::string &opcode) {
  int m = 0, n = 0, k = 0;
  for (std::size_t at = 0; (at = opcode.find(".m", at)) != std::string::npos; ++at)
    if (std::sscanf(opcode.c_str() + at, ".m%dn%dk%d", &m, &n, &k) == 3)
      return 2.0 * m * n * k;
  return 0;
}

/// Operations of all products that were executed.
static double productsOf(const emulator::Counters &counters) {
  double flops = 0;
  for (const emulator::InstructionCount &count : counters.instructions) {
    const bool group = count.opcode.starts_with("wgmma.mma_async");
    if (!group && !count.opcode.starts_with("mma."))
      continue;
    flops += flopsOf(count.opcode) * double(count.warps) / (group ? 4 : 1);
  }
  return flops;
}

Result<LaunchWork> lacuna::workOf(const Executable &executable,
                                  const std::vector<HostArray> &arguments, Counting counting) {
  emulator::EmulatorOptions options;
  options.target = executable.target();
  options.predict = counting == Counting::Predicted;
  auto device = emulator::createEmulatorDevice(options);
  Result<DeviceRun> run = DeviceRun::create(executable, *device, arguments);
  if (!run)
    return run.status();
  for (Status status : {run->launch(), run->wait()})
    if (!status.isOk())
      return status;
  const emulator::Counters &counters = device->counters();
  return LaunchWork{double(counters.normalisedWarps()), productsOf(counters),
                    double(counters.lanes("ex2")), double(counters.sharedBytes),
                    double(counters.globalBytesLoaded)};
}
