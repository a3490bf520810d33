#include "test/unit/Emulator/RoundingModel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

using namespace lacuna::emulator;

namespace {

template <class T>
std::string typeName() {
  if constexpr (std::is_same_v<T, f32>)
    return "f32";
  else if constexpr (std::is_same_v<T, f64>)
    return "f64";
  else if constexpr (std::is_same_v<T, F16>)
    return "f16";
  else if constexpr (std::is_same_v<T, Bf16>)
    return "bf16";
  else
    return (std::is_signed_v<T> ? "s" : "u") + std::to_string(8 * sizeof(T));
}

/// Rounded to an integer.
double integral(double x, Rounding rounding) {
  switch (rounding) {
  case Rounding::Nearest:
    return std::nearbyint(x);
  case Rounding::Zero:
    return std::trunc(x);
  case Rounding::Down:
    return std::floor(x);
  default:
    return std::ceil(x);
  }
}

/// Float to integer: rounds, then clamps. What a NaN becomes depends on width.
template <class To, class From>
To toInteger(From a, Rounding rounding, bool ftz) {
  double x = operand(a, FloatMode{Rounding::Nearest, ftz, false});
  if (std::isnan(x)) {
    bool wide = std::is_same_v<From, f64> || sizeof(To) == 8;
    return wide ? static_cast<To>(u64(1) << (8 * sizeof(To) - 1)) : 0;
  }
  x = integral(x, rounding);
  using Limits = std::numeric_limits<To>;
  double beyond = std::ldexp(1., 8 * sizeof(To) - std::is_signed_v<To>);
  if (x >= beyond)
    return Limits::max();
  if (x < (std::is_signed_v<To> ? -beyond : 0.))
    return Limits::min();
  return static_cast<To>(x);
}

struct NamedRounding {
  const char *toFloat, *toInteger;
  Rounding rounding;
};
constexpr NamedRounding roundings[] = {{".rn", ".rni", Rounding::Nearest},
                                       {".rz", ".rzi", Rounding::Zero},
                                       {".rm", ".rmi", Rounding::Down},
                                       {".rp", ".rpi", Rounding::Up}};

template <class To, class From>
void addToInteger(ModelTable &table) {
  std::string types = "." + typeName<To>() + "." + typeName<From>() + " d, a;";
  for (const NamedRounding &r : roundings) {
    for (const char *sat : {"", ".sat"}) // float to integer clamps in any case
      for (bool ftz : {false, true})
        if (std::is_same_v<From, f32> || !ftz)
          table.add(
              std::string("cvt") + r.toInteger + (ftz ? ".ftz" : "") + sat + types,
              [rounding = r.rounding, ftz](From a) { return toInteger<To>(a, rounding, ftz); });
  }
}

template <class To, class From>
void addFromInteger(ModelTable &table) {
  table.add("cvt.rn." + typeName<To>() + "." + typeName<From>() + " d, a;", [](From a) {
    return FloatTraits<To>::make(roundTo({Quad(a)}, FloatTraits<To>::format, Rounding::Nearest));
  });
}

/// To a narrower format, in every mode that PTX has.
template <class To, class From>
void addNarrowing(ModelTable &table) {
  std::string types = "." + typeName<To>() + "." + typeName<From>() + " d, a;";
  for (const NamedRounding &r : roundings) {
    bool directed = r.rounding == Rounding::Down || r.rounding == Rounding::Up;
    bool odd = std::is_same_v<From, f64> && r.rounding != Rounding::Nearest;
    if (!std::is_same_v<To, f32> && (directed || odd))
      continue; // not known to the emulator
    table.add(std::string("cvt") + r.toFloat + types, [rounding = r.rounding](From a) {
      return finish<To>({Quad(operand(a, {}))}, FloatMode{rounding});
    });
  }
}

/// cvt of integers: the value of the low bits, extended or cut.
template <class To, class Register, class From, class Source>
void addInteger(ModelTable &table) {
  std::string types = typeName<To>() + "." + typeName<From>() + " d, a;";
  table.add("cvt." + types,
            [](Source a) { return static_cast<Register>(static_cast<To>(static_cast<From>(a))); });
  using Limits = std::numeric_limits<To>;
  using Values = std::numeric_limits<From>;
  if (std::cmp_less_equal(Limits::min(), Values::min()) &&
      std::cmp_greater_equal(Limits::max(), Values::max()))
    return; // nothing to clamp: PTX does not have it
  table.add("cvt.sat." + types, [](Source a) {
    __int128 x = static_cast<From>(a);
    x = x > Limits::max()   ? __int128(Limits::max())
        : x < Limits::min() ? __int128(Limits::min())
                            : x;
    return static_cast<Register>(static_cast<To>(x));
  });
}

} // namespace

TEST(InstructionsConvert, BetweenIntegers) {
  ModelTable table;
  // 8-bit values live in the low byte of wider registers.
  addInteger<u8, u32, u32, u32>(table);
  addInteger<s8, s32, s32, s32>(table);
  addInteger<u32, u32, s8, u32>(table);
  addInteger<s32, s32, s8, s32>(table);
  addInteger<s32, s32, u8, u32>(table);
  addInteger<u16, u16, u32, u32>(table);
  addInteger<s16, s16, s32, s32>(table);
  addInteger<u16, u16, s32, s32>(table);
  addInteger<u32, u32, u16, u16>(table);
  addInteger<s32, s32, s16, s16>(table);
  addInteger<s32, s32, u32, u32>(table);
  addInteger<u32, u32, s32, s32>(table);
  addInteger<u64, u64, u32, u32>(table);
  addInteger<s64, s64, s32, s32>(table);
  addInteger<u64, u64, s32, s32>(table);
  addInteger<s64, s64, s16, s16>(table);
  addInteger<u32, u32, u64, u64>(table);
  addInteger<s32, s32, s64, s64>(table);
  addInteger<u32, u32, s64, s64>(table);
  addInteger<s64, s64, u64, u64>(table);
  addInteger<u64, u64, s64, s64>(table);
  table.check();
}

TEST(InstructionsConvert, SingleToIntegers) {
  ModelTable table;
  addToInteger<s32, f32>(table);
  addToInteger<u32, f32>(table);
  addToInteger<s64, f32>(table);
  addToInteger<u64, f32>(table);
  addToInteger<s16, f32>(table);
  addToInteger<u16, f32>(table);
  table.check();
}

TEST(InstructionsConvert, OtherFloatsToIntegers) {
  ModelTable table;
  addToInteger<s32, f64>(table);
  addToInteger<u32, f64>(table);
  addToInteger<s64, f64>(table);
  addToInteger<u64, f64>(table);
  addToInteger<s32, F16>(table);
  addToInteger<u32, F16>(table);
  addToInteger<s16, F16>(table);
  addToInteger<s64, F16>(table);
  table.check();
}

TEST(InstructionsConvert, HalvesToIntegers) {
  ModelTable table;
  addToInteger<u16, f64>(table);
  addToInteger<s16, f64>(table);
  addToInteger<u16, F16>(table);
  addToInteger<u64, F16>(table);
  table.check();
}

TEST(InstructionsConvert, ShortIntegersToHalves) {
  ModelTable table;
  addFromInteger<F16, u16>(table);
  addFromInteger<Bf16, u16>(table);
  addFromInteger<Bf16, s16>(table);
  table.check();
}

TEST(InstructionsConvert, IntegersToFloats) {
  ModelTable table;
  addFromInteger<f32, s32>(table);
  addFromInteger<f32, u32>(table);
  addFromInteger<f32, s64>(table);
  addFromInteger<f32, u64>(table);
  addFromInteger<f32, s16>(table);
  addFromInteger<f32, u16>(table);
  addFromInteger<f64, s32>(table);
  addFromInteger<f64, u32>(table);
  addFromInteger<f64, s64>(table);
  addFromInteger<f64, u64>(table);
  addFromInteger<F16, s16>(table);
  table.check();
}

TEST(InstructionsConvert, BetweenFloats) {
  ModelTable table;
  addNarrowing<f32, f64>(table);
  addNarrowing<F16, f32>(table);
  addNarrowing<F16, f64>(table);
  addNarrowing<Bf16, f32>(table);
  table.add("cvt.f64.f32 d, a;", [](f32 a) -> f64 { return a; });
  table.add("cvt.f32.f16 d, a;", [](F16 a) { return FloatTraits<f32>::make(operand(a, {})); });
  table.add("cvt.f64.f16 d, a;", [](F16 a) { return operand(a, {}); });
  table.add("cvt.f32.bf16 d, a;", [](Bf16 a) { return FloatTraits<f32>::make(operand(a, {})); });
  table.add("cvt.f64.bf16 d, a;", [](Bf16 a) { return operand(a, {}); });
  table.add("cvt.rn.bf16.f64 d, a;", [](f64 a) { return finish<Bf16>({Quad(a)}, {}); });
  constexpr FloatMode flushing{Rounding::Nearest, true, false};
  table.add("cvt.ftz.f32.f16 d, a;",
            [=](F16 a) { return static_cast<f32>(flushed(operand(a, {}), flushing)); });
  table.add("cvt.ftz.f32.bf16 d, a;",
            [=](Bf16 a) { return static_cast<f32>(flushed(operand(a, {}), flushing)); });
  table.add("cvt.f32.f32 d, a;", [](f32 a) { return a; });
  table.add("cvt.ftz.f32.f32 d, a;", [=](f32 a) { return static_cast<f32>(flushed(a, flushing)); });
  table.add("cvt.ftz.sat.f32.f32 d, a;",
            [=](f32 a) { return static_cast<f32>(saturated(flushed(a, flushing))); });
  auto clipped = [](f32 a) { return a > 0 || std::isnan(a) ? a : 0.f; };
  table.add("cvt.rn.relu.f16.f32 d, a;",
            [=](f32 a) { return finish<F16>({Quad(clipped(a))}, {}); });
  table.add("cvt.rn.relu.bf16.f32 d, a;",
            [=](f32 a) { return finish<Bf16>({Quad(clipped(a))}, {}); });
  table.add("cvt.sat.f32.f32 d, a;", [](f32 a) { return static_cast<f32>(saturated(a)); });
  for (const NamedRounding &r : roundings) {
    // Same width: rounds to an integer, in the format.
    std::string name = std::string("cvt") + r.toInteger;
    table.add(name + ".f32.f32 d, a;",
              [rounding = r.rounding](f32 a) { return static_cast<f32>(integral(a, rounding)); });
    table.add(name + ".f64.f64 d, a;",
              [rounding = r.rounding](f64 a) { return integral(a, rounding); });
    table.add(name + ".f16.f16 d, a;", [rounding = r.rounding](F16 a) {
      return FloatTraits<F16>::make(integral(operand(a, {}), rounding));
    });
    table.add(name + ".bf16.bf16 d, a;", [rounding = r.rounding](Bf16 a) {
      return FloatTraits<Bf16>::make(integral(operand(a, {}), rounding));
    });
  }
  table.check();
}

TEST(InstructionsConvert, Packing) {
  ModelTable table;
  // The first source goes into the upper half.
  for (bool zero : {false, true})
    for (bool relu : {false, true}) {
      if (zero && relu)
        continue;
      FloatMode mode{zero ? Rounding::Zero : Rounding::Nearest};
      std::string name = std::string("cvt") + (zero ? ".rz" : ".rn") + (relu ? ".relu" : "");
      auto clip = [=](f32 x) { return relu && (x < 0 || x == 0) ? 0.f : x; };
      table.add(name + ".f16x2.f32 d, a, b;", [=](f32 a, f32 b) -> F16x2 {
        u32 low = finish<F16>({Quad(clip(b))}, mode).bits;
        u32 high = finish<F16>({Quad(clip(a))}, mode).bits;
        return {low | high << 16};
      });
      table.add(name + ".bf16x2.f32 d, a, b;", [=](f32 a, f32 b) -> Bf16x2 {
        u32 low = finish<Bf16>({Quad(clip(b))}, mode).bits;
        u32 high = finish<Bf16>({Quad(clip(a))}, mode).bits;
        return {low | high << 16};
      });
    }
  // tf32 keeps ten bits of the fraction; ties go away from zero, or to even.
  auto tf32 = [](f32 a, bool even) -> std::optional<u32> {
    u32 bits = std::bit_cast<u32>(a), magnitude = bits & 0x7fffffff, kept = bits & ~u32(0x1fff);
    if (magnitude > 0x7f800000)
      return std::nullopt; // some NaN
    u32 cut = bits & 0x1fff;
    bool up = cut > 0x1000 || (cut == 0x1000 && (!even || bits & 0x2000));
    return up ? kept + 0x2000 : kept;
  };
  table.add("cvt.rna.tf32.f32 d, a;", [=](f32 a) { return tf32(a, false); });
  table.add("cvt.rn.tf32.f32 d, a;", [=](f32 a) { return tf32(a, true); });
  table.check();
}
