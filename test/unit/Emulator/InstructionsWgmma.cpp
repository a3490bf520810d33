#include "lib/Emulator/PtxTypes.h"
#include "lib/Support/HalfBits.h"
#include "test/unit/Emulator/KernelRunner.h"

#include <bit>

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// How a matrix of 16-bit elements (rows x 16 slices of k) lies in shared
/// memory: `span` bytes of a row together (16: core matrices of 8 x 16 bytes),
/// with k or with the rows consecutive.
struct Layout {
  u32 span;
  bool rowsConsecutive;
};

/// One product to test.
struct Case {
  u32 n;
  u32 k; ///< a multiple of 16
  Layout a, b;
  bool aInRegisters;
  bool bf16;
};

/// Swizzle: 16-byte pieces of each row of `span` bytes change places by the
/// row's number among rows of 128 bytes.
u32 swizzledByte(u32 byte, u32 span) {
  u32 line = byte / 128 % 8, pieces = span / 16; // pieces: a power of two
  return byte ^ (line % pieces * 16);
}

/// A matrix placed in shared memory, with what its descriptor says.
struct Placed {
  std::vector<u16> image;
  u32 leading, stride; ///< bytes
  u32 kStep;           ///< bytes from one slice of 16 to the next
};

/// Element (row, k) is values[row * depth + k]. The image starts at a multiple
/// of 1024 bytes.
Placed place(const std::vector<u16> &values, u32 rows, u32 depth, Layout layout) {
  Placed result;
  u32 bytes = rows * depth * 2;
  result.image.assign(bytes / 2, 0);
  auto put = [&](u32 byte, u16 value) {
    result.image[swizzledByte(byte, layout.span) / 2] = value;
  };
  // The consecutive dimension is cut into columns of `span` bytes; each column
  // holds all lines of the other one.
  u32 perSpan = layout.span / 2;
  u32 lines = layout.rowsConsecutive ? depth : rows;
  u32 columnBytes = lines * layout.span;
  for (u32 row = 0; row < rows; ++row)
    for (u32 k = 0; k < depth; ++k) {
      u32 along = layout.rowsConsecutive ? row : k, line = layout.rowsConsecutive ? k : row;
      put(along / perSpan * columnBytes + line * layout.span + along % perSpan * 2,
          values[row * depth + k]);
    }
  bool plain = layout.span == 16;
  if (layout.rowsConsecutive) {
    // Without swizzle the two offsets change their meaning.
    result.stride = plain ? columnBytes : 8 * layout.span;
    result.leading = plain ? 8 * layout.span : columnBytes;
    result.kStep = 16 * layout.span;
  } else {
    result.stride = 8 * layout.span;
    result.leading = columnBytes;
    result.kStep = plain ? 2 * columnBytes : 32;
  }
  return result;
}

/// Start of the descriptor, apart from the address: offsets and swizzle.
u64 descriptorBits(const Placed &placed, u32 span) {
  u64 code = span == 128 ? 1 : span == 64 ? 2 : span == 32 ? 3 : 0;
  return u64(placed.leading >> 4) << 16 | u64(placed.stride >> 4) << 32 | code << 62;
}

std::string wgmmaKernel(const Case &c) {
  u32 registers = c.n / 2;
  const std::string type = "float", letter = "f";
  std::string in = c.bf16 ? "bf16" : "f16";
  std::string source =
      "typedef unsigned u32; typedef unsigned long long u64;\n"
      "extern \"C\" __global__ void __launch_bounds__(128) k(const uint4 *a, const uint4 *b, const "
      "u32 *fragments,\n"
      "    " +
      type +
      " *out, u32 aPieces, u32 bPieces, u64 aBits, u64 bBits, u32 aStep, u32 bStep, u32 slices) {\n"
      "  extern __shared__ __align__(1024) uint4 tile[]; u32 t = threadIdx.x;\n"
      "  u32 bStart = (aPieces + 63) / 64 * 64;\n"
      "  for (u32 i = t; i < aPieces; i += 128) tile[i] = a[i];\n"
      "  for (u32 i = t; i < bPieces; i += 128) tile[bStart + i] = b[i];\n"
      "  asm volatile(\"fence.proxy.async.shared::cta;\" ::: \"memory\"); __syncthreads();\n"
      "  u32 at = (u32)__cvta_generic_to_shared(tile); " +
      type + " d[" + std::to_string(registers) +
      "];\n"
      "  #pragma unroll\n  for (int i = 0; i < " +
      std::to_string(registers) + "; ++i) d[i] = 0;\n";
  std::string outputs, list, empty;
  for (u32 i = 0; i < registers; ++i) {
    outputs += (i ? ", " : "") + std::string("\"+") + letter + "\"(d[" + std::to_string(i) + "])";
    list += (i ? ", %" : "%") + std::to_string(i);
  }
  if (c.aInRegisters) {
    // A's registers, too, are written before the fence.
    std::string count = std::to_string(c.k / 4);
    source += "  u32 f[" + count + "];\n  #pragma unroll\n  for (int i = 0; i < " + count +
              "; ++i) { f[i] = fragments[i * 128 + t]; asm volatile(\"\" : \"+r\"(f[i])); }\n";
  }
  source += "  asm volatile(\"wgmma.fence.sync.aligned;\" : " + outputs + " :: \"memory\");\n";
  for (u32 s = 0; s < c.k / 16; ++s) {
    std::string slice = std::to_string(s), n = std::to_string(registers);
    auto operand = [&](u32 o) { return "%" + std::to_string(registers + o); };
    source += "  { u64 da = aBits | (at + " + slice +
              " * aStep & 0x3ffff) >> 4, db = bBits | (at + 16 * bStart + " + slice +
              " * bStep & 0x3ffff) >> 4;\n  asm volatile(\"wgmma.mma_async.sync.aligned.m64n" +
              std::to_string(c.n) + "k16." + "f32" + "." + in + "." + in + " {" + list + "}, ";
    if (c.aInRegisters)
      source += "{" + operand(0) + ", " + operand(1) + ", " + operand(2) + ", " + operand(3) +
                "}, " + operand(4) + ", 1, 1, 1, ";
    else
      source +=
          operand(0) + ", " + operand(1) + ", 1, 1, 1, " + (c.a.rowsConsecutive ? "1, " : "0, ");
    source += std::string(c.b.rowsConsecutive ? "1" : "0") + ";\" : " + outputs + " : ";
    if (c.aInRegisters)
      for (u32 r = 0; r < 4; ++r)
        source += "\"r\"(f[" + slice + " * 4 + " + std::to_string(r) + "]), ";
    else
      source += "\"l\"(da), ";
    source += "\"l\"(db) : \"memory\"); }\n";
  }
  source += "  asm volatile(\"wgmma.commit_group.sync.aligned;\" ::: \"memory\");\n"
            "  asm volatile(\"wgmma.wait_group.sync.aligned 0;\" : " +
            outputs +
            " :: \"memory\");\n"
            "  #pragma unroll\n  for (int i = 0; i < " +
            std::to_string(registers) + "; ++i) out[i * 128 + t] = d[i];\n}\n";
  return source;
}

void checkCase(const Case &c) {
  SCOPED_TRACE("n " + std::to_string(c.n) + " k " + std::to_string(c.k) + " a " +
               std::to_string(c.a.span) + (c.a.rowsConsecutive ? "t" : "") + " b " +
               std::to_string(c.b.span) + (c.b.rowsConsecutive ? "t" : "") +
               (c.aInRegisters ? " registers" : "") + (c.bf16 ? " bf16" : " f16"));
  KernelImage image = compileKernel(wgmmaKernel(c), "k");
  Numbers numbers(c.n);
  auto encode = [&](int x) {
    return c.bf16 ? bf16FromFloat(static_cast<float>(x)) : f16FromFloat(static_cast<float>(x));
  };
  auto matrix = [&](u32 rows, std::vector<u16> &bits) {
    std::vector<int> values(rows * c.k);
    for (int &value : values) {
      value = static_cast<int>(numbers.below(9)) - 4;
      bits.push_back(encode(value));
    }
    return values;
  };
  std::vector<u16> aBits, bBits;
  std::vector<int> a = matrix(64, aBits), b = matrix(c.n, bBits);
  Placed placedA = place(aBits, 64, c.k, c.a), placedB = place(bBits, c.n, c.k, c.b);
  // Fragments of A: warp w holds rows 16w and up.
  std::vector<u32> fragments(c.k / 16 * 4 * 128);
  for (u32 s = 0; s < c.k / 16; ++s)
    for (u32 r = 0; r < 4; ++r)
      for (u32 t = 0; t < 128; ++t) {
        u32 row = t / 32 * 16 + t % 32 / 4 + 8 * (r & 1), k = s * 16 + t % 4 * 2 + 8 * (r >> 1);
        fragments[(s * 4 + r) * 128 + t] = aBits[row * c.k + k] | u32(aBits[row * c.k + k + 1])
                                                                      << 16;
      }
  u32 registers = c.n / 2;
  for (AsyncMode mode : {AsyncMode::Eager, AsyncMode::Lazy}) {
    EmulatorOptions options;
    options.mode = mode;
    KernelRunner runner(options);
    DeviceAddress inA = runner.put(placedA.image), inB = runner.put(placedB.image),
                  inFragments = runner.put(fragments), output = runner.allocate(registers * 512);
    u32 aPieces = static_cast<u32>(placedA.image.size() / 8),
        bPieces = static_cast<u32>(placedB.image.size() / 8);
    runner.runClean(image, {{1}, {128}, ((aPieces + 63) / 64 * 64 + bPieces) * 16},
                    Arguments(inA, inB, inFragments, output, aPieces, bPieces,
                              descriptorBits(placedA, c.a.span), descriptorBits(placedB, c.b.span),
                              placedA.kStep, placedB.kStep, c.k / 16));
    std::vector<u32> out = runner.get<u32>(output, registers * 128);
    for (u32 t = 0; t < 128; ++t)
      for (u32 e = 0; e < c.n / 2; ++e) {
        // Elements e = 4j + 2i + h of a thread: row 8i + g, columns 8j + 2t + h.
        u32 row = t / 32 * 16 + t % 32 / 4 + 8 * (e / 2 % 2),
            column = e / 4 * 8 + t % 4 * 2 + e % 2;
        int want = 0;
        for (u32 k = 0; k < c.k; ++k)
          want += a[row * c.k + k] * b[column * c.k + k];
        float got = std::bit_cast<float>(out[e * 128 + t]);
        ASSERT_EQ(got, static_cast<float>(want)) << "row " << row << " column " << column;
      }
  }
}

} // namespace

TEST(InstructionsWgmma, SwizzledOperands) {
  if (skipWithoutNvrtc())
    return;
  for (u32 span : {32, 64, 128})
    checkCase({64, span / 2, {span, false}, {span, false}, false, true});
  for (u32 span : {32, 64, 128}) {
    checkCase({128, 64, {128, false}, {span, true}, false, true});
    checkCase({64, 32, {span, true}, {64, false}, false, false});
  }
}

TEST(InstructionsWgmma, PlainOperands) {
  if (skipWithoutNvrtc())
    return;
  checkCase({64, 32, {16, false}, {16, false}, false, true});
  checkCase({32, 32, {16, true}, {16, true}, false, false});
}

TEST(InstructionsWgmma, ShapesAndTypes) {
  if (skipWithoutNvrtc())
    return;
  for (u32 n = 8; n <= 256; n += 8)
    for (bool bf16 : {false, true})
      checkCase({n, 16, {32, false}, {32, false}, false, bf16});
  checkCase({64, 64, {128, false}, {128, false}, true, true});
  checkCase({128, 32, {64, false}, {128, true}, true, false});
}
