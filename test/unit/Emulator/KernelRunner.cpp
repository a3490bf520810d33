#include "test/unit/Emulator/KernelRunner.h"

#include "lib/Runtime/CudaDevice.h"
#include "lib/Runtime/Nvrtc.h"
#include "test/unit/Emulator/Coverage.h"

#include <cstdlib>

using namespace lacuna;
using namespace lacuna::emulator;

bool lacuna::emulator::testsUseGpu() {
  const char *device = std::getenv("LACUNA_TEST_DEVICE");
  return device && std::string(device) == "cuda";
}

bool lacuna::emulator::skipWithoutNvrtc() {
  Result<const Nvrtc *> nvrtc = Nvrtc::get();
  if (nvrtc)
    return false;
  [&] { GTEST_SKIP() << nvrtc.status().message(); }();
  return true;
}

KernelImage lacuna::emulator::compileKernel(const std::string &source, const std::string &name,
                                            const std::string &file, const std::string &target) {
  Result<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc) {
    ADD_FAILURE() << nvrtc.status().message();
    return {};
  }
  Result<NvrtcOutput> output = (*nvrtc)->compile({file, source, target, {}});
  if (!output) {
    ADD_FAILURE() << output.status().message() << "\n" << source.substr(0, 4000);
    return {};
  }
  return {name, target, output->cubin, output->ptx, source};
}

KernelRunner::KernelRunner(EmulatorOptions options) {
  if (testsUseGpu()) {
    Result<std::unique_ptr<Device>> gpu = openCudaDevice(0);
    if (gpu)
      device = std::move(*gpu);
    else
      ADD_FAILURE() << gpu.status().message();
    return;
  }
  options.showProgress = false;
  std::unique_ptr<EmulatorDevice> created = createEmulatorDevice(options);
  emulator = created.get();
  device = std::move(created);
}

DeviceAddress KernelRunner::allocate(std::size_t bytes, const std::string &name) {
  Result<DeviceAddress> address = device->allocate(bytes);
  EXPECT_TRUE(address) << address.status().message();
  if (address && emulator && !name.empty())
    emulator->nameAllocation(*address, name);
  return address ? *address : 0;
}

TensorMap KernelRunner::tensorMap(const TensorMapSpec &spec) {
  Result<TensorMap> map = device->encode(spec);
  EXPECT_TRUE(map) << map.status().message();
  return map ? *map : TensorMap();
}

std::unique_ptr<LoadedKernel> KernelRunner::load(const KernelImage &image) {
  Result<std::unique_ptr<LoadedKernel>> kernel = device->load(image);
  if (kernel)
    return std::move(*kernel);
  ADD_FAILURE() << kernel.status().message();
  return nullptr;
}

Outcome KernelRunner::run(const KernelImage &image, LaunchShape shape, const Arguments &arguments) {
  if (image.ptx.empty())
    return {Status(StatusKind::Compiler, "did not compile"), {}};
  std::unique_ptr<LoadedKernel> kernel = load(image);
  if (!kernel)
    return {Status(StatusKind::Driver, "not loaded"), {}};
  Outcome outcome;
  outcome.status = device->launch(*kernel, shape, arguments.bytes, {});
  if (outcome.status.isOk())
    outcome.status = device->synchronize({});
  if (emulator) {
    outcome.reports = emulator->takeReports();
    noteExecuted(emulator->counters());
  }
  return outcome;
}

void KernelRunner::runClean(const KernelImage &image, LaunchShape shape,
                            const Arguments &arguments) {
  Outcome outcome = run(image, shape, arguments);
  EXPECT_TRUE(outcome.status.isOk()) << outcome.status.message();
  EXPECT_TRUE(outcome.reports.empty()) << toString(outcome.reports);
}

std::string lacuna::emulator::replaced(std::string text, const std::string &from,
                                       const std::string &to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string lacuna::emulator::toString(const std::vector<Report> &reports) {
  std::string text;
  for (const Report &report : reports)
    text += report.line() + "\n";
  return text;
}

std::string lacuna::emulator::toString(const EmulatorOptions &options) {
  const char *mode = options.mode == AsyncMode::Eager  ? "eager"
                     : options.mode == AsyncMode::Lazy ? "lazy"
                                                       : "random";
  return std::string(mode) + ", seed " + std::to_string(options.seed);
}

std::vector<EmulatorOptions> lacuna::emulator::everyMode() {
  std::vector<EmulatorOptions> all;
  for (AsyncMode mode : {AsyncMode::Eager, AsyncMode::Lazy, AsyncMode::Random})
    for (std::uint64_t seed : {0, 1, 2, 3}) {
      EmulatorOptions options;
      options.mode = mode;
      options.seed = seed;
      all.push_back(options);
    }
  return all;
}
