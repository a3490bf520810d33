//===- range.cuh - What the elements of a box of a table are ---------------===//
//
// Extremes and a signature: bit x mod 64 for every element x. Summaries keep
// them for cells of 64 elements of a table's last axis, and for segments of 32
// cells: 33 of them to a segment, its own the last.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_RANGE_CUH
#define LACUNA_RANGE_CUH

#include "lacuna/global.cuh"
#include "lacuna/thread.cuh"
#include "lacuna/view.cuh"

namespace lacuna {

/// No element lies outside [min, max] or has a bit that is not in the signature.
struct Range {
  int64_t min, max;
  uint64_t signature;
};

/// Of no element.
__device__ __forceinline__ Range noElements() {
  return {0x7fffffffffffffff, -0x7fffffffffffffff - 1, 0};
}

/// Of elements that nothing is known about.
__device__ __forceinline__ Range anyElements() {
  return {-0x7fffffffffffffff - 1, 0x7fffffffffffffff, ~uint64_t(0)};
}

/// Of both.
__device__ __forceinline__ Range both(Range a, Range b) {
  return {a.min < b.min ? a.min : b.min, a.max > b.max ? a.max : b.max, a.signature | b.signature};
}

/// Of one element.
__device__ __forceinline__ Range rangeOf(int64_t x) { return {x, x, uint64_t(1) << (x & 63)}; }

/// Whether indices `first` to `last` lie in an axis, in this order.
__device__ __forceinline__ bool isSpan(int64_t first, int64_t last, int32_t extent) {
  return first >= 0 && first <= last && last < extent;
}

/// Elements that are best read at once where a span is to be summarized: one
/// cell or segment where the span is made of whole ones or is a long one.
__device__ __forceinline__ int32_t summaryStep(int32_t first, int32_t last, int32_t extent) {
  const int32_t end = last + 1 == extent ? 0 : last + 1, ends = first | end;
  if (ends % 2048 == 0 || last - first >= 2048)
    return 2048;
  return ends % 64 == 0 || last - first >= 64 ? 64 : 1;
}

/// Place of cell `index`, or of segment `index` when the step is a segment.
__device__ __forceinline__ int32_t cellPlace(int32_t step, int32_t index) {
  return step == 64 ? index + index / 32 : 33 * index + 32;
}

/// A range that lies in memory.
__device__ __forceinline__ Range loadRange(uint64_t address, bool inside) {
  return {loadI64(address, inside), loadI64(address + 8, inside), load64(address + 16, inside)};
}
__device__ __forceinline__ void storeRange(uint64_t address, Range range) {
  storeI64(address, range.min);
  storeI64(address + 8, range.max);
  store64(address + 16, range.signature);
}

/// Of what the lanes that differ in the bits of `mask` hold together.
__device__ __forceinline__ Range exchanged(Range range, int mask) {
  return both(range, {__shfl_xor_sync(0xffffffffu, range.min, mask),
                      __shfl_xor_sync(0xffffffffu, range.max, mask),
                      __shfl_xor_sync(0xffffffffu, range.signature, mask)});
}

/// Of what all lanes hold.
__device__ __forceinline__ Range rangeOfWarp(Range range) {
  return exchanged(exchanged(exchanged(exchanged(exchanged(range, 1), 2), 4), 8), 16);
}

} // namespace lacuna

#endif // LACUNA_RANGE_CUH
