#include "test/unit/Emulator/RoundingModel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

using namespace lacuna::emulator;

namespace {

struct NamedRounding {
  const char *name;
  Rounding rounding;
};
constexpr NamedRounding roundings[] = {{".rn", Rounding::Nearest},
                                       {".rz", Rounding::Zero},
                                       {".rm", Rounding::Down},
                                       {".rp", Rounding::Up}};

/// Sees -0 as less than +0, as min and max do.
bool less(double a, double b) { return a < b || (a == b && std::signbit(a) && !std::signbit(b)); }

template <class T>
T minimum(T a, T b, FloatMode mode, bool keepsNan) {
  double x = operand(a, mode), y = operand(b, mode);
  if (std::isnan(x) || std::isnan(y))
    return FloatTraits<T>::make(keepsNan || (std::isnan(x) && std::isnan(y)) ? std::nan("")
                                : std::isnan(x)                              ? y
                                                                             : x);
  return FloatTraits<T>::make(less(y, x) ? y : x);
}
template <class T>
T maximum(T a, T b, FloatMode mode, bool keepsNan) {
  double x = operand(a, mode), y = operand(b, mode);
  if (std::isnan(x) || std::isnan(y))
    return minimum(a, b, mode, keepsNan);
  return FloatTraits<T>::make(less(x, y) ? y : x);
}

template <class T>
T negated(T a, FloatMode mode) {
  return FloatTraits<T>::make(-operand(a, mode));
}
template <class T>
T magnitude(T a, FloatMode mode) {
  return FloatTraits<T>::make(std::fabs(operand(a, mode)));
}

/// add, sub and mul in one mode; `suffix` is ".rn.ftz.f32".
template <class T>
void addSums(ModelTable &table, const std::string &suffix, FloatMode mode = {}) {
  table.add("add" + suffix + " d, a, b;", [=](T a, T b) { return modelAdd(a, b, mode); });
  table.add("sub" + suffix + " d, a, b;", [=](T a, T b) { return modelSubtract(a, b, mode); });
  table.add("mul" + suffix + " d, a, b;", [=](T a, T b) { return modelMultiply(a, b, mode); });
}

template <class T>
void addArithmetic(ModelTable &table, const std::string &suffix, FloatMode mode) {
  addSums<T>(table, suffix, mode);
  table.add("fma" + suffix + " d, a, b, c;",
            [=](T a, T b, T c) { return modelFma(a, b, c, mode); });
}

template <class T>
void addDivision(ModelTable &table, const std::string &suffix, FloatMode mode) {
  table.add("div" + suffix + " d, a, b;", [=](T a, T b) { return modelDivide(a, b, mode); });
  table.add("rcp" + suffix + " d, a;",
            [=](T a) { return modelDivide(FloatTraits<T>::make(1), a, mode); });
  table.add("sqrt" + suffix + " d, a;", [=](T a) { return modelRoot(a, mode); });
}

/// Both halves of a packed register through a model of one half.
template <class Half, class Packed, class Model, class... T>
Packed halfwise(Model model, T... packed) {
  u32 low = model(Half{static_cast<u16>(packed.bits)}...).bits;
  u32 high = model(Half{static_cast<u16>(packed.bits >> 16)}...).bits;
  return {low | high << 16};
}

template <class Half, class Packed>
void addHalves(ModelTable &table, const std::string &type) {
  FloatMode mode;
  std::string pair = type + "x2";
  using H = Half;
  using P = Packed;
  auto both1 = [](auto model) { return [=](P a) { return halfwise<H, P>(model, a); }; };
  auto both2 = [](auto model) { return [=](P a, P b) { return halfwise<H, P>(model, a, b); }; };
  auto both3 = [](auto model) {
    return [=](P a, P b, P c) { return halfwise<H, P>(model, a, b, c); };
  };
  auto fma = [=](H a, H b, H c) { return modelFma(a, b, c, mode); };
  auto relu = [=](H a, H b, H c) {
    double x = FloatTraits<H>::value(modelFma(a, b, c, mode));
    return FloatTraits<H>::make(x < 0 || (x == 0 && std::signbit(x)) ? 0. : x);
  };
  for (std::string rounding : {"", ".rn"}) {
    addSums<H>(table, rounding + type);
    table.add("add" + rounding + pair + " d, a, b;",
              both2([](H a, H b) { return modelAdd(a, b); }));
    table.add("sub" + rounding + pair + " d, a, b;",
              both2([](H a, H b) { return modelSubtract(a, b); }));
    table.add("mul" + rounding + pair + " d, a, b;",
              both2([](H a, H b) { return modelMultiply(a, b); }));
  }
  auto low = [=](H a, H b) { return minimum(a, b, mode, false); };
  auto high = [=](H a, H b) { return maximum(a, b, mode, false); };
  auto highNan = [=](H a, H b) { return maximum(a, b, mode, true); };
  auto neg = [=](H a) { return negated(a, mode); };
  auto abs = [=](H a) { return magnitude(a, mode); };
  table.add("fma.rn" + type + " d, a, b, c;", fma);
  table.add("fma.rn.relu" + type + " d, a, b, c;", relu);
  table.add("min" + type + " d, a, b;", low);
  table.add("max" + type + " d, a, b;", high);
  table.add("max.NaN" + type + " d, a, b;", highNan);
  table.add("neg" + type + " d, a;", neg);
  table.add("abs" + type + " d, a;", abs);
  table.add("fma.rn" + pair + " d, a, b, c;", both3(fma));
  table.add("min" + pair + " d, a, b;", both2(low));
  table.add("max" + pair + " d, a, b;", both2(high));
  table.add("neg" + pair + " d, a;", both1(neg));
  auto lowNan = [=](H a, H b) { return minimum(a, b, mode, true); };
  table.add("min.NaN" + type + " d, a, b;", lowNan);
  table.add("min.NaN" + pair + " d, a, b;", both2(lowNan));
  table.add("max.NaN" + pair + " d, a, b;", both2(highNan));
  table.add("fma.rn.relu" + pair + " d, a, b, c;", both3(relu));
  table.add("abs" + pair + " d, a;", both1(abs));
}

} // namespace

TEST(InstructionsFloat, SingleEveryRounding) {
  ModelTable table;
  for (auto [name, rounding] : roundings) {
    addArithmetic<f32>(table, std::string(name) + ".f32", {rounding});
    addArithmetic<f32>(table, std::string(name) + ".ftz.f32", {rounding, true, false});
  }
  addDivision<f32>(table, ".rn.f32", {});
  table.check();
}

TEST(InstructionsFloat, SingleFlushingAndSaturating) {
  ModelTable table;
  addArithmetic<f32>(table, ".rn.sat.f32", {Rounding::Nearest, false, true});
  addArithmetic<f32>(table, ".rn.ftz.sat.f32", {Rounding::Nearest, true, true});
  addDivision<f32>(table, ".rn.ftz.f32", {Rounding::Nearest, true, false});
  // Without a rounding mode the default is to nearest.
  addSums<f32>(table, ".f32");
  addSums<f32>(table, ".ftz.f32", {Rounding::Nearest, true, false});
  addSums<f32>(table, ".sat.f32", {Rounding::Nearest, false, true});
  addSums<f32>(table, ".ftz.sat.f32", {Rounding::Nearest, true, true});
  table.add("mad.rn.f32 d, a, b, c;", [](f32 a, f32 b, f32 c) { return modelFma(a, b, c); });
  table.check();
}

TEST(InstructionsFloat, Double) {
  ModelTable table;
  addArithmetic<f64>(table, ".rn.f64", {});
  addSums<f64>(table, ".f64");
  addDivision<f64>(table, ".rn.f64", {});
  table.add("min.f64 d, a, b;", [](f64 a, f64 b) { return minimum(a, b, {}, false); });
  table.add("max.f64 d, a, b;", [](f64 a, f64 b) { return maximum(a, b, {}, false); });
  table.add("neg.f64 d, a;", [](f64 a) { return negated(a, {}); });
  table.add("abs.f64 d, a;", [](f64 a) { return magnitude(a, {}); });
  table.check();
}

TEST(InstructionsFloat, MinMaxAndSigns) {
  ModelTable table;
  for (bool ftz : {false, true}) {
    FloatMode mode{Rounding::Nearest, ftz, false};
    std::string flush = ftz ? ".ftz" : "";
    for (bool nan : {false, true}) {
      std::string suffix = flush + (nan ? ".NaN" : "") + ".f32 d, a, b;";
      table.add("min" + suffix, [=](f32 a, f32 b) { return minimum(a, b, mode, nan); });
      table.add("max" + suffix, [=](f32 a, f32 b) { return maximum(a, b, mode, nan); });
    }
    table.add("neg" + flush + ".f32 d, a;", [=](f32 a) { return negated(a, mode); });
    table.add("abs" + flush + ".f32 d, a;", [=](f32 a) { return magnitude(a, mode); });
  }
  table.add("copysign.f32 d, a, b;", [](f32 a, f32 b) { return std::copysign(b, a); });
  table.add("copysign.f64 d, a, b;", [](f64 a, f64 b) { return std::copysign(b, a); });
  table.check();
}

TEST(InstructionsFloat, Classes) {
  ModelTable table;
  table.add("testp.finite.f32 d, a;", [](f32 a) { return bool(std::isfinite(a)); });
  table.add("testp.infinite.f32 d, a;", [](f32 a) { return bool(std::isinf(a)); });
  table.add("testp.number.f32 d, a;", [](f32 a) { return !std::isnan(a); });
  table.add("testp.notanumber.f32 d, a;", [](f32 a) { return bool(std::isnan(a)); });
  // Zero counts as normal here.
  table.add("testp.normal.f32 d, a;", [](f32 a) { return std::isnormal(a) || a == 0; });
  table.add("testp.subnormal.f32 d, a;", [](f32 a) { return std::fpclassify(a) == FP_SUBNORMAL; });
  table.add("testp.infinite.f64 d, a;", [](f64 a) { return bool(std::isinf(a)); });
  table.add("testp.number.f64 d, a;", [](f64 a) { return !std::isnan(a); });
  table.add("testp.normal.f64 d, a;", [](f64 a) { return std::isnormal(a) || a == 0; });
  table.add("testp.subnormal.f64 d, a;", [](f64 a) { return std::fpclassify(a) == FP_SUBNORMAL; });
  table.add("testp.finite.f64 d, a;", [](f64 a) { return bool(std::isfinite(a)); });
  table.add("testp.notanumber.f64 d, a;", [](f64 a) { return bool(std::isnan(a)); });
  table.check();
}

TEST(InstructionsFloat, Approximations) {
  ModelTable table;
  auto value = [](f32 a, bool ftz) { return operand(a, FloatMode{Rounding::Nearest, ftz, false}); };
  for (bool ftz : {false, true}) {
    std::string suffix = ftz ? ".ftz.f32 d, a" : ".f32 d, a";
    // Results that are subnormal may be flushed or lose their last bits.
    Tolerance ulps2{0x1p-22, ftz ? 0x1p-126 : 0x1p-148};
    table.add(
        "ex2.approx" + suffix + ";",
        [=](f32 a) { return static_cast<f32>(std::exp2(value(a, ftz))); }, ulps2);
    table.add(
        "rcp.approx" + suffix + ";", [=](f32 a) { return static_cast<f32>(1 / value(a, ftz)); },
        Tolerance{0x1p-22, ftz ? 0x1p-126 : 0x1p-127});
    table.add(
        "rsqrt.approx" + suffix + ";",
        [=](f32 a) { return static_cast<f32>(1 / std::sqrt(value(a, ftz))); }, Tolerance{0x1p-22});
    table.add(
        "sqrt.approx" + suffix + ";",
        [=](f32 a) { return static_cast<f32>(std::sqrt(value(a, ftz))); },
        Tolerance{0x1p-22, 0x1p-126});
    table.add(
        "lg2.approx" + suffix + ";",
        [=](f32 a) { return static_cast<f32>(std::log2(value(a, ftz))); },
        Tolerance{0x1p-21, 0x1p-22});
    auto inRange = [=](f32 a, double (*function)(double)) -> std::optional<f32> {
      if (!(std::fabs(a) <= std::numbers::pi))
        return std::nullopt; // the stated error holds from -pi to pi
      return static_cast<f32>(function(value(a, ftz)));
    };
    table.add(
        "sin.approx" + suffix + ";", [=](f32 a) { return inRange(a, std::sin); },
        Tolerance{0, 0x1p-20});
    table.add(
        "cos.approx" + suffix + ";", [=](f32 a) { return inRange(a, std::cos); },
        Tolerance{0, 0x1p-20});
    for (bool full : {false, true})
      table.add(
          std::string("div") + (full ? ".full" : ".approx") + suffix + ", b;",
          [=](f32 a, f32 b) -> std::optional<f32> {
            double x = value(a, ftz), y = value(b, ftz);
            if (std::fabs(y) < 0x1p-126 || std::fabs(y) > 0x1p126)
              return std::nullopt;
            return static_cast<f32>(x / y);
          },
          Tolerance{0x1p-22, 0x1p-126});
  }
  table.add("tanh.approx.f32 d, a;", [](f32 a) { return std::tanh(a); }, Tolerance{0x1p-10});
  table.add(
      "ex2.approx.ftz.f32 d, a;",
      [=](f32 a) { return static_cast<f32>(std::exp2(value(a, true))); },
      Tolerance{0x1p-22, 0x1p-126});
  table.check();
}

TEST(InstructionsFloat, DoubleApproximations) {
  ModelTable table;
  auto root = [](f64 a) { return 1 / std::sqrt(a); };
  table.add("rsqrt.approx.f64 d, a;", root, Tolerance{0x1p-51});
  // The .ftz forms see and make only the upper word of a number.
  auto upper = [](f64 a) {
    if (std::isnan(a))
      return a;
    f64 cut = fromBits<f64>(toBits(a) >> 32 << 32);
    return std::fabs(cut) < std::numeric_limits<f64>::min() ? std::copysign(0., a) : cut;
  };
  Tolerance gross{0x1p-19, std::numeric_limits<f64>::min()};
  table.add("rcp.approx.ftz.f64 d, a;", [=](f64 a) { return 1 / upper(a); }, gross);
  table.add("rsqrt.approx.ftz.f64 d, a;", [=](f64 a) { return root(upper(a)); }, gross);
  for (std::string name : {"rcp", "rsqrt"})
    table.add(".reg .f64 x; .reg .b32 y; " + name + ".approx.ftz.f64 x, a; mov.b64 {d, y}, x;",
              [](f64 a) -> std::optional<u32> {
                return std::isfinite(a) && a > 0 ? std::optional(u32(0)) : std::nullopt;
              });
  table.check();
}

TEST(InstructionsFloat, HalfPrecision) {
  ModelTable table;
  addHalves<F16, F16x2>(table, ".f16");
  auto half = [](double x) { return FloatTraits<F16>::make(x); };
  auto exponential = [=](F16 a) { return half(std::exp2(FloatTraits<F16>::value(a))); };
  auto tangent = [=](F16 a) { return half(std::tanh(FloatTraits<F16>::value(a))); };
  Tolerance few{0x1p-9, 0x1p-23};
  table.add(
      "ex2.approx.f16x2 d, a;", [=](F16x2 a) { return halfwise<F16, F16x2>(exponential, a); }, few);
  table.add(
      "tanh.approx.f16x2 d, a;", [=](F16x2 a) { return halfwise<F16, F16x2>(tangent, a); }, few);
  table.add(
      "ex2.approx.f16 d, a;", [=](F16 a) { return half(std::exp2(FloatTraits<F16>::value(a))); },
      Tolerance{0x1p-9, 0x1p-23});
  table.add(
      "tanh.approx.f16 d, a;", [=](F16 a) { return half(std::tanh(FloatTraits<F16>::value(a))); },
      Tolerance{0x1p-9, 0x1p-23});
  table.check();
}

TEST(InstructionsFloat, BrainFloat) {
  ModelTable table;
  addHalves<Bf16, Bf16x2>(table, ".bf16");
  auto brain = [](double x) { return FloatTraits<Bf16>::make(x); };
  auto exponential = [=](Bf16 a) { return brain(std::exp2(FloatTraits<Bf16>::value(a))); };
  auto tangent = [=](Bf16 a) { return brain(std::tanh(FloatTraits<Bf16>::value(a))); };
  table.add(
      "ex2.approx.ftz.bf16x2 d, a;",
      [=](Bf16x2 a) { return halfwise<Bf16, Bf16x2>(exponential, a); },
      Tolerance{0x1p-6, 0x1p-126});
  table.add(
      "tanh.approx.bf16x2 d, a;", [=](Bf16x2 a) { return halfwise<Bf16, Bf16x2>(tangent, a); },
      Tolerance{0x1p-6, 0x1p-130});
  table.add(
      "ex2.approx.ftz.bf16 d, a;",
      [=](Bf16 a) { return brain(std::exp2(FloatTraits<Bf16>::value(a))); },
      Tolerance{0x1p-6, 0x1p-126});
  table.add(
      "tanh.approx.bf16 d, a;",
      [=](Bf16 a) { return brain(std::tanh(FloatTraits<Bf16>::value(a))); },
      Tolerance{0x1p-6, 0x1p-130});
  table.check();
}
