#include "lib/Runtime/CudaTensorMap.h"

using namespace lacuna;

/// The driver's CUtensorMapDataType.
static int dataType(TensorElement element) {
  switch (element) {
  case TensorElement::U8:
    return 0;
  case TensorElement::U64:
    return 4;
  case TensorElement::F16:
    return 6;
  case TensorElement::F32:
    return 7;
  case TensorElement::Bf16:
    return 9;
  }
  return 0;
}

Result<TensorMap> lacuna::encodeForCuda(const CudaDriver &driver, const TensorMapSpec &spec) {
  if (Status status = validate(spec); !status.isOk())
    return status;
  // No interleaving; lines of 128 bytes are brought into L2; zeros outside.
  constexpr int interleave = 0, promotion = 2, fill = 0;
  const std::array<std::uint32_t, 5> elementStrides = {1, 1, 1, 1, 1};
  TensorMap map;
  Status status = driver.check(
      driver.cuTensorMapEncodeTiled(map.bytes.data(), dataType(spec.element), spec.rank,
                                    reinterpret_cast<void *>(spec.base), spec.dims.data(),
                                    spec.strides.data(), spec.box.data(), elementStrides.data(),
                                    interleave, static_cast<int>(spec.swizzle), promotion, fill),
      "cuTensorMapEncodeTiled");
  if (!status.isOk())
    return status;
  return map;
}
