//===- move.cuh - Bytes from one place in global memory to another ---------===//
#ifndef LACUNA_MOVE_CUH
#define LACUNA_MOVE_CUH

#include "lacuna/global.cuh"

namespace lacuna {

/// Copies `Bytes` bytes to `to` if `inside`; both addresses are multiples of them. This
/// kernel writes nothing of what it copies.
template <int Bytes>
__device__ __forceinline__ void movePiece(uint64_t to, uint64_t from, bool inside) {
  static_assert(Bytes == 1 || Bytes == 2 || Bytes == 4 || Bytes == 8 || Bytes == 16,
                "a piece is what one instruction moves");
  if constexpr (Bytes == 16) {
    asm volatile("{ .reg .pred p; .reg .b32 a, b, c, d; setp.ne.b32 p, %2, 0;\n"
                 "  @p ld.global.nc.v4.b32 {a, b, c, d}, [%1];\n"
                 "  @p st.global.v4.b32 [%0], {a, b, c, d}; }" ::"l"(to),
                 "l"(from), "r"(uint32_t(inside))
                 : "memory");
  } else if (inside) {
    if constexpr (Bytes == 1)
      store8(to, load8(from, true));
    else if constexpr (Bytes == 2)
      store16(to, load16(from, true));
    else if constexpr (Bytes == 4)
      store32(to, load32(from, true));
    else
      store64(to, load64(from, true));
  }
}

} // namespace lacuna

#endif // LACUNA_MOVE_CUH
