#include "lib/Emulator/TensorMap.h"

#include <cstring>

using namespace lacuna;
using namespace lacuna::emulator;

static constexpr u64 magic = 0x70616d726f736e54; // "Tnsormap"
static_assert(sizeof(TensorMapSpec) + sizeof(magic) <= sizeof(TensorMap::bytes));

Status lacuna::emulator::validate(const TensorMapSpec &spec) {
  auto bad = [](const std::string &what) {
    return Status(StatusKind::Driver, "tensor map: " + what);
  };
  if (spec.rank < 1 || spec.rank > 5)
    return bad("rank " + std::to_string(spec.rank) + " is not 1 to 5");
  if (spec.base % 16)
    return bad("the base address is not a multiple of 16");
  for (u32 d = 0; d < spec.rank; ++d) {
    std::string name = " of dimension " + std::to_string(d);
    if (spec.dims[d] == 0 || spec.dims[d] > u64(1) << 32)
      return bad("extent " + std::to_string(spec.dims[d]) + name + " is not 1 to 2^32");
    if (spec.box[d] == 0 || spec.box[d] > 256)
      return bad("box extent " + std::to_string(spec.box[d]) + name + " is not 1 to 256");
    if (d > 0 && (spec.strides[d - 1] % 16 || spec.strides[d - 1] >= u64(1) << 40))
      return bad("stride " + std::to_string(spec.strides[d - 1]) + name +
                 " is not a multiple of 16 below 2^40");
  }
  u32 inner = spec.box[0] * spec.elementBytes;
  if (inner % 16)
    return bad("the inner box has " + std::to_string(inner) + " bytes, not a multiple of 16");
  u32 span = u32(16) << static_cast<u32>(spec.swizzle);
  if (spec.swizzle != Swizzle::None && inner > span)
    return bad("the inner box has " + std::to_string(inner) + " bytes; the swizzle spans " +
               std::to_string(span));
  return {};
}

Result<TensorMap> lacuna::emulator::encodeTensorMap(const TensorMapSpec &spec) {
  if (Status status = validate(spec); !status.isOk())
    return status;
  TensorMap map;
  std::memcpy(map.bytes.data(), &magic, sizeof magic);
  std::memcpy(map.bytes.data() + sizeof magic, &spec, sizeof spec);
  return map;
}

bool lacuna::emulator::decodeTensorMap(const u8 *bytes, TensorMapSpec &spec) {
  if (std::memcmp(bytes, &magic, sizeof magic) != 0)
    return false;
  std::memcpy(static_cast<void *>(&spec), bytes + sizeof magic, sizeof spec);
  return true;
}
