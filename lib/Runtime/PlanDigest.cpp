#include "lib/Runtime/PlanDigest.h"

#include "lib/Support/Environment.h"
#include "lib/Support/Hash.h"
#include "lib/Support/TensorBytes.h"

using namespace lacuna;

bool lacuna::checksForStalePlans() {
  std::optional<std::string> value = environmentValue(Variable::CheckPlans);
  return value && *value != "0";
}

Result<std::string> lacuna::digestOf(Device &device, const TensorRef &tensor, Stream stream) {
  std::string bytes;
  if (tensor.elementCount() > 0) {
    std::int64_t last = 0;
    for (int axis = 0; axis < tensor.rank; ++axis)
      last += (tensor.shape[axis] - 1) * tensor.strides[axis];
    bytes.resize(std::size_t(last + 1) * byteSize(tensor.dtype));
    if (Status status = device.copyOut(bytes.data(), tensor.address, bytes.size(), stream);
        !status.isOk())
      return status;
  }
  return hashHex(rowMajorBytes(tensor, bytes.data()));
}
