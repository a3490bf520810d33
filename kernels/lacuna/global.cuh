//===- global.cuh - Loads and stores of global memory ----------------------===//
//
// Addresses are numbers: a view carries one, and pointers would be generic. A
// load reads nothing and gives zero unless `inside`; it may be moved, for no
// kernel writes what it reads.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_GLOBAL_CUH
#define LACUNA_GLOBAL_CUH

#include "lacuna/convert.cuh"
#include "lacuna/types.cuh"

namespace lacuna {

/// Address of a table that is part of the module.
__device__ __forceinline__ uint64_t tableAddress(const int32_t *table) {
  return __cvta_generic_to_global(table);
}

__device__ __forceinline__ uint16_t load16(uint64_t address, bool inside) {
  uint16_t value;
  asm("{ .reg .pred p; setp.ne.b32 p, %2, 0; mov.b16 %0, 0; @p ld.global.nc.b16 %0, [%1]; }"
      : "=h"(value)
      : "l"(address), "r"(uint32_t(inside)));
  return value;
}

__device__ __forceinline__ uint32_t load32(uint64_t address, bool inside) {
  uint32_t value;
  asm("{ .reg .pred p; setp.ne.b32 p, %2, 0; mov.b32 %0, 0; @p ld.global.nc.b32 %0, [%1]; }"
      : "=r"(value)
      : "l"(address), "r"(uint32_t(inside)));
  return value;
}

__device__ __forceinline__ uint64_t load64(uint64_t address, bool inside) {
  uint64_t value;
  asm("{ .reg .pred p; setp.ne.b32 p, %2, 0; mov.b64 %0, 0; @p ld.global.nc.b64 %0, [%1]; }"
      : "=l"(value)
      : "l"(address), "r"(uint32_t(inside)));
  return value;
}

/// A byte, with zeros above it.
__device__ __forceinline__ uint32_t load8(uint64_t address, bool inside) {
  uint32_t value;
  asm("{ .reg .pred p; setp.ne.b32 p, %2, 0; mov.b32 %0, 0; @p ld.global.nc.u8 %0, [%1]; }"
      : "=r"(value)
      : "l"(address), "r"(uint32_t(inside)));
  return value;
}

// The same by the type of a tensor's elements; an i1 is a byte.
__device__ __forceinline__ float loadF32(uint64_t address, bool inside) {
  return __uint_as_float(load32(address, inside));
}
__device__ __forceinline__ float loadF16(uint64_t address, bool inside) {
  return f16OfBits(load16(address, inside));
}
__device__ __forceinline__ float loadBf16(uint64_t address, bool inside) {
  return bf16OfBits(load16(address, inside));
}
__device__ __forceinline__ bool loadI1(uint64_t address, bool inside) {
  return load8(address, inside) != 0;
}
__device__ __forceinline__ int8_t loadI8(uint64_t address, bool inside) {
  return int8_t(load8(address, inside));
}
__device__ __forceinline__ int16_t loadI16(uint64_t address, bool inside) {
  return int16_t(load16(address, inside));
}
__device__ __forceinline__ int32_t loadI32(uint64_t address, bool inside) {
  return int32_t(load32(address, inside));
}
__device__ __forceinline__ int64_t loadI64(uint64_t address, bool inside) {
  return int64_t(load64(address, inside));
}

/// What this kernel may have written itself; such memory is not for the loads above.
__device__ __forceinline__ int32_t loadWritten(uint64_t address) {
  int32_t value;
  asm volatile("ld.global.b32 %0, [%1];" : "=r"(value) : "l"(address) : "memory");
  return value;
}

__device__ __forceinline__ void store8(uint64_t address, uint32_t value) {
  asm volatile("st.global.b8 [%0], %1;" ::"l"(address), "r"(value) : "memory");
}

__device__ __forceinline__ void store16(uint64_t address, uint16_t value) {
  asm volatile("st.global.b16 [%0], %1;" ::"l"(address), "h"(value) : "memory");
}

__device__ __forceinline__ void store32(uint64_t address, uint32_t value) {
  asm volatile("st.global.b32 [%0], %1;" ::"l"(address), "r"(value) : "memory");
}

__device__ __forceinline__ void store64(uint64_t address, uint64_t value) {
  asm volatile("st.global.b64 [%0], %1;" ::"l"(address), "l"(value) : "memory");
}

/// Adds to an element if `inside`; whoever else adds to it does not get in between.
__device__ __forceinline__ void addF32(uint64_t address, float value, bool inside) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %2, 0; @p red.relaxed.gpu.global.add.f32 [%0], %1; }" ::"l"(
          address),
      "f"(value), "r"(uint32_t(inside))
      : "memory");
}

/// The same for an element that is there.
__device__ __forceinline__ void addF32(uint64_t address, float value) {
  asm volatile("red.relaxed.gpu.global.add.f32 [%0], %1;" ::"l"(address), "f"(value) : "memory");
}

/// Two elements that lie at a multiple of 8 bytes; in one instruction where there is one.
__device__ __forceinline__ void addPairF32(uint64_t address, float first, float second) {
#if __CUDA_ARCH__ >= 900
  asm volatile("red.relaxed.gpu.global.add.v2.f32 [%0], {%1, %2};" ::"l"(address), "f"(first),
               "f"(second)
               : "memory");
#else
  addF32(address, first);
  addF32(address + 4, second);
#endif
}

__device__ __forceinline__ void storeF32(uint64_t address, float value) {
  store32(address, __float_as_uint(value));
}
__device__ __forceinline__ void storeI1(uint64_t address, bool value) { store8(address, value); }
__device__ __forceinline__ void storeI8(uint64_t address, int8_t value) { store8(address, value); }
__device__ __forceinline__ void storeI16(uint64_t address, int16_t value) {
  store16(address, value);
}
__device__ __forceinline__ void storeI32(uint64_t address, int32_t value) {
  store32(address, value);
}
__device__ __forceinline__ void storeI64(uint64_t address, int64_t value) {
  store64(address, value);
}

} // namespace lacuna

#endif // LACUNA_GLOBAL_CUH
