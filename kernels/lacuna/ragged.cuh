//===- ragged.cuh - Sequences one behind the other, and their pieces --------===//
//
// A piece is a query tile of one sequence. A warp cuts 32 sequences at a time: each
// lane knows how many tiles come before its sequence, and a search among the lanes
// tells for any tile whose it is.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_RAGGED_CUH
#define LACUNA_RAGGED_CUH

#include "lacuna/global.cuh"
#include "lacuna/thread.cuh"
#include "lacuna/view.cuh"

namespace lacuna {

/// Rows from `queryBegin` and `keyBegin` on are the sequence; `first` counts from
/// the former.
struct Piece {
  int32_t sequence, first, queryBegin, queryEnd, keyBegin, keyEnd;
};

/// Piece `number` of a table, 24 bytes each; without rows if there is none.
__device__ __forceinline__ Piece loadPiece(const View<2> &pieces, int32_t number) {
  const bool inside = isInside(pieces, number, 0);
  const uint64_t address = elementAddress<4>(pieces, number, 0);
  const uint64_t place = load64(address, inside), queries = load64(address + 8, inside),
                 keys = load64(address + 16, inside);
  return {int32_t(place),         int32_t(place >> 32), int32_t(queries),
          int32_t(queries >> 32), int32_t(keys),        int32_t(keys >> 32)};
}

__device__ __forceinline__ void storePiece(const View<2> &pieces, int32_t number, Piece piece) {
  if (!isInside(pieces, number, 0))
    return;
  const uint64_t address = elementAddress<4>(pieces, number, 0);
  auto pair = [](int32_t low, int32_t high) {
    return uint64_t(uint32_t(high)) << 32 | uint32_t(low);
  };
  store64(address, pair(piece.sequence, piece.first));
  store64(address + 8, pair(piece.queryBegin, piece.queryEnd));
  store64(address + 16, pair(piece.keyBegin, piece.keyEnd));
}

/// Whether offset `number` is none that may stand between those before and behind
/// it; the first is 0 and the last `rows`.
__device__ __forceinline__ bool isWrongOffset(const View<1> &offsets, int32_t number,
                                              int32_t rows) {
  const int32_t last = offsets.dim[0] - 1;
  const int32_t own = loadI32(elementAddress<4>(offsets, number), number <= last);
  const int32_t before =
      loadI32(elementAddress<4>(offsets, number - 1), number > 0 && number <= last);
  return own < before || (number == 0 && own != 0) || (number == last && own != rows);
}

/// Sequence `number`, as a piece of all its rows; one without rows if there is none.
__device__ __forceinline__ Piece sequenceAt(const View<1> &queryOffsets, const View<1> &keyOffsets,
                                            int32_t number) {
  const bool inside = number + 1 < queryOffsets.dim[0];
  auto at = [=](const View<1> &offsets, int32_t place) {
    return loadI32(elementAddress<4>(offsets, place), inside);
  };
  return {number,
          0,
          at(queryOffsets, number),
          at(queryOffsets, number + 1),
          at(keyOffsets, number),
          at(keyOffsets, number + 1)};
}

/// The piece that a lane holds.
__device__ __forceinline__ Piece pieceOfLane(Piece piece, int32_t lane) {
  auto of = [=](int32_t x) { return __shfl_sync(0xffffffffu, x, lane); };
  return {of(piece.sequence), of(piece.first),    of(piece.queryBegin),
          of(piece.queryEnd), of(piece.keyBegin), of(piece.keyEnd)};
}

/// Moves `lane` on by `Step` if the number of the lane there is not above `most`.
template <int Step>
__device__ __forceinline__ int32_t stepTo(int32_t lane, int32_t number, int32_t most) {
  return __shfl_sync(0xffffffffu, number, lane + Step) <= most ? lane + Step : lane;
}

/// The last lane whose number is not above `most`. Numbers do not descend from lane to
/// lane, and that of the first one is not above.
__device__ __forceinline__ int32_t lastNotAbove(int32_t number, int32_t most) {
  const int32_t lane = stepTo<8>(stepTo<16>(0, number, most), number, most);
  return stepTo<1>(stepTo<2>(stepTo<4>(lane, number, most), number, most), number, most);
}

/// The rows of a view from `begin` up to `end` along an axis.
template <int Axis, int Bytes, int Rank>
__device__ __forceinline__ View<Rank> partOf(View<Rank> view, int32_t begin, int32_t end) {
  view.base += Bytes * (begin * strideAlong(view, Axis));
  view.dim[Axis] = end - begin;
  return view;
}

} // namespace lacuna

#endif // LACUNA_RAGGED_CUH
