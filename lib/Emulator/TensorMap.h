//===- TensorMap.h - What a TMA copy is told of a tensor -------------------===//
//
// CUDA's CUtensorMap is opaque: only the driver encodes it. A TensorMapSpec
// says the same in the open; the emulator has an encoding of its own for the
// 128 bytes that a kernel passes around without looking inside.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_TENSORMAP_H
#define LIB_EMULATOR_TENSORMAP_H

#include "lacuna/Result.h"
#include "lib/Emulator/PtxTypes.h"

#include <array>

namespace lacuna::emulator {

/// How rows of a box are permuted in shared memory: 16-byte chunks are
/// exchanged within 32, 64 or 128 bytes, by the row.
enum class Swizzle : u8 { None, Bytes32, Bytes64, Bytes128 };

/// A tensor in global memory and the box that one copy moves. Dimension 0 is
/// the innermost, with stride 1.
struct TensorMapSpec {
  u64 base = 0;
  u32 rank = 1;         ///< 1 to 5
  u32 elementBytes = 2; ///< 1, 2, 4 or 8
  std::array<u64, 5> dims{};
  std::array<u64, 4> strides{}; ///< in bytes, of dimensions 1 and up
  std::array<u32, 5> box{};     ///< elements
  Swizzle swizzle = Swizzle::None;
  bool nanFill = false; ///< what lies outside reads as NaN instead of 0
};

/// The bytes a kernel gets; aligned as its parameter must be.
struct alignas(64) TensorMap {
  std::array<u8, 128> bytes{};
};

/// Checks what the hardware asks for: base and strides multiples of 16 bytes,
/// box extents 1 to 256, inner box a multiple of 16 bytes and no wider than the
/// swizzle. Errors: Driver, naming the field.
Status validate(const TensorMapSpec &spec);

/// The emulator's encoding. Errors: as validate.
Result<TensorMap> encodeTensorMap(const TensorMapSpec &spec);

/// False when the bytes are not such an encoding.
bool decodeTensorMap(const u8 *bytes, TensorMapSpec &spec);

/// Where the byte at shared address `address` goes under a swizzle.
inline u32 swizzleAddress(u32 address, Swizzle swizzle) {
  u32 rows = (u32(1) << static_cast<u32>(swizzle)) - 1; // 0, 1, 3, 7
  return address ^ ((address >> 7 & rows) << 4);
}

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_TENSORMAP_H
