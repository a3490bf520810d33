//===- TensorMap.h - Boxes of tensors, as bulk tensor copies see them ------===//
//
// A kernel that copies boxes of a tensor (cp.async.bulk.tensor) gets an opaque
// object of 128 bytes, which says what the tensor is and which box one copy
// moves. A TensorMapSpec says the same. Who executes the kernel encodes it: the
// CUDA driver in its own way (lib/Runtime/CudaTensorMap.h), the emulator as here.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_SUPPORT_TENSORMAP_H
#define LIB_SUPPORT_TENSORMAP_H

#include "lacuna/Result.h"

#include <array>
#include <cstdint>

namespace lacuna {

/// What a tensor holds. It matters to copies that add, and otherwise by size.
enum class TensorElement : std::uint8_t { U8, F16, Bf16, F32, U64 };

/// Bytes of an element: 1, 2, 4 or 8.
std::uint32_t elementBytes(TensorElement element);

/// How rows of a box are permuted in shared memory: 16-byte chunks are
/// exchanged within 32, 64 or 128 bytes, by the row.
enum class Swizzle : std::uint8_t { None, Bytes32, Bytes64, Bytes128 };

/// Where the byte at shared address `address` goes under a swizzle.
inline std::uint32_t swizzleAddress(std::uint32_t address, Swizzle swizzle) {
  std::uint32_t rows = (std::uint32_t(1) << static_cast<unsigned>(swizzle)) - 1; // 0, 1, 3, 7
  return address ^ ((address >> 7 & rows) << 4);
}

/// A tensor in global memory and the box that one copy moves. Dimension 0 is
/// the innermost, with stride 1. What lies outside of the tensor reads as 0 and
/// is not written.
struct TensorMapSpec {
  std::uint64_t base = 0;
  std::uint32_t rank = 1; ///< 1 to 5
  TensorElement element = TensorElement::Bf16;
  Swizzle swizzle = Swizzle::None;
  std::array<std::uint64_t, 5> dims{};
  std::array<std::uint64_t, 4> strides{}; ///< in bytes, of dimensions 1 and up
  std::array<std::uint32_t, 5> box{};     ///< elements
};

/// The bytes a kernel gets; aligned as its parameter must be.
struct alignas(64) TensorMap {
  std::array<std::uint8_t, 128> bytes{};
};

/// Checks what the hardware asks for: base and strides multiples of 16 bytes,
/// box extents 1 to 256, inner box a multiple of 16 bytes and no wider than the
/// swizzle. Errors: Driver, naming the field.
Status validate(const TensorMapSpec &spec);

/// The emulator's encoding: the spec itself behind a mark. Errors: as validate.
Result<TensorMap> encodeForEmulator(const TensorMapSpec &spec);

/// False when the 128 bytes at `bytes` are not such an encoding.
bool decodeForEmulator(const std::uint8_t *bytes, TensorMapSpec &spec);

} // namespace lacuna

#endif // LIB_SUPPORT_TENSORMAP_H
