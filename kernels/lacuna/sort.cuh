//===- sort.cuh - A warp deals numbers by five bits of a key ---------------===//
//
// One pass of a radix sort has a bin for every lane: votes on the five bits tell
// each lane which lanes hold the same key as itself, and which hold the key that
// is its own bin. So bins need no memory, and numbers of one key keep their order.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_SORT_CUH
#define LACUNA_SORT_CUH

#include "lacuna/thread.cuh"

namespace lacuna {

/// Lanes with the key of this lane, and lanes whose key is this lane's index.
struct Peers {
  uint32_t same, own;
};

/// Keeps the lanes that agree in one bit of the key.
template <int Bit>
__device__ __forceinline__ Peers agreeing(Peers peers, int32_t key) {
  const bool set = key >> Bit & 1;
  const uint32_t lanes = __ballot_sync(0xffffffffu, set);
  return {peers.same & (set ? lanes : ~lanes),
          peers.own & (laneIndex() >> Bit & 1 ? lanes : ~lanes)};
}

/// Of the lanes that take part; a key has five bits.
__device__ __forceinline__ Peers peersOf(int32_t key, bool takesPart) {
  const uint32_t all = __ballot_sync(0xffffffffu, takesPart);
  const Peers peers = agreeing<1>(agreeing<0>({all, all}, key), key);
  return agreeing<4>(agreeing<3>(agreeing<2>(peers, key), key), key);
}

/// Adds the number of the lane `Distance` before.
template <int Distance>
__device__ __forceinline__ int32_t plusBefore(int32_t x) {
  const int32_t before = __shfl_up_sync(0xffffffffu, x, Distance);
  return laneIndex() >= Distance ? x + before : x;
}

/// Sum of the numbers of the lanes before this one.
__device__ __forceinline__ int32_t sumBefore(int32_t x) {
  const int32_t pairs = plusBefore<2>(plusBefore<1>(x));
  return plusBefore<16>(plusBefore<8>(plusBefore<4>(pairs))) - x;
}

/// How many of the lanes come before this one.
__device__ __forceinline__ int32_t countBefore(uint32_t lanes) {
  return __popc(lanes & ~(0xffffffffu << laneIndex()));
}

/// Makes what lanes have stored visible to all lanes.
__device__ __forceinline__ void shareStores() { __syncwarp(); }

} // namespace lacuna

#endif // LACUNA_SORT_CUH
