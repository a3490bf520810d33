//===- RecordingDevice.h - A device that only remembers ---------------------===//
#ifndef TEST_UNIT_RUNTIME_RECORDINGDEVICE_H
#define TEST_UNIT_RUNTIME_RECORDINGDEVICE_H

#include "lacuna/Device.h"
#include "lacuna/Tensor.h"
#include "lib/Support/TensorMap.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace lacuna {

/// Keeps what it is asked to launch; its memory is the host's.
class RecordingDevice final : public Device {
public:
  struct Launch {
    std::string kernel;
    LaunchShape shape;
    std::string arguments;
    void *stream;
  };
  struct Kernel final : LoadedKernel {
    std::string name;
  };

  std::string name() const override { return "recording"; }
  std::string target() const override { return "sm_90a"; }
  std::uint32_t multiprocessors() const override { return 3; }
  Result<DeviceAddress> allocate(std::size_t bytes) override {
    ++allocations;
    ++allocationCalls;
    return reinterpret_cast<DeviceAddress>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  }
  Status release(DeviceAddress address) override {
    --allocations;
    std::free(reinterpret_cast<void *>(address));
    return Status();
  }
  Status copyIn(DeviceAddress to, const void *from, std::size_t bytes, Stream) override {
    std::memcpy(reinterpret_cast<void *>(to), from, bytes);
    return Status();
  }
  Status copyOut(void *to, DeviceAddress from, std::size_t bytes, Stream) override {
    ++waits;
    std::memcpy(to, reinterpret_cast<void *>(from), bytes);
    return Status();
  }
  Status fill(DeviceAddress to, std::uint8_t byte, std::size_t bytes, Stream) override {
    std::memset(reinterpret_cast<void *>(to), byte, bytes);
    return Status();
  }
  Result<std::unique_ptr<LoadedKernel>> load(const KernelImage &image) override {
    if (image.name == refused)
      return Status(StatusKind::Driver, "refused");
    auto kernel = std::make_unique<Kernel>();
    kernel->name = image.name;
    return std::unique_ptr<LoadedKernel>(std::move(kernel));
  }
  Status launch(const LoadedKernel &kernel, const LaunchShape &shape, std::string_view arguments,
                Stream stream) override {
    launches.push_back(
        {static_cast<const Kernel &>(kernel).name, shape, std::string(arguments), stream.handle});
    return Status();
  }
  Result<TensorMap> encode(const TensorMapSpec &spec) const override {
    return encodeForEmulator(spec);
  }
  Status synchronize(Stream) override {
    ++waits;
    return Status();
  }

  std::vector<Launch> launches;
  std::string refused;
  int allocations = 0;     ///< not released yet
  int allocationCalls = 0; ///< ever
  int waits = 0;           ///< calls that return when the device is done
};

/// A launch of the sample program whose parts tests change one at a time.
struct Request {
  TensorRef q = TensorRef::contiguous(0x1000, DType::BF16, {2, 8, 130, 128});
  TensorRef k = TensorRef::contiguous(0x2000, DType::BF16, {2, 4, 77, 128});
  TensorRef slopes = TensorRef::contiguous(0x3004, DType::F32, {8});
  Value window = std::int32_t(100);
  TensorRef o = TensorRef::contiguous(0x4000, DType::BF16, {2, 8, 130, 128});
  TensorRef lse = TensorRef::contiguous(0x5004, DType::F32, {2, 8, 130});
  DeviceAddress workspace = 0x10000;
  std::size_t workspaceBytes = 1 << 20;

  std::vector<Value> arguments() const { return {q, k, slopes, window}; }
};

/// Reads one field of a parameter block.
template <class T>
T field(const std::string &block, std::size_t offset) {
  T value;
  std::memcpy(&value, block.data() + offset, sizeof(T));
  return value;
}

} // namespace lacuna

#endif // TEST_UNIT_RUNTIME_RECORDINGDEVICE_H
