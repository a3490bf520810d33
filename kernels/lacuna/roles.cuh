//===- roles.cuh - What a warp group does and how many registers it has ----===//
#ifndef LACUNA_ROLES_CUH
#define LACUNA_ROLES_CUH

#include "lacuna/block.cuh"
#include "lacuna/thread.cuh"
#include "lacuna/types.cuh"

namespace lacuna {

/// The warp group keeps so many registers a thread and gives the others back.
template <uint32_t Registers>
__device__ __forceinline__ void giveRegisters() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Registers));
}

/// The warp group waits until it has so many registers a thread.
template <uint32_t Registers>
__device__ __forceinline__ void takeRegisters() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Registers));
}

/// Whether this thread's warp is one of the first `Warps`.
template <uint32_t Warps>
__device__ __forceinline__ bool warpIsBelow() {
  return warpIndex() < Warps;
}

/// True for one thread of the block: one of warp `Warp`.
template <uint32_t Warp>
__device__ __forceinline__ bool isElected() {
  uint32_t elected = 0;
  if (warpIndex() == Warp)
    asm volatile("{ .reg .pred p; elect.sync _|p, 0xffffffff; selp.b32 %0, 1, 0, p; }"
                 : "=r"(elected));
  return elected;
}

//===----------------------------------------------------------------------===//
// Turns: named barriers 1, 2, ... belong to the first, second, ... of `Groups`
// warp groups; one is open when its own group and the group before have arrived
//===----------------------------------------------------------------------===//

/// The last group gives the first turn away.
template <uint32_t Groups>
__device__ __forceinline__ void openTurns() {
  if (warpGroupIndex() == Groups - 1)
    asm volatile("bar.arrive 1, 256;" ::: "memory");
}

/// Waits for this group's turn.
__device__ __forceinline__ void awaitTurn() {
  asm volatile("bar.sync %0, 256;" ::"r"(1 + warpGroupIndex()) : "memory");
}

/// Gives the turn to the next group.
template <uint32_t Groups>
__device__ __forceinline__ void passTurn() {
  const uint32_t own = warpGroupIndex();
  const uint32_t next = Groups == 2 ? 1 - own : own == Groups - 1 ? 0 : own + 1;
  asm volatile("bar.arrive %0, 256;" ::"r"(1 + next) : "memory");
}

//===----------------------------------------------------------------------===//
// Lanes of a warp, for which one of them will give a slot back
//===----------------------------------------------------------------------===//

__device__ __forceinline__ void meetWarp() {
  asm volatile("bar.warp.sync 0xffffffff;" ::: "memory");
}

//===----------------------------------------------------------------------===//
// Meetings of all `Threads` consumers, at a named barrier behind those of turns
//===----------------------------------------------------------------------===//

/// All are there, and what they waited for is behind them.
template <uint32_t Threads>
__device__ __forceinline__ void meet() {
  asm volatile("bar.sync 4, %0;" ::"n"(Threads) : "memory");
}

/// What each has written to shared memory is there for products of all.
template <uint32_t Threads>
__device__ __forceinline__ void publishAndMeet() {
  asm volatile("fence.proxy.async.shared::cta;\n"
               "bar.sync 4, %0;" ::"n"(Threads)
               : "memory");
}

//===----------------------------------------------------------------------===//
// What the producer tells the consumers
//===----------------------------------------------------------------------===//

/// Leaves word of a block's part in 16 bytes of shared memory, the last four unused.
__device__ __forceinline__ void sendBlock(int32_t batch, int32_t head, int32_t first,
                                          uint32_t mailbox) {
  asm volatile("st.shared.v4.b32 [%0], {%1, %2, %3, %3};" ::"r"(mailbox), "r"(batch), "r"(head),
               "r"(first)
               : "memory");
}

/// The warp reads it, and nobody of the warp says so before all have.
__device__ __forceinline__ Block receiveBlock(uint32_t mailbox) {
  Block block;
  asm volatile("{ .reg .b32 unused; ld.shared.v4.b32 {%0, %1, %2, unused}, [%3]; }\n"
               "bar.warp.sync 0xffffffff;"
               : "=r"(block.batch), "=r"(block.head), "=r"(block.first)
               : "r"(mailbox)
               : "memory");
  return block;
}

} // namespace lacuna

#endif // LACUNA_ROLES_CUH
