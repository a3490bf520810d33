//===- MmaKernel.cpp - 16x8 tiles of products in vector code ---------------===//
//
// More than half of an attention kernel's time on the emulator is spent here.
// Each function is compiled for plain x86-64 and for AVX2 with FMA; the loader
// picks. Both give the same bits: a product of two halves is exact in f32, so
// fusing it with the addition changes nothing.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Sim/MmaKernel.h"

#include <cstring>

using namespace lacuna::emulator;

namespace {

using Halves = u16 __attribute__((vector_size(16)));
using Words = u32 __attribute__((vector_size(32)));
using Floats = f32 __attribute__((vector_size(32)));
using HalfFloats = f32 __attribute__((vector_size(16)));

template <class Vector, class T>
[[gnu::always_inline]] inline Vector loadVector(const T *from) {
  Vector result;
  std::memcpy(&result, from, sizeof result);
  return result;
}

struct Bf16 {
  [[gnu::always_inline]] static Floats widen(Halves x) {
    return reinterpret_cast<Floats>(__builtin_convertvector(x, Words) << 16);
  }
};

struct F16 {
  [[gnu::always_inline]] static Floats widen(Halves x) {
    Words bits = __builtin_convertvector(x, Words);
    Words magnitude = (bits & 0x7fff) << 13;
    // Moves the exponent to f32's bias; subnormals come out normal.
    Floats value = reinterpret_cast<Floats>(magnitude) * 0x1p112f;
    Words special = reinterpret_cast<Words>((bits & 0x7c00) == 0x7c00) & 0x7f800000;
    return reinterpret_cast<Floats>(reinterpret_cast<Words>(value) | special |
                                    (bits & 0x8000) << 16);
  }
};

/// One of three identical steps that transpose: interleave row i with row i+4.
[[gnu::always_inline]] inline void interleave(Halves (&rows)[8]) {
  Halves next[8];
  for (int i = 0; i < 4; ++i) {
    next[2 * i] = __builtin_shufflevector(rows[i], rows[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
    next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; ++i)
    rows[i] = next[i];
}

[[gnu::always_inline]] inline void transpose(Halves (&rows)[8]) {
  interleave(rows);
  interleave(rows);
  interleave(rows);
}

/// Columns of the accumulators are taken in the order 0 2 4 6 1 3 5 7, in which
/// a row of the tile is two registers' neighbouring lanes.
constexpr int columnOrder[8] = {0, 2, 4, 6, 1, 3, 5, 7};

template <class Half, int halvesOfK>
[[gnu::always_inline]] inline void multiply(const MmaOperands &operands) {
  constexpr int depth = 8 * halvesOfK;
  alignas(64) f32 a[16][depth];
  for (int half = 0; half < halvesOfK; ++half)
    for (int row = 0; row < 16; ++row) {
      const u16 *tile = operands.a[2 * half + (row >> 3)] + 8 * (row & 7);
      Floats wide = Half::widen(loadVector<Halves>(tile));
      std::memcpy(&a[row][8 * half], &wide, sizeof wide);
    }
  Floats b[depth];
  for (int half = 0; half < halvesOfK; ++half) {
    Halves rows[8];
    for (int n = 0; n < 8; ++n)
      rows[n] = loadVector<Halves>(operands.b[half] + 8 * columnOrder[n]);
    transpose(rows);
    for (int k = 0; k < 8; ++k)
      b[8 * half + k] = Half::widen(rows[k]);
  }
  alignas(64) f32 result[16][8];
  constexpr int together = 4; // rows that share a load of b
  for (int first = 0; first < 16; first += together) {
    Floats sum[together];
    for (int r = 0; r < together; ++r) {
      int row = first + r, pair = row >> 3 << 1, lane = 4 * (row & 7);
      HalfFloats even = loadVector<HalfFloats>(operands.c[pair] + lane);
      HalfFloats odd = loadVector<HalfFloats>(operands.c[pair + 1] + lane);
      sum[r] = __builtin_shufflevector(even, odd, 0, 1, 2, 3, 4, 5, 6, 7);
    }
    for (int k = 0; k < depth; ++k)
      for (int r = 0; r < together; ++r)
        sum[r] += a[first + r][k] * b[k];
    for (int r = 0; r < together; ++r)
      std::memcpy(result[first + r], &sum[r], sizeof sum[r]);
  }
  for (int row = 0; row < 16; ++row) {
    int pair = row >> 3 << 1, lane = 4 * (row & 7);
    std::memcpy(operands.d[pair] + lane, result[row], 16);
    std::memcpy(operands.d[pair + 1] + lane, result[row] + 4, 16);
  }
}

} // namespace

[[gnu::target_clones("arch=haswell", "default")]] void
lacuna::emulator::multiplyBf16K16(const MmaOperands &operands) {
  multiply<Bf16, 2>(operands);
}
[[gnu::target_clones("arch=haswell", "default")]] void
lacuna::emulator::multiplyBf16K8(const MmaOperands &operands) {
  multiply<Bf16, 1>(operands);
}
[[gnu::target_clones("arch=haswell", "default")]] void
lacuna::emulator::multiplyF16K16(const MmaOperands &operands) {
  multiply<F16, 2>(operands);
}
[[gnu::target_clones("arch=haswell", "default")]] void
lacuna::emulator::multiplyF16K8(const MmaOperands &operands) {
  multiply<F16, 1>(operands);
}

void lacuna::emulator::transposeTile(u16 *tile) {
  Halves rows[8];
  for (int i = 0; i < 8; ++i)
    rows[i] = loadVector<Halves>(tile + 8 * i);
  transpose(rows);
  std::memcpy(tile, rows, sizeof rows);
}
