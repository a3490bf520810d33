#include "lib/Emulator/EmulatorDevice.h"

#include "lib/Emulator/Decode/Decoder.h"
#include "lib/Emulator/Ptx/Parser.h"
#include "lib/Emulator/Sim/Launch.h"
#include "lib/Support/Environment.h"
#include "lib/Support/TensorMap.h"

#include <cstdlib>
#include <cstring>
#include <thread>

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

constexpr u64 mostThreadsPerBlock = 1024;
constexpr u64 mostSharedBytes = 227 * 1024;

/// A kernel and the device memory that belongs to it.
class EmulatedKernel : public LoadedKernel {
public:
  EmulatedKernel(std::unique_ptr<Code> code, GlobalMemory &memory)
      : code(std::move(code)), memory(memory) {}
  ~EmulatedKernel() override {
    for (u64 address : code->ownedAllocations)
      memory.release(address);
    memory.release(reinterpret_cast<u64>(code->parameters));
  }
  const std::unique_ptr<Code> code;

private:
  GlobalMemory &memory;
};

class Emulator final : public EmulatorDevice {
public:
  explicit Emulator(EmulatorOptions options) : settings(std::move(options)) {}

  std::string name() const override { return "emulator"; }
  std::string target() const override { return settings.target; }
  std::uint32_t multiprocessors() const override { return settings.multiprocessors; }
  Result<DeviceAddress> allocate(std::size_t bytes) override;
  Status release(DeviceAddress address) override;
  Status copyIn(DeviceAddress to, const void *from, std::size_t bytes, Stream) override;
  Status copyOut(void *to, DeviceAddress from, std::size_t bytes, Stream) override;
  Status fill(DeviceAddress to, std::uint8_t byte, std::size_t bytes, Stream) override;
  Result<std::unique_ptr<LoadedKernel>> load(const KernelImage &image) override;
  Status launch(const LoadedKernel &kernel, const LaunchShape &shape, std::string_view arguments,
                Stream) override;
  Result<TensorMap> encode(const TensorMapSpec &spec) const override {
    return encodeForEmulator(spec);
  }
  Status synchronize(Stream) override;

  void nameAllocation(DeviceAddress address, std::string name) override;
  void protectAllocation(DeviceAddress address) override;
  const std::vector<Report> &reports() const override { return found; }
  std::vector<Report> takeReports() override { return std::exchange(found, {}); }
  const Counters &counters() const override { return counts; }
  void resetCounters() override { counts = {}; }
  EmulatorOptions &options() override { return settings; }

private:
  Status checkShape(const Code &code, const LaunchShape &shape, std::string_view arguments) const;
  void count(const Launch &launch, const Worker &result);

  EmulatorOptions settings;
  GlobalMemory memory;
  std::vector<Report> found;
  Counters counts;
  Status pending; ///< of launches since the last synchronize()
  u64 launches = 0;
  u32 nextBlockNumber = 1;
  u32 nextClock = 1;
};

unsigned threadsToUse(unsigned wanted) {
  if (wanted)
    return wanted;
  if (std::optional<std::string> text = environmentValue(Variable::EmulatorThreads))
    if (int number = std::atoi(text->c_str()); number > 0)
      return static_cast<unsigned>(number);
  return std::max(1u, std::thread::hardware_concurrency());
}

Status outside(const char *what, DeviceAddress address, std::size_t bytes,
               const GlobalMemory &memory) {
  return Status(StatusKind::Driver, std::string(what) + " of " + std::to_string(bytes) +
                                        " bytes is out of bounds: " + memory.nearest(address));
}

} // namespace

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Result<DeviceAddress> Emulator::allocate(std::size_t bytes) {
  if (Allocation *allocation = memory.allocate(bytes, ""))
    return DeviceAddress(allocation->base);
  return Status(StatusKind::Resource,
                "out of memory: cannot allocate " + std::to_string(bytes) + " bytes");
}

Status Emulator::release(DeviceAddress address) {
  if (address == 0 || memory.release(address))
    return {};
  return Status(StatusKind::Driver, "release of an address that was not allocated");
}

Status Emulator::copyIn(DeviceAddress to, const void *from, std::size_t bytes, Stream) {
  if (bytes == 0)
    return {};
  if (!memory.find(to, bytes))
    return outside("copy to device memory", to, bytes, memory);
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  memory.setInitialised(to, bytes);
  return {};
}

Status Emulator::copyOut(void *to, DeviceAddress from, std::size_t bytes, Stream) {
  if (bytes == 0)
    return {};
  if (!memory.find(from, bytes))
    return outside("copy from device memory", from, bytes, memory);
  std::memcpy(to, reinterpret_cast<const void *>(from), bytes);
  return {};
}

Status Emulator::fill(DeviceAddress to, std::uint8_t byte, std::size_t bytes, Stream) {
  if (bytes == 0)
    return {};
  if (!memory.find(to, bytes))
    return outside("fill of device memory", to, bytes, memory);
  std::memset(reinterpret_cast<void *>(to), byte, bytes);
  memory.setInitialised(to, bytes);
  return {};
}

void Emulator::nameAllocation(DeviceAddress address, std::string name) {
  if (Allocation *allocation = memory.find(address, 0))
    allocation->name = std::move(name);
}

void Emulator::protectAllocation(DeviceAddress address) {
  if (Allocation *allocation = memory.find(address, 0))
    allocation->readOnly = true;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

Result<std::unique_ptr<LoadedKernel>> Emulator::load(const KernelImage &image) {
  if (image.ptx.empty())
    return Status(StatusKind::Driver,
                  "kernel '" + image.name + "' has no PTX; the emulator cannot run a cubin");
  Result<ptx::Module> module = ptx::parse(image.ptx);
  if (!module)
    return module.status();
  Result<std::unique_ptr<Code>> code = decode(*module, image.name, memory, settings.predict);
  if (!code)
    return code.status();
  return std::unique_ptr<LoadedKernel>(new EmulatedKernel(*std::move(code), memory));
}

Status Emulator::checkShape(const Code &code, const LaunchShape &shape,
                            std::string_view arguments) const {
  auto refuse = [&](const std::string &why) {
    return Status(StatusKind::Driver, "launch of '" + code.name + "': " + why);
  };
  u64 threads = u64(shape.block.x) * shape.block.y * shape.block.z;
  if (threads == 0 || threads > mostThreadsPerBlock)
    return refuse(std::to_string(threads) + " threads per block; 1 to " +
                  std::to_string(mostThreadsPerBlock) + " are possible");
  u64 blocks = u64(shape.grid.x) * shape.grid.y * shape.grid.z;
  if (blocks == 0 || blocks > 0x7fffffff)
    return refuse("a grid of " + std::to_string(blocks) + " blocks");
  u64 shared = u64(code.dynamicSharedStart) + shape.sharedBytes - sharedBase;
  if (shared > mostSharedBytes)
    return refuse(std::to_string(shared) + " bytes of shared memory; " +
                  std::to_string(mostSharedBytes) + " are possible");
  if (arguments.size() < code.parameterBytes)
    return refuse(std::to_string(arguments.size()) + " bytes of arguments; the kernel takes " +
                  std::to_string(code.parameterBytes));
  return {};
}

void Emulator::count(const Launch &launch, const Worker &result) {
  const Code &code = *launch.code;
  const f64 scale = f64(launch.blocks()) / f64(launch.sampledBlocks());
  auto ofAllBlocks = [&](u64 number) { return static_cast<u64>(f64(number) * scale + 0.5); };
  counts.globalBytesLoaded += ofAllBlocks(result.globalBytesLoaded);
  counts.fewestPhases = std::min(counts.fewestPhases, result.fewestPhases);
  counts.sharedBytes += ofAllBlocks(result.sharedBytes);
  for (std::size_t i = 0; i < code.info.size(); ++i) {
    if (!result.warpCounts[i])
      continue;
    const InstructionInfo &info = code.info[i];
    counts.instructions.push_back({info.opcode, code.name, info.ptxLine, info.source.line,
                                   info.source.inlinedLine, ofAllBlocks(result.warpCounts[i]),
                                   ofAllBlocks(result.laneCounts[i]), result.byWarps[i],
                                   info.weight});
  }
}

Status Emulator::launch(const LoadedKernel &kernel, const LaunchShape &shape,
                        std::string_view arguments, Stream) {
  const Code &code = *static_cast<const EmulatedKernel &>(kernel).code;
  if (Status status = checkShape(code, shape, arguments); !status.isOk())
    return status;
  std::memcpy(code.parameters, arguments.data(), code.parameterBytes);
  memory.setInitialised(reinterpret_cast<u64>(code.parameters), code.parameterBytes);

  EmulatorOptions effective = settings;
  effective.threads = threadsToUse(settings.threads);
  effective.checkRaces &= !code.isPrediction;
  Launch launch;
  launch.code = &code;
  launch.options = &effective;
  launch.memory = &memory;
  launch.gridX = shape.grid.x, launch.gridY = shape.grid.y, launch.gridZ = shape.grid.z;
  launch.blockX = shape.block.x, launch.blockY = shape.block.y, launch.blockZ = shape.block.z;
  launch.dynamicShared = shape.sharedBytes;
  launch.serial = launches++;
  launch.firstClock = nextClock;
  launch.firstBlock = nextBlockNumber;
  launch.manyReaders = launch.firstBlock + static_cast<u32>(launch.blocks());
  launch.atomicWriter = launch.manyReaders + 1;
  if (effective.checkRaces)
    memory.prepareCells(code.globalGrain, code.ordersBlocks);
  Worker result = runGrid(launch);
  nextBlockNumber = launch.atomicWriter + 1;
  nextClock = std::max(nextClock, result.latestClock + 1);

  if (settings.count)
    count(launch, result);
  if (result.reporter.empty())
    return {};
  std::string message = "kernel '" + code.name + "':";
  for (Report &report : result.reporter.sorted()) {
    message += "\n" + report.line();
    found.push_back(std::move(report));
  }
  Status status(StatusKind::Driver, message);
  if (pending.isOk())
    pending = status;
  return status;
}

Status Emulator::synchronize(Stream) { return std::exchange(pending, {}); }

std::unique_ptr<EmulatorDevice> lacuna::emulator::createEmulatorDevice(EmulatorOptions options) {
  return std::make_unique<Emulator>(std::move(options));
}
