//===- DeviceTensor.cpp - Tensors that own their memory -------------------===//
#include "lacuna/Runtime.h"

#include <utility>

using namespace lacuna;

Result<DeviceTensor> DeviceTensor::create(Device &device, DType dtype,
                                          std::vector<std::int64_t> shape) {
  if (shape.size() > std::size_t(maxRank))
    return Status(StatusKind::Type, "a tensor has at most rank " + std::to_string(maxRank));
  std::int64_t bytes = byteSize(dtype);
  for (std::int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(bytes, extent, &bytes))
      return Status(StatusKind::Type, "a tensor cannot have the extent " + std::to_string(extent));
  Result<DeviceAddress> address = device.allocate(std::size_t(bytes));
  if (!address)
    return address.status();
  return DeviceTensor(device, TensorRef::contiguous(*address, dtype, shape));
}

DeviceTensor::DeviceTensor(DeviceTensor &&other) noexcept
    : device(std::exchange(other.device, nullptr)), tensor(other.tensor) {}

DeviceTensor &DeviceTensor::operator=(DeviceTensor &&other) noexcept {
  std::swap(device, other.device);
  std::swap(tensor, other.tensor);
  return *this;
}

DeviceTensor::~DeviceTensor() {
  if (device)
    (void)device->release(tensor.address); // nobody is left to tell
}

Status DeviceTensor::copyIn(const void *host, Stream stream) {
  if (Status status = device->copyIn(tensor.address, host, bytes(), stream); !status.isOk())
    return status;
  return device->synchronize(stream);
}

Status DeviceTensor::copyOut(void *host, Stream stream) const {
  return device->copyOut(host, tensor.address, bytes(), stream);
}
