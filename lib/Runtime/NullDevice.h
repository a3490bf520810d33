//===- NullDevice.h - A device that does nothing ---------------------------===//
//
// What a launch costs on it is the runtime's own overhead.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_NULLDEVICE_H
#define LIB_RUNTIME_NULLDEVICE_H

#include "lacuna/Device.h"
#include "lib/Support/TensorMap.h"

namespace lacuna {

/// Accepts every kernel and every launch. Addresses are made up: nothing reads
/// or writes memory.
class NullDevice final : public Device {
public:
  explicit NullDevice(std::string target) : compileTarget(std::move(target)) {}

  std::string name() const override { return "null"; }
  std::string target() const override { return compileTarget; }
  std::uint32_t multiprocessors() const override { return 1; }
  Result<DeviceAddress> allocate(std::size_t bytes) override {
    return next += (bytes + 255) / 256 * 256;
  }
  Status release(DeviceAddress) override { return Status(); }
  Status copyIn(DeviceAddress, const void *, std::size_t, Stream) override { return Status(); }
  Status copyOut(void *, DeviceAddress, std::size_t, Stream) override { return Status(); }
  Status fill(DeviceAddress, std::uint8_t, std::size_t, Stream) override { return Status(); }
  Result<std::unique_ptr<LoadedKernel>> load(const KernelImage &) override {
    return std::make_unique<LoadedKernel>();
  }
  Status launch(const LoadedKernel &, const LaunchShape &, std::string_view, Stream) override {
    ++launches;
    return Status();
  }
  Result<TensorMap> encode(const TensorMapSpec &spec) const override {
    return encodeForEmulator(spec);
  }
  Status synchronize(Stream) override { return Status(); }

  std::uint64_t launches = 0;

private:
  std::string compileTarget;
  DeviceAddress next = 4096;
};

} // namespace lacuna

#endif // LIB_RUNTIME_NULLDEVICE_H
