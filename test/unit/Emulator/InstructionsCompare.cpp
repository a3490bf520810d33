#include "test/unit/Emulator/RoundingModel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <span>

using namespace lacuna::emulator;

namespace {

/// How two numbers stand to each other.
enum class Order : u8 { Less, Equal, Greater, Unordered };

template <class T>
Order orderOf(T a, T b) {
  return a < b ? Order::Less : a > b ? Order::Greater : a == b ? Order::Equal : Order::Unordered;
}

struct Comparison {
  const char *name;
  bool less, equal, greater, unordered; ///< result for each order
  bool holds(Order order) const {
    const bool results[] = {less, equal, greater, unordered};
    return results[static_cast<int>(order)];
  }
};

constexpr Comparison ordered[] = {
    {"eq", false, true, false, false}, {"ne", true, false, true, false},
    {"lt", true, false, false, false}, {"le", true, true, false, false},
    {"gt", false, false, true, false}, {"ge", false, true, true, false},
};
constexpr Comparison unsignedOnly[] = {
    {"lo", true, false, false, false},
    {"ls", true, true, false, false},
    {"hi", false, false, true, false},
    {"hs", false, true, true, false},
};
constexpr Comparison floating[] = {
    {"equ", false, true, false, true}, {"neu", true, false, true, true},
    {"ltu", true, false, false, true}, {"leu", true, true, false, true},
    {"gtu", false, false, true, true}, {"geu", false, true, true, true},
    {"num", true, true, true, false},  {"nan", false, false, false, true},
};

/// setp with a comparison that `holds`: alone and joined with a predicate.
template <class T, class Holds>
void addJoined(ModelTable &table, const char *comparison, const std::string &type, Holds holds) {
  std::string name = std::string("setp.") + comparison;
  table.add(name + type + " d, a, b;", [=](T a, T b) { return holds(a, b); });
  table.add(name + ".and" + type + " d, a, b, c;",
            [=](T a, T b, bool c) { return holds(a, b) && c; });
  table.add(name + ".or" + type + " d, a, b, c;",
            [=](T a, T b, bool c) { return holds(a, b) || c; });
  table.add(name + ".xor" + type + " d, a, b, c;",
            [=](T a, T b, bool c) { return holds(a, b) != c; });
}

template <class T>
void addComparison(ModelTable &table, Comparison comparison, const std::string &type) {
  addJoined<T>(table, comparison.name, "." + type,
               [=](T a, T b) { return comparison.holds(orderOf(a, b)); });
}

template <class T>
void addIntegers(ModelTable &table, const std::string &type) {
  for (const Comparison &comparison : ordered)
    addComparison<T>(table, comparison, type);
  if constexpr (std::is_unsigned_v<T>)
    for (const Comparison &comparison : unsignedOnly)
      addComparison<T>(table, comparison, type);
}

template <class T>
Order floatOrder(T a, T b, bool ftz) {
  FloatMode mode{Rounding::Nearest, ftz, false};
  return orderOf(operand(a, mode), operand(b, mode));
}

template <class T>
void addFloats(ModelTable &table, const std::string &type, bool ftz) {
  auto add = [&](Comparison comparison) {
    addJoined<T>(table, comparison.name, (ftz ? ".ftz." : ".") + type,
                 [=](T a, T b) { return comparison.holds(floatOrder(a, b, ftz)); });
  };
  for (const Comparison &comparison : ordered)
    add(comparison);
  for (const Comparison &comparison : floating)
    add(comparison);
}

} // namespace

TEST(InstructionsCompare, Integers) {
  ModelTable table;
  addIntegers<u16>(table, "u16");
  addIntegers<s16>(table, "s16");
  addIntegers<u32>(table, "u32");
  addIntegers<s32>(table, "s32");
  addIntegers<u64>(table, "u64");
  addIntegers<s64>(table, "s64");
  for (int k = 0; k < 2; ++k) {
    addComparison<u16>(table, ordered[k], "b16");
    addComparison<u32>(table, ordered[k], "b32");
    addComparison<u64>(table, ordered[k], "b64");
  }
  table.check();
}

TEST(InstructionsCompare, Floats) {
  ModelTable table;
  addFloats<f32>(table, "f32", false);
  addFloats<f32>(table, "f32", true);
  addFloats<f64>(table, "f64", false);
  addFloats<F16>(table, "f16", false);
  addFloats<Bf16>(table, "bf16", false);
  table.check();
}

TEST(InstructionsCompare, NegatedPredicatesAndSecondDestinations) {
  ModelTable table;
  table.add("setp.ge.and.f32 d, a, b, !c;", [](f32 a, f32 b, bool c) { return a >= b && !c; });
  table.add("setp.ltu.or.f32 d, a, b, !c;", [](f32 a, f32 b, bool c) { return !(a >= b) || !c; });
  // The second destination: the comparison negated, then combined.
  const std::string other = ".reg .pred x; ";
  table.add(other + "setp.lt.s32 x|d, a, b;", [](s32 a, s32 b) { return !(a < b); });
  table.add(other + "setp.lt.and.s32 x|d, a, b, c;",
            [](s32 a, s32 b, bool c) { return !(a < b) && c; });
  table.add(other + "setp.eq.or.u64 x|d, a, b, c;",
            [](u64 a, u64 b, bool c) { return a != b || c; });
  table.check();
}

/// set: all ones and zeros, or 1 and 0 as a float.
template <class T>
static void addSet(ModelTable &table, Comparison comparison, const std::string &type) {
  std::string name = std::string("set.") + comparison.name, operands = "." + type + " d, a, b;";
  auto holds = [=](T a, T b) { return comparison.holds(orderOf(a, b)); };
  table.add(name + ".u32" + operands, [=](T a, T b) { return holds(a, b) ? ~u32(0) : u32(0); });
  table.add(name + ".s32" + operands, [=](T a, T b) { return holds(a, b) ? -1 : 0; });
  table.add(name + ".f32" + operands, [=](T a, T b) { return holds(a, b) ? 1.f : 0.f; });
}

TEST(InstructionsCompare, IntegersIntoRegisters) {
  ModelTable table;
  for (const Comparison &comparison : ordered) {
    addSet<u32>(table, comparison, "u32");
    addSet<s32>(table, comparison, "s32");
    addSet<u64>(table, comparison, "u64");
    addSet<s64>(table, comparison, "s64");
  }
  for (int k = 0; k < 2; ++k) {
    addSet<u32>(table, ordered[k], "b32");
    addSet<u64>(table, ordered[k], "b64");
  }
  for (const Comparison &comparison : unsignedOnly) {
    addSet<u32>(table, comparison, "u32");
    addSet<u64>(table, comparison, "u64");
  }
  table.check();
}

TEST(InstructionsCompare, FloatsIntoRegisters) {
  ModelTable table;
  for (auto comparisons :
       {std::span<const Comparison>(ordered), std::span<const Comparison>(floating)})
    for (const Comparison &comparison : comparisons) {
      addSet<f32>(table, comparison, "f32");
      addSet<f64>(table, comparison, "f64");
    }
  table.check();
}
