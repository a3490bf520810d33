#include "test/unit/Emulator/ModelTable.h"

#include "lib/Support/HalfBits.h"
#include "test/unit/Emulator/KernelRunner.h"

#include <cmath>
#include <cstdio>
#include <limits>

using namespace lacuna;
using namespace lacuna::emulator;

/// Operand tuples for each row; four registers hold operands.
static constexpr u32 tupleCount = 1024, operandCount = 4;
static constexpr const char *operandNames[operandCount] = {"a", "b", "c", "e"};

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

template <class T>
static std::vector<u64> integerEdges() {
  using Limits = std::numeric_limits<T>;
  std::vector<u64> edges;
  for (s64 value : {0, 1, 2, 3, -1, -2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255})
    edges.push_back(toBits(static_cast<T>(value)));
  for (T value : {Limits::min(), Limits::max(), static_cast<T>(Limits::min() + 1),
                  static_cast<T>(Limits::max() - 1), static_cast<T>(0x5555555555555555),
                  static_cast<T>(0xaaaaaaaaaaaaaaaa)})
    edges.push_back(toBits(value));
  return edges;
}

/// Edges of a binary format with `fraction` bits of fraction in `width` bits.
static std::vector<u64> floatEdges(int width, int fraction) {
  u64 sign = u64(1) << (width - 1), hidden = u64(1) << fraction;
  u64 infinity = (sign - 1) & ~(hidden - 1), one = (infinity >> 1) & ~(hidden - 1);
  std::vector<u64> edges;
  auto both = [&](u64 magnitude) {
    edges.push_back(magnitude);
    edges.push_back(magnitude | sign);
  };
  both(0);
  both(1);          // smallest subnormal
  both(hidden - 1); // largest subnormal
  both(hidden);     // smallest normal
  both(infinity - 1);
  both(infinity);
  both(one);
  both(one + 1);
  both(one - hidden);                        // 0.5
  both(one + (hidden >> 1));                 // 1.5
  both(one + hidden + (hidden >> 2));        // 2.5
  edges.push_back(infinity + (hidden >> 1)); // NaN
  edges.push_back(one + hidden * 15);        // 32768
  return edges;
}

static const std::vector<u64> &edgesOf(OperandType type) {
  static const std::vector<u64> half = floatEdges(16, 10), brain = floatEdges(16, 7);
  auto pairs = [](const std::vector<u64> &edges) {
    std::vector<u64> both;
    for (std::size_t i = 0; i < edges.size(); ++i)
      both.push_back(edges[i] | edges[(i * 7 + 3) % edges.size()] << 16);
    return both;
  };
  auto withPowers = [](std::vector<u64> edges, auto example) {
    using T = decltype(example);
    for (double value : {0x1p31, -0x1p31, 0x1p32, 0x1p63, -0x1p63, 0x1p64, 0x1p31 - 1, 1e10, 65504.,
                         65520., 0.1, -0.7})
      edges.push_back(toBits(static_cast<T>(value)));
    return edges;
  };
  static const std::vector<u64> tables[] = {
      {0, 1},
      integerEdges<u16>(),
      integerEdges<s16>(),
      integerEdges<u32>(),
      integerEdges<s32>(),
      integerEdges<u64>(),
      integerEdges<s64>(),
      withPowers(floatEdges(32, 23), f32()),
      withPowers(floatEdges(64, 52), f64()),
      half,
      brain,
      pairs(half),
      pairs(brain),
  };
  return tables[static_cast<int>(type)];
}

static u64 randomFloat(u64 random, int width, int fraction) {
  u64 sign = u64(1) << (width - 1), hidden = u64(1) << fraction;
  u64 bits = random & (sign | (sign - 1));
  if (random >> 62 == 0)
    return bits; // any exponent
  // Near 1, where results neither vanish nor overflow.
  u64 one = ((sign - 1) & ~(hidden - 1)) / 2 & ~(hidden - 1);
  u64 exponent = one - 6 * hidden + (random >> 56 & 15) * hidden;
  return (bits & (sign | (hidden - 1))) | exponent;
}

static u64 randomValue(OperandType type, u64 random) {
  switch (type) {
  case OperandType::Predicate:
    return random >> 63;
  case OperandType::F32:
    return randomFloat(random, 32, 23);
  case OperandType::F64:
    return randomFloat(random, 64, 52);
  case OperandType::F16:
    return randomFloat(random, 16, 10);
  case OperandType::Bf16:
    return randomFloat(random, 16, 7);
  case OperandType::F16x2:
    return randomFloat(random, 16, 10) | randomFloat(random * 0x9e3779b97f4a7c15, 16, 10) << 16;
  case OperandType::Bf16x2:
    return randomFloat(random, 16, 7) | randomFloat(random * 0x9e3779b97f4a7c15, 16, 7) << 16;
  default: {
    int width = type <= OperandType::S16 ? 16 : type <= OperandType::S32 ? 32 : 64;
    u64 all = width == 64 ? ~u64(0) : (u64(1) << width) - 1;
    return random >> 62 == 0 ? random & 63 : random & all; // shift counts are small
  }
  }
}

u64 lacuna::emulator::operandValue(OperandType type, u64 edge, u64 random) {
  const std::vector<u64> &edges = edgesOf(type);
  return edge < edges.size() ? edges[edge] : randomValue(type, random);
}

/// All pairs of edges of the first two operands, then mixtures.
static std::vector<u64> makeTuple(const ModelRow &row, u32 tuple, Numbers &numbers) {
  std::vector<u64> values;
  u64 rest = tuple;
  bool enumerate = row.operands.size() <= 2;
  for (OperandType type : row.operands) {
    u64 count = edgesOf(type).size();
    u64 edge = enumerate ? rest % count : numbers.below(2 * count);
    rest /= count;
    if (enumerate && &type == &row.operands.back() && rest)
      edge = count; // all edges seen
    values.push_back(operandValue(type, edge, numbers.next()));
  }
  if (enumerate && rest) // mixtures of an edge and a random value
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = operandValue(row.operands[i], numbers.below(4 * edgesOf(row.operands[i]).size()),
                               numbers.next());
  return values;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static double toDouble(OperandType type, u64 bits) {
  switch (type) {
  case OperandType::F32:
    return fromBits<f32>(bits);
  case OperandType::F64:
    return fromBits<f64>(bits);
  case OperandType::F16:
    return floatFromF16(static_cast<u16>(bits));
  case OperandType::Bf16:
    return floatFromBf16(static_cast<u16>(bits));
  default:
    return 0;
  }
}

bool lacuna::emulator::admissible(OperandType type, u64 got, u64 want, Tolerance tolerance) {
  if (got == want)
    return true;
  if (type == OperandType::F16x2 || type == OperandType::Bf16x2) {
    OperandType half = type == OperandType::F16x2 ? OperandType::F16 : OperandType::Bf16;
    return got >> 32 == 0 && admissible(half, got & 0xffff, want & 0xffff, tolerance) &&
           admissible(half, got >> 16, want >> 16, tolerance);
  }
  if (type < OperandType::F32)
    return false;
  double a = toDouble(type, got), b = toDouble(type, want);
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b))
    return a == b;
  if (tolerance.relative == 0 && tolerance.absolute == 0)
    return false;
  return std::fabs(a - b) <= tolerance.absolute + tolerance.relative * std::fabs(b);
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

static std::string hex(u64 value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

static int widthOf(OperandType type) {
  switch (type) {
  case OperandType::Predicate:
    return 1;
  case OperandType::U16:
  case OperandType::S16:
  case OperandType::F16:
  case OperandType::Bf16:
    return 16;
  case OperandType::U64:
  case OperandType::S64:
  case OperandType::F64:
    return 64;
  default:
    return 32;
  }
}

/// The row as one asm statement: operands come and the result goes in 64-bit
/// words, so that all rows look alike to the compiler.
static std::string asmStatement(const ModelRow &row, u32 index) {
  std::string text = "  {\n    u64 d;\n    asm volatile(\"{\\n\\t";
  auto declare = [&](OperandType type, const std::string &name) {
    int width = widthOf(type);
    text += width == 1 ? ".reg .pred " + name : ".reg .b" + std::to_string(width) + " " + name;
    text += ";\\n\\t";
  };
  declare(row.result, "d");
  for (std::size_t i = 0; i < row.operands.size(); ++i) {
    std::string name = operandNames[i], place = "%" + std::to_string(i + 1);
    declare(row.operands[i], name);
    int width = widthOf(row.operands[i]);
    text += width == 1    ? "setp.ne.u64 " + name + ", " + place + ", 0"
            : width == 64 ? "mov.b64 " + name + ", " + place
                          : "cvt.u" + std::to_string(width) + ".u64 " + name + ", " + place;
    text += ";\\n\\t";
  }
  for (char letter : row.text)
    text += letter == '%' ? "%%" : std::string(1, letter);
  text += "\\n\\t";
  int width = widthOf(row.result);
  text += width == 1    ? "selp.u64 %0, 1, 0, d"
          : width == 64 ? "mov.b64 %0, d"
                        : "cvt.u64.u" + std::to_string(width) + " %0, d";
  text += ";\\n\\t}\" : \"=l\"(d) : ";
  for (std::size_t i = 0; i < row.operands.size(); ++i)
    text += (i ? ", " : "") + std::string("\"l\"(in[") +
            std::to_string((index * operandCount + i) * tupleCount) + " + t])";
  text += ");\n    out[" + std::to_string(index * tupleCount) + " + t] = d;\n  }\n";
  return text;
}

void ModelTable::check() const {
  if (skipWithoutNvrtc())
    return;
  std::string source = "typedef unsigned long long u64;\n"
                       "extern \"C\" __global__ void rows(const u64 *in, u64 *out) {\n"
                       "  unsigned t = blockIdx.x * blockDim.x + threadIdx.x;\n";
  std::vector<u64> in(rows.size() * operandCount * tupleCount);
  Numbers numbers(rows.size());
  for (u32 r = 0; r < rows.size(); ++r) {
    source += asmStatement(rows[r], r);
    for (u32 t = 0; t < tupleCount; ++t) {
      std::vector<u64> values = makeTuple(rows[r], t, numbers);
      for (u32 i = 0; i < values.size(); ++i)
        in[(r * operandCount + i) * tupleCount + t] = values[i];
    }
  }
  KernelImage image = compileKernel(source + "}\n", "rows");
  KernelRunner runner;
  DeviceAddress input = runner.put(in);
  DeviceAddress output = runner.allocate(rows.size() * tupleCount * 8);
  runner.runClean(image, {{tupleCount / 256}, {256}}, Arguments(input, output));
  if (testing::Test::HasFailure())
    return;
  std::vector<u64> out = runner.get<u64>(output, rows.size() * tupleCount);
  for (u32 r = 0; r < rows.size(); ++r) {
    int wrong = 0;
    for (u32 t = 0; t < tupleCount && wrong < 1; ++t) {
      u64 operands[operandCount];
      for (u32 i = 0; i < operandCount; ++i)
        operands[i] = in[(r * operandCount + i) * tupleCount + t];
      std::optional<u64> want = rows[r].model(operands);
      u64 got = out[r * tupleCount + t];
      if (!want || admissible(rows[r].result, got, *want, rows[r].tolerance))
        continue;
      ++wrong;
      std::string place;
      for (u32 i = 0; i < rows[r].operands.size(); ++i)
        place += std::string(" ") + operandNames[i] + "=" + hex(operands[i]);
      ADD_FAILURE() << rows[r].text << place << ": got " << hex(got) << ", want " << hex(*want);
    }
  }
}
