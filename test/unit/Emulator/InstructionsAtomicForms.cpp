//===- InstructionsAtomicForms.cpp - Every form of atom and red, alone -------===//
//
// Each thread has a memory cell of its own, so that what an operation answers
// and what it leaves follow from the operands. How threads share a cell is
// tested in InstructionsAtomic.cpp.
//
//===----------------------------------------------------------------------===//
#include "test/unit/Emulator/KernelRunner.h"
#include "test/unit/Emulator/RoundingModel.h"

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

constexpr u32 threads = 32;

/// Sixteen bytes: a memory cell or an operand.
struct Cell {
  u64 words[2] = {};
  u64 element(u32 index, u32 bytes) const {
    u64 value = 0;
    std::memcpy(&value, reinterpret_cast<const u8 *>(words) + index * bytes, bytes);
    return value;
  }
  void setElement(u32 index, u32 bytes, u64 value) {
    std::memcpy(reinterpret_cast<u8 *>(words) + index * bytes, &value, bytes);
  }
};

/// One operation: "add", then a cache policy may follow, then "v2.f32".
struct Operation {
  std::string name, type;
  OperandType element;
  u32 bytes, elements;
  std::function<u64(u64 old, u64 b, u64 c)> model;
  /// Of an f32 in global memory, hardware flushes subnormals.
  Tolerance tolerance = {};

  bool compares() const { return name == "cas"; }
  bool onlyAnswers() const { return compares() || name == "exch"; }
};

template <class T, class Model>
Operation operation(std::string name, std::string type, Model model, u32 elements = 1) {
  return {std::move(name),
          std::move(type),
          operandTypeOf<T>(),
          sizeof(T),
          elements,
          [=](u64 old, u64 b, u64 c) {
            return toBits<T>(model(fromBits<T>(old), fromBits<T>(b), fromBits<T>(c)));
          }};
}

template <class T>
void addOrder(std::vector<Operation> &all, const std::string &type) {
  all.push_back(operation<T>("min", type, [](T old, T b, T) { return std::min(old, b); }));
  all.push_back(operation<T>("max", type, [](T old, T b, T) { return std::max(old, b); }));
}

template <class T>
void addBits(std::vector<Operation> &all, const std::string &type) {
  all.push_back(operation<T>("and", type, [](T old, T b, T) -> T { return old & b; }));
  all.push_back(operation<T>("or", type, [](T old, T b, T) -> T { return old | b; }));
  all.push_back(operation<T>("xor", type, [](T old, T b, T) -> T { return old ^ b; }));
  all.push_back(operation<T>("exch", type, [](T, T b, T) { return b; }));
  all.push_back(operation<T>("cas", type, [](T old, T b, T c) { return old == b ? c : old; }));
}

template <class Half, class Packed>
void addHalves(std::vector<Operation> &all, const std::string &type) {
  auto add = [](Half old, Half b, Half) { return modelAdd(old, b); };
  all.push_back(operation<Half>("add.noftz", type, add));
  all.push_back(operation<Half>("add.noftz", type + "x2", add));
  all.back().elements = 2;
}

std::vector<Operation> everyOperation() {
  std::vector<Operation> all;
  addOrder<u32>(all, "u32");
  addOrder<s32>(all, "s32");
  addOrder<u64>(all, "u64");
  addOrder<s64>(all, "s64");
  addBits<u32>(all, "b32");
  addBits<u64>(all, "b64");
  all.push_back(
      operation<u16>("cas", "b16", [](u16 old, u16 b, u16 c) { return old == b ? c : old; }));
  all.push_back(
      operation<u32>("inc", "u32", [](u32 old, u32 b, u32) { return old >= b ? 0 : old + 1; }));
  all.push_back(operation<u32>(
      "dec", "u32", [](u32 old, u32 b, u32) { return old == 0 || old > b ? b : old - 1; }));
  auto sum = [](auto old, auto b, auto) { return old + b; };
  all.push_back(operation<u32>("add", "u32", sum));
  all.push_back(operation<u32>("add", "s32", sum));
  all.push_back(operation<u64>("add", "u64", sum));
  auto floatSum = [](f32 old, f32 b, f32) { return modelAdd(old, b); };
  for (u32 elements : {1, 2, 4}) {
    std::string vector = elements == 1 ? "" : "v" + std::to_string(elements) + ".";
    all.push_back(operation<f32>("add", vector + "f32", floatSum, elements));
    all.back().tolerance.absolute = 0x1p-125;
  }
  all.push_back(operation<f64>("add", "f64", [](f64 old, f64 b, f64) { return modelAdd(old, b); }));
  addHalves<F16, F16x2>(all, "f16");
  addHalves<Bf16, Bf16x2>(all, "bf16");
  return all;
}

/// Where an operation happens, and with which modifiers.
struct Place {
  const char *atomOrder, *redOrder, *scope, *space;
  bool shared, hinted;
};
constexpr Place places[] = {
    {"", "", "", ".global", false, false},
    {".relaxed", ".relaxed", ".gpu", "", false, true},
    {".acquire", ".release", ".cta", ".shared", true, false},
    {".release", ".relaxed", ".cluster", ".shared::cta", true, false},
    {".acq_rel", ".release", ".sys", "", true, false},
};
/// For vectors, which only global memory takes.
constexpr Place globalPlaces[] = {
    {"", "", "", ".global", false, false},
    {".relaxed", ".relaxed", ".gpu", ".global", false, true},
    {".acquire", ".release", ".cta", "", false, false},
    {".release", ".relaxed", ".cluster", ".global", false, false},
    {".acq_rel", ".release", ".sys", ".global", false, false},
};

/// One instruction in the kernel.
struct Statement {
  const Operation *operation;
  Place place;
  bool answers; ///< atom, not red
};

std::vector<Statement> everyStatement(const std::vector<Operation> &operations) {
  std::vector<Statement> all;
  for (const Operation &o : operations)
    for (Place place : o.type[0] == 'v' ? globalPlaces : places) {
      place.hinted &= !o.compares(); // cas takes no cache policy
      all.push_back({&o, place, true});
      if (!o.onlyAnswers())
        all.push_back({&o, place, false});
    }
  return all;
}

/// "{%2, %3}" or "%2".
std::string registerList(u32 first, u32 count) {
  std::string list;
  for (u32 i = 0; i < count; ++i)
    list += (i ? ", %" : "%") + std::to_string(first + i);
  return count == 1 ? list : "{" + list + "}";
}

/// C++ that executes a statement: `old`, `b` and `c` are Views of cells.
std::string textOf(const Statement &s) {
  const Operation &o = *s.operation;
  const bool packed = o.type.ends_with("x2");
  const u32 bytes = packed ? 4 : o.bytes, count = packed ? 1 : o.elements;
  const std::string letter = bytes == 2 ? "h" : bytes == 4 ? "r" : "l", view = letter;
  const u32 inputs = s.answers ? count : 0; // registers before the address
  std::string text =
      s.answers ? std::string("atom") + s.place.atomOrder : std::string("red") + s.place.redOrder;
  text += std::string(s.place.scope) + s.place.space + "." + o.name +
          (s.place.hinted ? ".L2::cache_hint." : ".") + o.type + " ";
  text += s.answers ? registerList(0, count) + ", " : "";
  text += "[%" + std::to_string(inputs) + "], " + registerList(inputs + 1, count);
  text += o.compares() ? ", %" + std::to_string(inputs + 1 + count) : "";
  text += s.place.hinted ? ", %" + std::to_string(inputs + 1 + count + o.compares()) : "";
  auto operands = [&](const std::string &prefix, const std::string &name) {
    std::string list;
    for (u32 i = 0; i < count; ++i)
      list += (i ? ", \"" : "\"") + prefix + letter + "\"(" + name + "." + view + "[" +
              std::to_string(i) + "])";
    return list;
  };
  const bool word = std::string(s.place.space).starts_with(".shared");
  std::string pointer = !s.place.shared ? "\"l\"(memory + n)"
                        : word          ? "\"r\"((u32)__cvta_generic_to_shared(own))"
                                        : "\"l\"(own)";
  return "  asm volatile(\"" + text + ";\" : " + (s.answers ? operands("=", "old") : "") + " : " +
         pointer + ", " + operands("", "b") + (o.compares() ? ", " + operands("", "c") : "") +
         (s.place.hinted ? ", \"l\"(policy)" : "") + " : \"memory\");\n";
}

std::string kernelOf(const std::vector<Statement> &statements) {
  std::string source = R"(
typedef unsigned u32; typedef unsigned long long u64;
union View { uint4 all; unsigned short h[8]; u32 r[4]; u64 l[2]; };
extern "C" __global__ void k(uint4 *memory, uint4 *answers, const uint4 *operands, u64 policy) {
  __shared__ uint4 tile[32]; uint4 *own = tile + threadIdx.x;
  View old, b, c; u32 n = threadIdx.x;
)";
  for (const Statement &s : statements) {
    source += "  b.all = operands[2 * n]; c.all = operands[2 * n + 1]; old.all = make_uint4(0, 0, "
              "0, 0);\n";
    source += s.place.shared ? "  *own = memory[n];\n" : "";
    source += textOf(s);
    source += s.place.shared ? "  memory[n] = *own;\n" : "";
    source += "  answers[n] = old.all; n += 32;\n";
  }
  return source + "}\n";
}

} // namespace

TEST(InstructionsAtomic, EveryFormAlone) {
  if (skipWithoutNvrtc())
    return;
  const std::vector<Operation> operations = everyOperation();
  const std::vector<Statement> statements = everyStatement(operations);
  KernelImage image = compileKernel(kernelOf(statements), "k");
  Numbers numbers(6);
  std::vector<Cell> memory, operands;
  for (const Statement &s : statements)
    for (u32 t = 0; t < threads; ++t) {
      Cell old, b, c;
      for (u32 e = 0; e < s.operation->elements; ++e) {
        for (Cell *cell : {&old, &b, &c})
          cell->setElement(e, s.operation->bytes,
                           operandValue(s.operation->element, numbers.below(40), numbers.next()));
        if (s.operation->compares() && t % 2)
          b = old; // half of the comparisons succeed
      }
      memory.push_back(old);
      operands.insert(operands.end(), {b, c});
    }
  KernelRunner runner;
  DeviceAddress cells = runner.put(memory), inputs = runner.put(operands),
                answers = runner.allocate(memory.size() * sizeof(Cell));
  const u64 evictFirst = 0x12f0000000000000; // as createpolicy makes it
  runner.runClean(image, {{1}, {threads}}, Arguments(cells, answers, inputs, evictFirst));
  std::vector<Cell> left = runner.get<Cell>(cells, memory.size()),
                    answered = runner.get<Cell>(answers, memory.size());
  for (std::size_t n = 0; n < memory.size(); ++n) {
    const Statement &s = statements[n / threads];
    const Operation &o = *s.operation;
    for (u32 e = 0; e < o.elements; ++e) {
      u64 old = memory[n].element(e, o.bytes), b = operands[2 * n].element(e, o.bytes),
          c = operands[2 * n + 1].element(e, o.bytes), want = o.model(old, b, c);
      ASSERT_TRUE(admissible(o.element, left[n].element(e, o.bytes), want, o.tolerance))
          << textOf(s) << "old " << old << " b " << b << " c " << c << ": left "
          << left[n].element(e, o.bytes) << ", want " << want;
      ASSERT_EQ(answered[n].element(e, o.bytes), s.answers ? old : 0) << textOf(s);
    }
  }
}
