//===- heads.cuh - Rows that are positions of several heads ----------------===//
//
// `Heads` neighbouring heads are one, and row r is position r / Heads of head
// r % Heads of them: extents are other than those of the tensor, strides the same.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_HEADS_CUH
#define LACUNA_HEADS_CUH

#include "lacuna/view.cuh"

namespace lacuna {

/// A view of [batch, heads, rows] or [batch, heads, rows, columns].
template <int Rank, int Heads>
struct PackedView {
  View<Rank> tensor;
  int32_t dim[Rank];
};

/// Elements along an axis.
template <int Axis, int Rank, int Heads>
__device__ __forceinline__ int32_t extent(const PackedView<Rank, Heads> &view) {
  return view.dim[Axis];
}

/// The view of a tensor with its heads packed.
template <int Heads, int Rank>
__device__ __forceinline__ PackedView<Rank, Heads> packHeads(const View<Rank> &tensor) {
  PackedView<Rank, Heads> packed{tensor};
  packed.dim[Rank - 1] = tensor.dim[Rank - 1]; // columns, if there are any
  packed.dim[0] = tensor.dim[0];
  packed.dim[1] = tensor.dim[1] / Heads;
  packed.dim[2] = tensor.dim[2] * Heads;
  return packed;
}

/// Address of an element, of `Bytes` bytes each. The row is not negative.
template <int Bytes, int Rank, int Heads, typename... Column>
__device__ __forceinline__ uint64_t elementAddress(const PackedView<Rank, Heads> &view,
                                                   int32_t batch, int32_t head, int32_t row,
                                                   Column... column) {
  const int32_t position = uint32_t(row) / Heads, member = uint32_t(row) % Heads;
  return elementAddress<Bytes>(view.tensor, batch, head * Heads + member, position, column...);
}

} // namespace lacuna

#endif // LACUNA_HEADS_CUH
