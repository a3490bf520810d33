#include "lib/Support/TensorMap.h"

#include <cstring>

using namespace lacuna;

static constexpr std::uint64_t mark = 0x70616d726f736e54; // "Tnsormap"
static_assert(sizeof(TensorMapSpec) + sizeof(mark) <= sizeof(TensorMap::bytes));

std::uint32_t lacuna::elementBytes(TensorElement element) {
  switch (element) {
  case TensorElement::U8:
    return 1;
  case TensorElement::F16:
  case TensorElement::Bf16:
    return 2;
  case TensorElement::F32:
    return 4;
  case TensorElement::U64:
    return 8;
  }
  return 0;
}

Status lacuna::validate(const TensorMapSpec &spec) {
  auto bad = [](const std::string &what) {
    return Status(StatusKind::Driver, "tensor map: " + what);
  };
  if (spec.rank < 1 || spec.rank > 5)
    return bad("rank " + std::to_string(spec.rank) + " is not 1 to 5");
  if (spec.base % 16)
    return bad("the base address is not a multiple of 16");
  for (std::uint32_t d = 0; d < spec.rank; ++d) {
    std::string name = " of dimension " + std::to_string(d);
    if (spec.dims[d] == 0 || spec.dims[d] > std::uint64_t(1) << 32)
      return bad("extent " + std::to_string(spec.dims[d]) + name + " is not 1 to 2^32");
    if (spec.box[d] == 0 || spec.box[d] > 256)
      return bad("box extent " + std::to_string(spec.box[d]) + name + " is not 1 to 256");
    if (d > 0 && (spec.strides[d - 1] % 16 || spec.strides[d - 1] >= std::uint64_t(1) << 40))
      return bad("stride " + std::to_string(spec.strides[d - 1]) + name +
                 " is not a multiple of 16 below 2^40");
  }
  std::uint32_t inner = spec.box[0] * elementBytes(spec.element);
  if (inner % 16)
    return bad("the inner box has " + std::to_string(inner) + " bytes, not a multiple of 16");
  std::uint32_t span = std::uint32_t(16) << static_cast<std::uint32_t>(spec.swizzle);
  if (spec.swizzle != Swizzle::None && inner > span)
    return bad("the inner box has " + std::to_string(inner) + " bytes; the swizzle spans " +
               std::to_string(span));
  return {};
}

Result<TensorMap> lacuna::encodeForEmulator(const TensorMapSpec &spec) {
  if (Status status = validate(spec); !status.isOk())
    return status;
  TensorMap map;
  std::memcpy(map.bytes.data(), &mark, sizeof mark);
  std::memcpy(map.bytes.data() + sizeof mark, &spec, sizeof spec);
  return map;
}

bool lacuna::decodeForEmulator(const std::uint8_t *bytes, TensorMapSpec &spec) {
  if (std::memcmp(bytes, &mark, sizeof mark) != 0)
    return false;
  std::memcpy(static_cast<void *>(&spec), bytes + sizeof mark, sizeof spec);
  return true;
}
