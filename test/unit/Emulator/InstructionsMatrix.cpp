#include "lib/Emulator/PtxTypes.h"
#include "lib/Support/HalfBits.h"
#include "test/unit/Emulator/KernelRunner.h"

#include <bit>

using namespace lacuna;
using namespace lacuna::emulator;

//===----------------------------------------------------------------------===//
// ldmatrix, stmatrix, movmatrix
//===----------------------------------------------------------------------===//

namespace {

/// How an address of shared memory is named; without a name it is generic.
constexpr const char *spaces[] = {".shared", ".shared::cta", ""};

/// A kernel that loads with `load` what lane's row address in `rows` says and
/// stores four registers a lane.
KernelImage loadMatrixKernel() {
  std::string source =
      "typedef unsigned u32; typedef unsigned short u16;\n"
      "extern \"C\" __global__ void k(const uint4 *in, const u32 *rows, u32 *out) {\n"
      "  __shared__ uint4 tile[64]; u32 t = threadIdx.x;\n"
      "  tile[t] = in[t]; tile[t + 32] = in[t + 32]; __syncthreads();\n"
      "  const uint4 *row = tile + rows[t]; u32 at = (u32)__cvta_generic_to_shared(row), a, b, c, "
      "d;\n";
  int n = 0;
  for (std::string trans : {"", ".trans"})
    for (int count : {1, 2, 4}) {
      const char *space = spaces[n % 3];
      std::string list = count == 1 ? "{%0}" : count == 2 ? "{%0, %1}" : "{%0, %1, %2, %3}";
      source += "  a = b = c = d = 0xabcd;\n  asm volatile(\"ldmatrix.sync.aligned.m8n8.x" +
                std::to_string(count) + trans + space + ".b16 " + list +
                ", [%4];\" : \"+r\"(a), \"+r\"(b), \"+r\"(c), \"+r\"(d) : " +
                (*space ? "\"r\"(at)" : "\"l\"(row)") + ");\n";
      std::string place = std::to_string(n++ * 128);
      source +=
          "  { u32 *o = out + " + place + " + t; o[0] = a; o[32] = b; o[64] = c; o[96] = d; }\n";
    }
  source += "  asm volatile(\"movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;\" : \"=r\"(a) : "
            "\"r\"(in[t].x));\n"
            "  out[" +
            std::to_string(n * 128) + " + t] = a;\n}\n";
  return compileKernel(source, "k");
}

} // namespace

TEST(InstructionsMatrix, LoadMatrix) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = loadMatrixKernel();
  Numbers numbers(4);
  std::vector<u16> tile(64 * 8);
  for (u16 &value : tile)
    value = static_cast<u16>(numbers.next());
  std::vector<u32> rows(32);
  for (u32 &row : rows)
    row = static_cast<u32>(numbers.below(64));
  KernelRunner runner;
  DeviceAddress input = runner.put(tile), where = runner.put(rows);
  DeviceAddress output = runner.allocate((6 * 128 + 32) * 4);
  runner.runClean(image, {{1}, {32}}, Arguments(input, where, output));
  std::vector<u32> out = runner.get<u32>(output, 6 * 128 + 32);
  int n = 0;
  for (bool transposed : {false, true})
    for (u32 count : {1, 2, 4}) {
      for (u32 matrix = 0; matrix < 4; ++matrix)
        for (u32 lane = 0; lane < 32; ++lane) {
          u32 want = 0xabcd;
          if (matrix < count) {
            // Lane 8m + r gives row r of matrix m; lane l holds elements
            // (l / 4, 2 (l % 4)) and the next one of its row.
            auto element = [&](u32 row, u32 column) -> u32 {
              if (transposed)
                std::swap(row, column);
              return tile[rows[8 * matrix + row] * 8 + column];
            };
            want = element(lane / 4, lane % 4 * 2) | element(lane / 4, lane % 4 * 2 + 1) << 16;
          }
          ASSERT_EQ(out[n * 128 + matrix * 32 + lane], want)
              << "x" << count << (transposed ? " trans" : "") << " matrix " << matrix << " lane "
              << lane;
        }
      ++n;
    }
  // movmatrix transposes the 8x8 matrix that the lanes' registers make up.
  auto held = [&](u32 row, u32 column) -> u32 {
    return tile[(row * 4 + column / 2) * 8 + column % 2];
  };
  for (u32 lane = 0; lane < 32; ++lane)
    ASSERT_EQ(out[n * 128 + lane], held(lane % 4 * 2, lane / 4) | held(lane % 4 * 2 + 1, lane / 4)
                                                                      << 16);
}

TEST(InstructionsMatrix, StoreMatrix) {
  if (skipWithoutNvrtc())
    return;
  std::string source =
      "typedef unsigned u32;\n"
      "extern \"C\" __global__ void k(const u32 *in, const u32 *rows, uint4 *out) {\n"
      "  __shared__ uint4 tile[32]; u32 t = threadIdx.x;\n"
      "  uint4 *row = tile + rows[t]; u32 at = (u32)__cvta_generic_to_shared(row);\n"
      "  u32 a = in[t], b = in[t + 32], c = in[t + 64], d = in[t + 96];\n";
  int n = 0;
  for (std::string trans : {"", ".trans"})
    for (int count : {1, 2, 4}) {
      std::string list = count == 1 ? "{%0}" : count == 2 ? "{%0, %1}" : "{%0, %1, %2, %3}";
      const char *space = spaces[n % 3];
      source += "  tile[t] = make_uint4(0, 0, 0, 0); __syncthreads();\n"
                "  asm volatile(\"stmatrix.sync.aligned.m8n8.x" +
                std::to_string(count) + trans + space + ".b16 [%4], " + list +
                ";\" :: \"r\"(a), \"r\"(b), \"r\"(c), \"r\"(d), " +
                (*space ? "\"r\"(at)" : "\"l\"(row)") +
                " : \"memory\");\n"
                "  __syncthreads(); out[" +
                std::to_string(n * 32) + " + t] = tile[t]; __syncthreads();\n";
      ++n;
    }
  KernelImage image = compileKernel(source + "}\n", "k");
  Numbers numbers(5);
  std::vector<u32> in(128), rows(32);
  for (u32 &value : in)
    value = static_cast<u32>(numbers.next());
  for (u32 lane = 0; lane < 32; ++lane)
    rows[lane] = lane * 13 % 32; // each row once
  KernelRunner runner;
  DeviceAddress input = runner.put(in), where = runner.put(rows);
  DeviceAddress output = runner.allocate(6 * 32 * 16);
  runner.runClean(image, {{1}, {32}}, Arguments(input, where, output));
  std::vector<u16> out = runner.get<u16>(output, 6 * 32 * 8);
  n = 0;
  for (bool transposed : {false, true})
    for (u32 count : {1, 2, 4}) {
      std::vector<u16> want(32 * 8);
      for (u32 matrix = 0; matrix < count; ++matrix)
        for (u32 lane = 0; lane < 32; ++lane)
          for (u32 half = 0; half < 2; ++half) {
            u32 row = lane / 4, column = lane % 4 * 2 + half;
            if (transposed)
              std::swap(row, column);
            want[rows[8 * matrix + row] * 8 + column] =
                static_cast<u16>(in[32 * matrix + lane] >> 16 * half);
          }
      EXPECT_EQ(std::vector<u16>(out.begin() + n * 256, out.begin() + n * 256 + 256), want)
          << "x" << count << (transposed ? " trans" : "");
      ++n;
    }
}

//===----------------------------------------------------------------------===//
// mma
//===----------------------------------------------------------------------===//

namespace {

/// Row and column of a matrix element.
struct Place {
  u32 row, column;
};

/// One shape and its types. Matrices are 16 x K, K x 8 and 16 x 8.
struct MmaRow {
  std::string text; ///< after "mma.sync.aligned."
  u32 k;
  u32 (*encode)(int); ///< a small integer as an element of A or B
  u32 accumulatorBits;

  u32 elementsA() const { return k / 2; } ///< of a lane
  u32 elementsB() const { return k / 4; }
  /// Constraint of a register of an accumulator.
  std::string constraint() const { return accumulatorBits == 32 ? "f" : "r"; }
};

/// Where element i of a lane's fragment lies, from the ISA's formulas.
Place placeA(u32 lane, u32 i) {
  bool lowerRows = (i / 2) % 2, upperColumns = i >= 4;
  return {lane / 4 + 8 * lowerRows, lane % 4 * 2 + i % 2 + 8 * upperColumns};
}
Place placeB(u32 lane, u32 i) { return {lane % 4 * 2 + i % 2 + 8 * (i / 2), lane / 4}; }
Place placeC(u32 lane, u32 i) { return {lane / 4 + 8 * (i / 2), lane % 4 * 2 + i % 2}; }

u32 bf16(int x) { return bf16FromFloat(static_cast<float>(x)); }
u32 f16(int x) { return f16FromFloat(static_cast<float>(x)); }
u32 f32(int x) { return std::bit_cast<u32>(static_cast<float>(x)); }

std::vector<MmaRow> mmaRows() {
  return {
      {"m16n8k16.row.col.f32.f16.f16.f32", 16, f16, 32},
      {"m16n8k16.row.col.f32.bf16.bf16.f32", 16, bf16, 32},
      {"m16n8k16.row.col.f16.f16.f16.f16", 16, f16, 16},
      {"m16n8k8.row.col.f32.f16.f16.f32", 8, f16, 32},
      {"m16n8k8.row.col.f32.bf16.bf16.f32", 8, bf16, 32},
      {"m16n8k8.row.col.f16.f16.f16.f16", 8, f16, 16},
  };
}

u32 registerCount(u32 elements, u32 bits) { return elements * bits / 32; }

/// A kernel whose lanes load fragments A, B, C, multiply, and store D.
KernelImage mmaKernel(const MmaRow &row) {
  u32 a = registerCount(row.elementsA(), 16), b = registerCount(row.elementsB(), 16);
  u32 c = registerCount(4, row.accumulatorBits), n = 0;
  auto list = [&](u32 count) {
    std::string text = "{";
    for (u32 i = 0; i < count; ++i)
      text += (i ? ", %" : "%") + std::to_string(n++);
    return text + "}";
  };
  std::string constraint = row.constraint(), type = constraint == "f" ? "float" : "unsigned";
  std::string source = "extern \"C\" __global__ void k(const unsigned *in, unsigned *out) {\n"
                       "  unsigned t = threadIdx.x; " +
                       type + " d[4], c[4];\n";
  for (u32 i = 0; i < c; ++i)
    source += "  c[" + std::to_string(i) + "] = ((const " + type + " *)in)[" +
              std::to_string((a + b + i) * 32) + " + t];\n";
  source += "  asm volatile(\"mma.sync.aligned." + row.text + " ";
  source += list(c) + ", ";
  source += list(a) + ", ";
  source += list(b) + ", ";
  source += list(c) + ";\" : ";
  for (u32 i = 0; i < c; ++i)
    source +=
        (i ? ", " : "") + std::string("\"=") + constraint + "\"(d[" + std::to_string(i) + "])";
  source += " : ";
  for (u32 i = 0; i < a + b; ++i)
    source += std::string(i ? ", " : "") + "\"r\"(in[" + std::to_string(i * 32) + " + t])";
  for (u32 i = 0; i < c; ++i)
    source += ", \"" + constraint + "\"(c[" + std::to_string(i) + "])";
  source += ");\n";
  for (u32 i = 0; i < c; ++i)
    source += "  ((" + type + " *)out)[" + std::to_string(i * 32) + " + t] = d[" +
              std::to_string(i) + "];\n";
  return compileKernel(source + "}\n", "k");
}

/// Small integers, so that every order of summation gives the same.
void checkMma(const MmaRow &row) {
  SCOPED_TRACE(row.text);
  KernelImage image = mmaKernel(row);
  Numbers numbers(row.k);
  auto matrix = [&](u32 size) {
    std::vector<int> values(size);
    for (int &value : values)
      value = static_cast<int>(numbers.below(9)) - 4;
    return values;
  };
  std::vector<int> a = matrix(16 * row.k), b = matrix(row.k * 8), c = matrix(16 * 8);
  u32 registersA = registerCount(row.elementsA(), 16);
  u32 registersB = registerCount(row.elementsB(), 16);
  u32 registersC = registerCount(4, row.accumulatorBits);
  std::vector<u32> in((registersA + registersB + registersC) * 32);
  auto put = [&](u32 first, u32 i, u32 lane, u32 bits, u32 value) {
    u32 perRegister = 32 / bits;
    in[(first + i / perRegister) * 32 + lane] |= value << i % perRegister * bits;
  };
  auto encodeC = [&](int x) { return row.accumulatorBits == 16 ? f16(x) : f32(x); };
  for (u32 lane = 0; lane < 32; ++lane) {
    for (u32 i = 0; i < row.elementsA(); ++i) {
      Place p = placeA(lane, i);
      put(0, i, lane, 16, row.encode(a[p.row * row.k + p.column]));
    }
    for (u32 i = 0; i < row.elementsB(); ++i) {
      Place p = placeB(lane, i);
      put(registersA, i, lane, 16, row.encode(b[p.row * 8 + p.column]));
    }
    for (u32 i = 0; i < 4; ++i) {
      Place p = placeC(lane, i);
      put(registersA + registersB, i, lane, row.accumulatorBits, encodeC(c[p.row * 8 + p.column]));
    }
  }
  KernelRunner runner;
  DeviceAddress input = runner.put(in), output = runner.allocate(registersC * 128);
  runner.runClean(image, {{1}, {32}}, Arguments(input, output));
  std::vector<u32> out = runner.get<u32>(output, registersC * 32);
  for (u32 lane = 0; lane < 32; ++lane)
    for (u32 i = 0; i < 4; ++i) {
      Place p = placeC(lane, i);
      int want = c[p.row * 8 + p.column];
      for (u32 k = 0; k < row.k; ++k)
        want += a[p.row * row.k + k] * b[k * 8 + p.column];
      u32 perRegister = 32 / row.accumulatorBits;
      u32 got = out[i / perRegister * 32 + lane] >> i % perRegister * row.accumulatorBits;
      if (row.accumulatorBits == 16)
        got &= 0xffff;
      ASSERT_EQ(got, encodeC(want)) << "lane " << lane << " element " << i;
    }
}

} // namespace

TEST(InstructionsMatrix, MultiplyAccumulate) {
  if (skipWithoutNvrtc())
    return;
  for (const MmaRow &row : mmaRows())
    checkMma(row);
}

TEST(InstructionsMatrix, MultiplyAccumulateRounds) {
  if (skipWithoutNvrtc())
    return;
  // Real numbers: the hardware's order and rounding of a sum are not stated, so
  // the result is held to a bound of a few units of f32 in the largest term.
  MmaRow row = {"m16n8k16.row.col.f32.bf16.bf16.f32", 16, bf16, 32};
  KernelImage image = mmaKernel(row);
  Numbers numbers(77);
  std::vector<float> a(256), b(128), c(128);
  for (std::vector<float> *values : {&a, &b, &c})
    for (float &value : *values)
      value = floatFromBf16(
          bf16FromFloat(static_cast<float>(numbers.unit() * (1 + 99 * (numbers.next() & 1)))));
  std::vector<u32> in(10 * 32);
  for (u32 lane = 0; lane < 32; ++lane) {
    for (u32 i = 0; i < 8; ++i) {
      Place p = placeA(lane, i);
      in[i / 2 * 32 + lane] |= u32(bf16FromFloat(a[p.row * 16 + p.column])) << i % 2 * 16;
    }
    for (u32 i = 0; i < 4; ++i) {
      Place p = placeB(lane, i);
      in[(4 + i / 2) * 32 + lane] |= u32(bf16FromFloat(b[p.row * 8 + p.column])) << i % 2 * 16;
      in[(6 + i) * 32 + lane] =
          std::bit_cast<u32>(c[(lane / 4 + 8 * (i / 2)) * 8 + lane % 4 * 2 + i % 2]);
    }
  }
  KernelRunner runner;
  DeviceAddress input = runner.put(in), output = runner.allocate(512);
  runner.runClean(image, {{1}, {32}}, Arguments(input, output));
  std::vector<float> out = runner.get<float>(output, 128);
  for (u32 lane = 0; lane < 32; ++lane)
    for (u32 i = 0; i < 4; ++i) {
      u32 r = lane / 4 + 8 * (i / 2), column = lane % 4 * 2 + i % 2;
      double want = c[r * 8 + column], largest = std::abs(want);
      for (u32 k = 0; k < 16; ++k) {
        double term = double(a[r * 16 + k]) * b[k * 8 + column];
        want += term;
        largest = std::max(largest, std::abs(term));
      }
      ASSERT_NEAR(out[i * 32 + lane], want, largest * 0x1p-20);
    }
}
