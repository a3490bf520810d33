//===- MutatedDevice.h - An emulator that loads a mutant --------------------===//
#ifndef TOOLS_LACUNA_MUTATE_MUTATEDDEVICE_H
#define TOOLS_LACUNA_MUTATE_MUTATEDDEVICE_H

#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Support/TensorMap.h"

#include <memory>
#include <string>

namespace lacuna {

/// Passes everything on to an emulator, but loads one kernel with other PTX, so
/// that a mutant of a program runs through the same calls as the program.
class MutatedDevice : public Device {
public:
  /// `kernel`: name of the kernel whose PTX is replaced; empty: none.
  MutatedDevice(emulator::EmulatorOptions options, std::string kernel, std::string ptx);

  /// The emulator behind it.
  emulator::EmulatorDevice &emulator() { return *inner; }

  std::string name() const override { return inner->name(); }
  std::string target() const override { return inner->target(); }
  std::uint32_t multiprocessors() const override { return inner->multiprocessors(); }
  Result<DeviceAddress> allocate(std::size_t bytes) override { return inner->allocate(bytes); }
  Status release(DeviceAddress address) override { return inner->release(address); }
  Status copyIn(DeviceAddress to, const void *from, std::size_t bytes, Stream stream) override {
    return inner->copyIn(to, from, bytes, stream);
  }
  Status copyOut(void *to, DeviceAddress from, std::size_t bytes, Stream stream) override {
    return inner->copyOut(to, from, bytes, stream);
  }
  Status fill(DeviceAddress to, std::uint8_t byte, std::size_t bytes, Stream stream) override {
    return inner->fill(to, byte, bytes, stream);
  }
  Result<std::unique_ptr<LoadedKernel>> load(const KernelImage &image) override;
  Status launch(const LoadedKernel &kernel, const LaunchShape &shape, std::string_view arguments,
                Stream stream) override {
    return inner->launch(kernel, shape, arguments, stream);
  }
  Result<TensorMap> encode(const TensorMapSpec &spec) const override { return inner->encode(spec); }
  Status synchronize(Stream stream) override { return inner->synchronize(stream); }

private:
  std::unique_ptr<emulator::EmulatorDevice> inner;
  std::string kernel, ptx;
};

} // namespace lacuna

#endif // TOOLS_LACUNA_MUTATE_MUTATEDDEVICE_H
