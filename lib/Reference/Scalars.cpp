#include "lib/Reference/Scalars.h"

#include "lib/Support/HalfBits.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringMap.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace lacuna::reference {

using Operands = const Scalar *;
using Context = ScalarContext;
using Kind = ScalarType::Kind;

ScalarType scalarTypeOf(mlir::Type type) {
  if (mlir::isa<mlir::Float16Type>(type))
    return {Kind::F16, 16};
  if (mlir::isa<mlir::BFloat16Type>(type))
    return {Kind::BF16, 16};
  if (mlir::isa<mlir::Float32Type>(type))
    return {Kind::F32, 32};
  if (mlir::isa<mlir::IndexType>(type))
    return {Kind::Integer, 64};
  return {Kind::Integer, static_cast<std::uint8_t>(type.getIntOrFloatBitWidth())};
}

std::int64_t wrap(std::int64_t value, unsigned width) {
  unsigned unused = 64 - width;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << unused) >> unused;
}

float roundTo(ScalarType type, float value) {
  switch (type.kind) {
  case Kind::F16:
    return floatFromF16(f16FromFloat(value));
  case Kind::BF16:
    return floatFromBf16(bf16FromFloat(value));
  default:
    return value;
  }
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

/// The bits of a canonical integer as an unsigned number of that width.
static std::uint64_t bitsOf(std::int64_t value, unsigned width) {
  return static_cast<std::uint64_t>(value) & (~std::uint64_t(0) >> (64 - width));
}

static std::uint64_t bitsOf(Scalar value, const Context &context) {
  return bitsOf(value.integer, context.operand.width);
}

static Scalar fault(Context &context, const char *reason) {
  context.fault = reason;
  return integerScalar(0);
}

/// The exact result, unless it does not fit.
static Scalar fitting(std::int64_t value, bool overflow, Context &context) {
  if (overflow || wrap(value, context.result.width) != value)
    return fault(context, "overflows");
  return integerScalar(value);
}

static Scalar unsignedResult(std::uint64_t value, const Context &context) {
  return integerScalar(wrap(static_cast<std::int64_t>(value), context.result.width));
}

/// Quotient rounded towards zero and remainder; faults where there is none.
static bool divide(Operands x, Context &context, std::int64_t &quotient, std::int64_t &remainder) {
  if (x[1].integer == 0) {
    fault(context, "divides by zero");
    return false;
  }
  if (x[1].integer == -1) { // the smallest integer has no opposite
    std::int64_t negated;
    bool overflow = __builtin_sub_overflow(std::int64_t(0), x[0].integer, &negated);
    quotient = fitting(negated, overflow, context).integer;
    remainder = 0;
    return !context.fault;
  }
  quotient = x[0].integer / x[1].integer;
  remainder = x[0].integer % x[1].integer;
  return true;
}

/// Quotient, moved by `step` where the exact one is not an integer and lies on
/// the side of zero where rounding towards zero went the wrong way.
static Scalar roundedQuotient(Operands x, Context &context, int step) {
  std::int64_t quotient = 0, remainder = 0;
  if (!divide(x, context, quotient, remainder))
    return integerScalar(0);
  bool negative = (x[0].integer < 0) != (x[1].integer < 0);
  bool adjust = remainder != 0 && negative == (step < 0);
  return integerScalar(quotient + (adjust ? step : 0));
}

static Scalar unsignedQuotient(Operands x, Context &context, bool up) {
  std::uint64_t a = bitsOf(x[0], context), b = bitsOf(x[1], context);
  if (b == 0)
    return fault(context, "divides by zero");
  return unsignedResult(a / b + (up && a % b != 0), context);
}

/// The shift amount, if it is less than the width.
static bool shiftAmount(Operands x, Context &context, unsigned &amount) {
  std::uint64_t bits = bitsOf(x[1], context);
  amount = static_cast<unsigned>(bits);
  if (bits < context.operand.width)
    return true;
  fault(context, "shifts by its width or more");
  return false;
}

static bool compare(std::int64_t a, std::int64_t b, const Context &context) {
  std::uint64_t ua = bitsOf(a, context.operand.width), ub = bitsOf(b, context.operand.width);
  switch (static_cast<mlir::arith::CmpIPredicate>(context.predicate)) {
  case mlir::arith::CmpIPredicate::eq:
    return a == b;
  case mlir::arith::CmpIPredicate::ne:
    return a != b;
  case mlir::arith::CmpIPredicate::slt:
    return a < b;
  case mlir::arith::CmpIPredicate::sle:
    return a <= b;
  case mlir::arith::CmpIPredicate::sgt:
    return a > b;
  case mlir::arith::CmpIPredicate::sge:
    return a >= b;
  case mlir::arith::CmpIPredicate::ult:
    return ua < ub;
  case mlir::arith::CmpIPredicate::ule:
    return ua <= ub;
  case mlir::arith::CmpIPredicate::ugt:
    return ua > ub;
  case mlir::arith::CmpIPredicate::uge:
    return ua >= ub;
  }
  llvm_unreachable("all predicates are listed");
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

static Scalar rounded(float value, const Context &context) {
  return realScalar(roundTo(context.result, value));
}

/// An op that is a function of the C++ library.
template <float (*function)(float)>
static Scalar unary(Operands x, Context &context) {
  return rounded(function(x[0].real), context);
}

template <float (*function)(float, float)>
static Scalar binary(Operands x, Context &context) {
  return rounded(function(x[0].real, x[1].real), context);
}

static bool compare(float a, float b, const Context &context) {
  using Predicate = mlir::arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (static_cast<Predicate>(context.predicate)) {
  case Predicate::AlwaysFalse:
    return false;
  case Predicate::OEQ:
    return a == b;
  case Predicate::OGT:
    return a > b;
  case Predicate::OGE:
    return a >= b;
  case Predicate::OLT:
    return a < b;
  case Predicate::OLE:
    return a <= b;
  case Predicate::ONE:
    return !unordered && a != b;
  case Predicate::ORD:
    return !unordered;
  case Predicate::UEQ:
    return unordered || a == b;
  case Predicate::UGT:
    return unordered || a > b;
  case Predicate::UGE:
    return unordered || a >= b;
  case Predicate::ULT:
    return unordered || a < b;
  case Predicate::ULE:
    return unordered || a <= b;
  case Predicate::UNE:
    return a != b;
  case Predicate::UNO:
    return unordered;
  case Predicate::AlwaysTrue:
    return true;
  }
  llvm_unreachable("all predicates are listed");
}

/// minimumf and maximumf: a NaN wins, and -0 is less than +0.
static float extremum(float a, float b, bool largest) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<float>::quiet_NaN();
  if (a == b)
    return std::signbit(a) != largest ? a : b;
  return (a > b) == largest ? a : b;
}

/// Towards zero; faults outside [low, 2^bits).
static Scalar toInteger(float value, double low, int bits, Context &context) {
  double whole = std::trunc(static_cast<double>(value));
  if (!(whole >= low && whole < std::ldexp(1.0, bits)))
    return fault(context, "converts a value out of range");
  auto integer = whole < 0 ? static_cast<std::int64_t>(whole)
                           : static_cast<std::int64_t>(static_cast<std::uint64_t>(whole));
  return integerScalar(wrap(integer, context.result.width));
}

static std::uint64_t bitsOfFloat(float value, ScalarType type) {
  if (type.kind == Kind::F16)
    return f16FromFloat(value);
  if (type.kind == Kind::BF16)
    return bf16FromFloat(value);
  return std::bit_cast<std::uint32_t>(value);
}

static Scalar bitcast(Operands x, Context &context) {
  std::uint64_t bits = context.operand.kind == Kind::Integer
                           ? bitsOf(x[0], context)
                           : bitsOfFloat(x[0].real, context.operand);
  switch (context.result.kind) {
  case Kind::F16:
    return realScalar(floatFromF16(static_cast<std::uint16_t>(bits)));
  case Kind::BF16:
    return realScalar(floatFromBf16(static_cast<std::uint16_t>(bits)));
  case Kind::F32:
    return realScalar(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  case Kind::Integer:
    return unsignedResult(bits, context);
  }
  llvm_unreachable("all kinds are listed");
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const llvm::StringMap<ScalarFunction> &functions() {
  static const llvm::StringMap<ScalarFunction> table = {
      // integers
      {"arith.addi",
       [](Operands x, Context &c) {
         std::int64_t r;
         bool overflow = __builtin_add_overflow(x[0].integer, x[1].integer, &r);
         return fitting(r, overflow, c);
       }},
      {"arith.subi",
       [](Operands x, Context &c) {
         std::int64_t r;
         bool overflow = __builtin_sub_overflow(x[0].integer, x[1].integer, &r);
         return fitting(r, overflow, c);
       }},
      {"arith.muli",
       [](Operands x, Context &c) {
         std::int64_t r;
         bool overflow = __builtin_mul_overflow(x[0].integer, x[1].integer, &r);
         return fitting(r, overflow, c);
       }},
      {"arith.divsi", [](Operands x, Context &c) { return roundedQuotient(x, c, 0); }},
      {"arith.floordivsi", [](Operands x, Context &c) { return roundedQuotient(x, c, -1); }},
      {"arith.ceildivsi", [](Operands x, Context &c) { return roundedQuotient(x, c, 1); }},
      {"arith.remsi",
       [](Operands x, Context &c) {
         std::int64_t quotient = 0, remainder = 0;
         divide(x, c, quotient, remainder);
         return integerScalar(remainder);
       }},
      {"arith.divui", [](Operands x, Context &c) { return unsignedQuotient(x, c, false); }},
      {"arith.ceildivui", [](Operands x, Context &c) { return unsignedQuotient(x, c, true); }},
      {"arith.remui",
       [](Operands x, Context &c) {
         std::uint64_t b = bitsOf(x[1], c);
         return b == 0 ? fault(c, "divides by zero") : unsignedResult(bitsOf(x[0], c) % b, c);
       }},
      {"arith.minsi", [](Operands x, Context &) { return x[0].integer < x[1].integer ? x[0] : x[1]; }},
      {"arith.maxsi", [](Operands x, Context &) { return x[0].integer > x[1].integer ? x[0] : x[1]; }},
      {"arith.minui",
       [](Operands x, Context &c) { return bitsOf(x[0], c) < bitsOf(x[1], c) ? x[0] : x[1]; }},
      {"arith.maxui",
       [](Operands x, Context &c) { return bitsOf(x[0], c) > bitsOf(x[1], c) ? x[0] : x[1]; }},
      {"arith.andi",
       [](Operands x, Context &) { return integerScalar(x[0].integer & x[1].integer); }},
      {"arith.ori",
       [](Operands x, Context &) { return integerScalar(x[0].integer | x[1].integer); }},
      {"arith.xori",
       [](Operands x, Context &) { return integerScalar(x[0].integer ^ x[1].integer); }},
      {"arith.shli",
       [](Operands x, Context &c) {
         unsigned amount;
         if (!shiftAmount(x, c, amount))
           return integerScalar(0);
         std::int64_t r = x[0].integer << amount;
         return fitting(r, r >> amount != x[0].integer, c);
       }},
      {"arith.shrsi",
       [](Operands x, Context &c) {
         unsigned amount;
         return integerScalar(shiftAmount(x, c, amount) ? x[0].integer >> amount : 0);
       }},
      {"arith.shrui",
       [](Operands x, Context &c) {
         unsigned amount;
         return unsignedResult(shiftAmount(x, c, amount) ? bitsOf(x[0], c) >> amount : 0, c);
       }},
      {"arith.cmpi",
       [](Operands x, Context &c) { return boolScalar(compare(x[0].integer, x[1].integer, c)); }},
      {"math.absi",
       [](Operands x, Context &c) {
         std::int64_t r = x[0].integer;
         bool overflow = r < 0 && __builtin_sub_overflow(std::int64_t(0), r, &r);
         return fitting(r, overflow, c);
       }},
      {"math.ctlz",
       [](Operands x, Context &c) {
         return integerScalar(std::countl_zero(bitsOf(x[0], c)) - 64 + c.operand.width);
       }},
      {"math.cttz",
       [](Operands x, Context &c) {
         return integerScalar(std::min<int>(std::countr_zero(bitsOf(x[0], c)), c.operand.width));
       }},
      {"math.ctpop",
       [](Operands x, Context &c) { return integerScalar(std::popcount(bitsOf(x[0], c))); }},
      // floats
      {"arith.addf", [](Operands x, Context &c) { return rounded(x[0].real + x[1].real, c); }},
      {"arith.subf", [](Operands x, Context &c) { return rounded(x[0].real - x[1].real, c); }},
      {"arith.mulf", [](Operands x, Context &c) { return rounded(x[0].real * x[1].real, c); }},
      {"arith.divf", [](Operands x, Context &c) { return rounded(x[0].real / x[1].real, c); }},
      {"arith.remf", binary<std::fmod>},
      {"arith.negf", [](Operands x, Context &) { return realScalar(-x[0].real); }},
      {"arith.minimumf",
       [](Operands x, Context &) { return realScalar(extremum(x[0].real, x[1].real, false)); }},
      {"arith.maximumf",
       [](Operands x, Context &) { return realScalar(extremum(x[0].real, x[1].real, true)); }},
      {"arith.minnumf", binary<std::fmin>},
      {"arith.maxnumf", binary<std::fmax>},
      {"arith.cmpf",
       [](Operands x, Context &c) { return boolScalar(compare(x[0].real, x[1].real, c)); }},
      {"math.absf", unary<std::fabs>},
      {"math.ceil", unary<std::ceil>},
      {"math.copysign", binary<std::copysign>},
      {"math.cos", unary<std::cos>},
      {"math.erf", unary<std::erf>},
      {"math.exp", unary<std::exp>},
      {"math.exp2", unary<std::exp2>},
      {"math.expm1", unary<std::expm1>},
      {"math.floor", unary<std::floor>},
      {"math.fma",
       [](Operands x, Context &c) { return rounded(std::fma(x[0].real, x[1].real, x[2].real), c); }},
      {"math.log", unary<std::log>},
      {"math.log10", unary<std::log10>},
      {"math.log1p", unary<std::log1p>},
      {"math.log2", unary<std::log2>},
      {"math.powf", binary<std::pow>},
      {"math.round", unary<std::round>},
      {"math.roundeven", unary<std::nearbyint>},
      {"math.rsqrt",
       [](Operands x, Context &c) { return rounded(1.0f / std::sqrt(x[0].real), c); }},
      {"math.sin", unary<std::sin>},
      {"math.sqrt", unary<std::sqrt>},
      {"math.tanh", unary<std::tanh>},
      {"math.trunc", unary<std::trunc>},
      // choices and conversions
      {"arith.select", [](Operands x, Context &) { return x[0].integer ? x[1] : x[2]; }},
      {"arith.bitcast", bitcast},
      {"arith.extf", [](Operands x, Context &) { return x[0]; }},
      {"arith.truncf", [](Operands x, Context &c) { return rounded(x[0].real, c); }},
      {"arith.extsi", [](Operands x, Context &) { return x[0]; }},
      {"arith.extui", [](Operands x, Context &c) { return unsignedResult(bitsOf(x[0], c), c); }},
      {"arith.trunci",
       [](Operands x, Context &c) { return integerScalar(wrap(x[0].integer, c.result.width)); }},
      {"arith.index_cast", [](Operands x, Context &c) { return fitting(x[0].integer, false, c); }},
      {"arith.index_castui",
       [](Operands x, Context &c) {
         std::uint64_t bits = bitsOf(x[0], c);
         bool fits = bits == bitsOf(static_cast<std::int64_t>(bits), c.result.width);
         return fits ? unsignedResult(bits, c) : fault(c, "overflows");
       }},
      {"arith.sitofp",
       [](Operands x, Context &c) { return rounded(static_cast<float>(x[0].integer), c); }},
      {"arith.uitofp",
       [](Operands x, Context &c) { return rounded(static_cast<float>(bitsOf(x[0], c)), c); }},
      {"arith.fptosi",
       [](Operands x, Context &c) {
         int bits = c.result.width - 1;
         return toInteger(x[0].real, -std::ldexp(1.0, bits), bits, c);
       }},
      {"arith.fptoui",
       [](Operands x, Context &c) { return toInteger(x[0].real, 0.0, c.result.width, c); }},
  };
  return table;
}

ScalarFunction scalarFunction(mlir::Operation *op, ScalarContext &context) {
  ScalarFunction function = functions().lookup(op->getName().getStringRef());
  if (!function)
    return nullptr;
  context.operand = scalarTypeOf(op->getOperand(0).getType());
  context.result = scalarTypeOf(op->getResult(0).getType());
  if (auto cmp = mlir::dyn_cast<mlir::arith::CmpIOp>(op))
    context.predicate = static_cast<int>(cmp.getPredicate());
  if (auto cmp = mlir::dyn_cast<mlir::arith::CmpFOp>(op))
    context.predicate = static_cast<int>(cmp.getPredicate());
  return function;
}

} // namespace lacuna::reference
