//===- KernelRunner.h - CUDA C++ text to results, for tests ----------------===//
//
// Compiles small kernels with NVRTC and runs them on the emulator. Kernels that
// must be right run on a GPU as well, when LACUNA_TEST_DEVICE is "cuda": that
// is how the models in these tests are held against the hardware.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_EMULATOR_KERNELRUNNER_H
#define TEST_UNIT_EMULATOR_KERNELRUNNER_H

#include "lacuna/Device.h"
#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Support/TensorMap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace lacuna::emulator {

/// True when tests of correct kernels are to run on a GPU.
bool testsUseGpu();

/// Compiles `source`, whose only entry is `name`. `file` is what line tables
/// call the source. Empty, with the test failed, when NVRTC refuses it.
KernelImage compileKernel(const std::string &source, const std::string &name,
                          const std::string &file = "kernel.cu",
                          const std::string &target = "sm_90a");

/// `text` with `to` wherever `from` stood.
std::string replaced(std::string text, const std::string &from, const std::string &to);

/// True without an NVRTC library: the test has been marked as skipped.
bool skipWithoutNvrtc();

/// Kernel parameters packed as PTX lays them out.
class Arguments {
public:
  template <class... T>
  explicit Arguments(const T &...values) {
    (append(values), ...);
  }
  template <class T>
  void append(const T &value) {
    bytes.resize((bytes.size() + alignof(T) - 1) / alignof(T) * alignof(T));
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
  }
  std::string bytes;
};

/// What a launch came to.
struct Outcome {
  Status status;
  std::vector<Report> reports; ///< empty on a GPU
};

/// A device with memory for one test.
class KernelRunner {
public:
  explicit KernelRunner(EmulatorOptions options = {});

  /// Fresh memory; messages call it `name`, when it has one.
  DeviceAddress allocate(std::size_t bytes, const std::string &name = "");
  template <class T>
  DeviceAddress put(const std::vector<T> &values, const std::string &name = "") {
    DeviceAddress address = allocate(values.size() * sizeof(T), name);
    EXPECT_TRUE(device->copyIn(address, values.data(), values.size() * sizeof(T), {}).isOk());
    return address;
  }
  template <class T>
  std::vector<T> get(DeviceAddress address, std::size_t count) {
    std::vector<T> values(count);
    EXPECT_TRUE(device->copyOut(values.data(), address, count * sizeof(T), {}).isOk());
    return values;
  }
  /// A tensor map as the device reads it.
  TensorMap tensorMap(const TensorMapSpec &spec);
  /// Null, and a failed test, when it cannot be loaded.
  std::unique_ptr<LoadedKernel> load(const KernelImage &image);
  /// Loads, launches and waits; failing to load fails the test.
  Outcome run(const KernelImage &image, LaunchShape shape, const Arguments &arguments);
  /// As above, and fails the test unless the launch was free of defects.
  void runClean(const KernelImage &image, LaunchShape shape, const Arguments &arguments);

  /// The emulator; null on a GPU.
  EmulatorDevice *emulator = nullptr;
  std::unique_ptr<Device> device;
};

/// All reports, one on a line.
std::string toString(const std::vector<Report> &reports);

/// Mode and seed, as a test's name says them: "lazy, seed 3".
std::string toString(const EmulatorOptions &options);

/// Every mode, with seed 0 and some others.
std::vector<EmulatorOptions> everyMode();

/// Reproducible numbers for inputs.
class Numbers {
public:
  explicit Numbers(std::uint64_t seed) : state(seed * 0x9e3779b97f4a7c15u + 1) {}
  std::uint64_t next() {
    state += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// Uniform in [-1, 1).
  double unit() { return double(std::int64_t(next())) * 0x1p-63; }

private:
  std::uint64_t state;
};

} // namespace lacuna::emulator

#endif // TEST_UNIT_EMULATOR_KERNELRUNNER_H
