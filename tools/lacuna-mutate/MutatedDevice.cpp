#include "tools/lacuna-mutate/MutatedDevice.h"

#include <utility>

using namespace lacuna;

MutatedDevice::MutatedDevice(emulator::EmulatorOptions options, std::string kernel, std::string ptx)
    : inner(emulator::createEmulatorDevice(std::move(options))), kernel(std::move(kernel)),
      ptx(std::move(ptx)) {}

Result<std::unique_ptr<LoadedKernel>> MutatedDevice::load(const KernelImage &image) {
  if (image.name != kernel)
    return inner->load(image);
  KernelImage mutant = image;
  mutant.ptx = ptx;
  return inner->load(mutant);
}
