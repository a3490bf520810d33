//===- PtxTypes.h - PTX's scalar types under their own names ---------------===//
//
// PTX calls its types u8 ... s64, f32, f64. The emulator uses the same words,
// so that a row of a decode table reads like the instruction it decodes.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_PTXTYPES_H
#define LIB_EMULATOR_PTXTYPES_H

#include <cstdint>

namespace lacuna::emulator {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
using f32 = float;
using f64 = double;

/// Threads of a warp; bit i of a lane mask stands for lane i.
inline constexpr int warpSize = 32;
inline constexpr u32 allLanes = ~u32(0);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_PTXTYPES_H
