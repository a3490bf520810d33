//===- OpenDevice.cpp - Devices by name -------------------------------------===//
#include "lacuna/Runtime.h"

#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Runtime/CudaDevice.h"

#include <charconv>

using namespace lacuna;

/// The number in "cuda:N"; 0 for "cuda", none for anything else.
static std::optional<int> cudaOrdinal(std::string_view name) {
  if (name == "cuda")
    return 0;
  if (name.substr(0, 5) != "cuda:")
    return std::nullopt;
  int ordinal = 0;
  auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), ordinal);
  if (error != std::errc() || end != name.data() + name.size())
    return std::nullopt;
  return ordinal;
}

Result<std::unique_ptr<Device>> lacuna::openDevice(std::string_view name) {
  if (name == "auto") {
    Result<int> count = cudaDeviceCount();
    if (!count)
      return Status(count.status().kind(),
                    count.status().message() + " (to do without the GPU, open \"emulator\")");
    name = *count > 0 ? "cuda:0" : "emulator";
  }
  if (name == "emulator")
    return std::unique_ptr<Device>(emulator::createEmulatorDevice());
  if (std::optional<int> ordinal = cudaOrdinal(name))
    return openCudaDevice(*ordinal);
  return Status(StatusKind::Type, "there is no device '" + std::string(name) +
                                      "'; devices are auto, cuda, cuda:N and emulator");
}
