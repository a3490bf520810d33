//===- view.cuh - Tensors in global memory ---------------------------------===//
//
// A view is one kernel parameter: address, strides in elements (the innermost is
// 1 and not stored), extents. Every index computed on the device is bounded here.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_VIEW_CUH
#define LACUNA_VIEW_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// A tensor parameter, laid out as the host packs it.
template <int Rank>
struct View {
  uint64_t base;
  int64_t stride[Rank - 1];
  int32_t dim[Rank];
};

/// One axis has no stride to store.
template <>
struct View<1> {
  uint64_t base;
  int32_t dim[1];
};

/// Elements along an axis.
template <int Axis, int Rank>
__device__ __forceinline__ int32_t extent(const View<Rank> &view) {
  return view.dim[Axis];
}

/// Whether every index lies in its extent.
template <int Rank, typename... Index>
__device__ __forceinline__ bool isInside(const View<Rank> &view, Index... index) {
  static_assert(sizeof...(Index) == Rank, "one index per axis");
  int axis = 0;
  return ((uint32_t(index) < uint32_t(view.dim[axis++])) && ...);
}

/// Elements from one index to the next along an axis.
template <int Rank>
__device__ __forceinline__ int64_t strideAlong(const View<Rank> &view, int axis) {
  return axis < Rank - 1 ? view.stride[axis] : 1;
}
__device__ __forceinline__ int64_t strideAlong(const View<1> &, int) { return 1; }

/// Address of the element at the indices, of `Bytes` bytes each. Summed from the
/// outermost axis on, so that where only the last index varies, all before it is
/// computed once and the rest is one instruction.
template <int Bytes, int Rank, typename... Index>
__device__ __forceinline__ uint64_t elementAddress(const View<Rank> &view, Index... index) {
  static_assert(sizeof...(Index) == Rank, "one index per axis");
  uint64_t address = view.base;
  int axis = 0;
  ((address += Bytes * (index * strideAlong(view, axis)), ++axis), ...);
  return address;
}

} // namespace lacuna

#endif // LACUNA_VIEW_CUH
