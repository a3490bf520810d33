//===- HopperSource.h - What kernels with mbarriers and TMA share ---------===//
#ifndef TEST_UNIT_EMULATOR_HOPPERSOURCE_H
#define TEST_UNIT_EMULATOR_HOPPERSOURCE_H

#include <string>

namespace lacuna::emulator {

/// Device functions, without line breaks, so that lines count from the kernel
/// itself.
inline const std::string hopperPreamble =
    "typedef unsigned u32; typedef unsigned long long u64; "
    "__device__ __forceinline__ u32 at(const void *p) { return (u32)__cvta_generic_to_shared(p); } "
    "__device__ __forceinline__ void init(u64 *b, u32 n) { asm "
    "volatile(\"mbarrier.init.shared::cta.b64 [%0], %1;\" :: \"r\"(at(b)), \"r\"(n) : \"memory\"); "
    "} "
    "__device__ __forceinline__ void fenceInit() { asm "
    "volatile(\"fence.mbarrier_init.release.cluster;\" ::: \"memory\"); } "
    "__device__ __forceinline__ void fenceProxy() { asm "
    "volatile(\"fence.proxy.async.shared::cta;\" ::: \"memory\"); } "
    "__device__ __forceinline__ void expect(u64 *b, u32 n) { asm "
    "volatile(\"mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\" :: \"r\"(at(b)), \"r\"(n) "
    ": \"memory\"); } "
    "__device__ __forceinline__ void arrive(u64 *b) { asm "
    "volatile(\"mbarrier.arrive.shared::cta.b64 _, [%0];\" :: \"r\"(at(b)) : \"memory\"); } "
    "__device__ __forceinline__ void wait(u64 *b, u32 parity) { asm volatile(\"{ .reg .pred p; "
    "W_%=: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1; @!p bra W_%=; }\" :: "
    "\"r\"(at(b)), \"r\"(parity) : \"memory\"); } "
    "__device__ __forceinline__ void load(void *s, const void *g, u32 n, u64 *b) { asm "
    "volatile(\"cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, "
    "[%3];\" :: \"r\"(at(s)), \"l\"(g), \"r\"(n), \"r\"(at(b)) : \"memory\"); } "
    "__device__ __forceinline__ void store(void *g, const void *s, u32 n) { asm "
    "volatile(\"cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;\" :: \"l\"(g), "
    "\"r\"(at(s)), \"r\"(n) : \"memory\"); asm volatile(\"cp.async.bulk.commit_group;\" ::: "
    "\"memory\"); } "
    "__device__ __forceinline__ void waitStores() { asm volatile(\"cp.async.bulk.wait_group.read "
    "0;\" ::: \"memory\"); } ";

} // namespace lacuna::emulator

#endif // TEST_UNIT_EMULATOR_HOPPERSOURCE_H
