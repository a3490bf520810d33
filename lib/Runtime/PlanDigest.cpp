#include "lib/Runtime/PlanDigest.h"

#include "lib/Support/Environment.h"
#include "lib/Support/Hash.h"

using namespace lacuna;

bool lacuna::checksForStalePlans() {
  std::optional<std::string> value = environmentValue(Variable::CheckPlans);
  return value && *value != "0";
}

/// Appends the elements below `axis` that begin at element `offset` of `bytes`.
static void appendElements(const TensorRef &tensor, int axis, std::int64_t offset,
                           const std::string &bytes, std::string &elements) {
  std::size_t width = byteSize(tensor.dtype);
  if (axis == tensor.rank) {
    elements.append(bytes, std::size_t(offset) * width, width);
    return;
  }
  for (std::int64_t i = 0; i < tensor.shape[axis]; ++i)
    appendElements(tensor, axis + 1, offset + i * tensor.strides[axis], bytes, elements);
}

Result<std::string> lacuna::digestOf(Device &device, const TensorRef &tensor, Stream stream) {
  std::string elements;
  if (tensor.elementCount() > 0) {
    std::int64_t last = 0;
    for (int axis = 0; axis < tensor.rank; ++axis)
      last += (tensor.shape[axis] - 1) * tensor.strides[axis];
    std::string bytes(std::size_t(last + 1) * byteSize(tensor.dtype), 0);
    if (Status status = device.copyOut(bytes.data(), tensor.address, bytes.size(), stream);
        !status.isOk())
      return status;
    appendElements(tensor, 0, 0, bytes, elements);
  }
  return hashHex(elements);
}
