//===- copy_bulk.cuh - Copies by the tensor memory accelerator -------------===//
#ifndef LACUNA_COPY_BULK_CUH
#define LACUNA_COPY_BULK_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// A kernel parameter that the driver fills: a CUtensorMap.
struct alignas(64) CopyMap {
  uint64_t opaque[16];
};

/// Starts copying the box whose first element lies at `column`, `row` of a head
/// of a batch; the barrier counts its bytes.
__device__ __forceinline__ void copyBulk(const CopyMap &map, uint32_t target, uint32_t barrier,
                                         int32_t column, int32_t row, int32_t head, int32_t batch) {
  asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes "
               "[%0], [%1, {%3, %4, %5, %6}], [%2];" ::"r"(target),
               "l"(&map), "r"(barrier), "r"(column), "r"(row), "r"(head), "r"(batch)
               : "memory");
}

/// The same where a row is a member of a group of heads, at a position.
__device__ __forceinline__ void copyBulk(const CopyMap &map, uint32_t target, uint32_t barrier,
                                         int32_t column, int32_t member, int32_t position,
                                         int32_t head, int32_t batch) {
  asm volatile("cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes "
               "[%0], [%1, {%3, %4, %5, %6, %7}], [%2];" ::"r"(target),
               "l"(&map), "r"(barrier), "r"(column), "r"(member), "r"(position), "r"(head),
               "r"(batch)
               : "memory");
}

} // namespace lacuna

#endif // LACUNA_COPY_BULK_CUH
