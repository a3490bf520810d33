//===- Harness.h - Compile CUDA text and run it on the emulator ------------===//
#ifndef TEST_UNIT_EMULATOR_HARNESS_H
#define TEST_UNIT_EMULATOR_HARNESS_H

#include "lib/Emulator/EmulatorDevice.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace lacuna::test {

using namespace emulator;

/// PTX that NVRTC makes of a source for sm_90a; fails the test when it refuses.
/// The same source is compiled once per process.
std::string compilePtx(const std::string &source, const std::string &target = "sm_90a");

/// Text of a file in test/Emulator/Inputs.
std::string inputFile(const std::string &name);

/// A kernel's parameter block, each argument at its natural alignment.
class Arguments {
public:
  template <class... T>
  explicit Arguments(const T &...values) {
    (add(values), ...);
  }
  template <class T>
  void add(const T &value) {
    bytes.resize((bytes.size() + alignof(T) - 1) / alignof(T) * alignof(T));
    std::size_t at = bytes.size();
    bytes.resize(at + sizeof(T));
    std::memcpy(bytes.data() + at, &value, sizeof(T));
  }
  std::string_view view() const { return bytes; }

private:
  std::string bytes;
};

/// An emulator and what tests do with it.
class Machine {
public:
  explicit Machine(EmulatorOptions options = {}) : device(createEmulatorDevice(options)) {}

  /// Loads entry `name`; null, and a failed test, when it cannot be loaded.
  std::unique_ptr<LoadedKernel> load(const std::string &ptx, const std::string &name);

  /// Device memory with these values.
  template <class T>
  DeviceAddress upload(const std::vector<T> &values, const std::string &name = "") {
    DeviceAddress address = *device->allocate(std::max<std::size_t>(values.size() * sizeof(T), 1));
    EXPECT_TRUE(device->copyIn(address, values.data(), values.size() * sizeof(T), {}).isOk());
    if (!name.empty())
      device->nameAllocation(address, name);
    return address;
  }
  template <class T>
  DeviceAddress fresh(std::size_t count, const std::string &name = "") {
    DeviceAddress address = *device->allocate(count * sizeof(T));
    if (!name.empty())
      device->nameAllocation(address, name);
    return address;
  }
  template <class T>
  std::vector<T> download(DeviceAddress address, std::size_t count) {
    std::vector<T> result(count);
    EXPECT_TRUE(device->copyOut(result.data(), address, count * sizeof(T), {}).isOk());
    return result;
  }

  std::unique_ptr<EmulatorDevice> device;
};

/// Compiles `source`, runs its entry "k" and returns the message of the launch
/// ("" when it went well).
std::string runKernel(Machine &machine, const std::string &source, const LaunchShape &shape,
                      const Arguments &arguments);

} // namespace lacuna::test

#endif // TEST_UNIT_EMULATOR_HARNESS_H
