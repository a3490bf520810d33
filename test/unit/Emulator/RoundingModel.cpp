#include "test/unit/Emulator/RoundingModel.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace lacuna::emulator;

static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
static constexpr double infinite = std::numeric_limits<double>::infinity();

/// 2^exponent.
static Quad power(int exponent) {
  Quad result = 1;
  Quad factor = exponent < 0 ? Quad(0.5) : Quad(2);
  for (unsigned n = exponent < 0 ? -exponent : exponent; n; n >>= 1, factor *= factor)
    if (n & 1)
      result *= factor;
  return result;
}

/// Exponent of the leading bit of a positive number.
static int leadingExponent(Quad x) {
  static_assert(sizeof(Quad) == 16);
  unsigned __int128 bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<int>(bits >> 112 & 0x7fff) - 16383;
}

double lacuna::emulator::roundTo(Exact exact, Format format, Rounding mode) {
  Quad value = exact.value, rest = exact.rest;
  if (value != value)
    return notANumber;
  if (value == 0 || value - value != 0) // zeros and infinities
    return static_cast<double>(value);
  bool negative = value < 0;
  if (negative) {
    value = -value;
    rest = -rest;
    mode = mode == Rounding::Down ? Rounding::Up : mode == Rounding::Up ? Rounding::Down : mode;
  }
  int exponent = leadingExponent(value);
  if (rest < 0 && value == power(exponent))
    --exponent; // the number itself lies below this power of two
  exponent = std::max(exponent, format.smallestExponent);
  Quad unit = power(exponent - format.precision + 1);
  Quad units = value / unit;
  u64 whole = static_cast<u64>(units);
  Quad part = units - whole;
  if (rest < 0 && part == 0) {
    --whole;
    part = 1; // just below
  }
  bool up = false;
  if (part != 0 || rest != 0)
    switch (mode) {
    case Rounding::Nearest:
      up = part > 0.5 || (part == 0.5 && (rest > 0 || (rest == 0 && (whole & 1))));
      break;
    case Rounding::Up:
      up = true;
      break;
    default:
      break;
    }
  Quad result = (whole + up) * unit;
  Quad largest = (2 - power(1 - format.precision)) * power(format.largestExponent);
  if (result > largest)
    result = mode == Rounding::Nearest || mode == Rounding::Up ? Quad(infinite) : largest;
  return static_cast<double>(negative ? -result : result);
}

Exact lacuna::emulator::exactSum(Quad a, Quad b, Rounding mode) {
  Quad sum = a + b;
  if (sum != sum || sum - sum != 0)
    return {sum};
  if (sum == 0) {
    bool sameZero =
        a == 0 && b == 0 &&
        __builtin_signbit(static_cast<double>(a)) == __builtin_signbit(static_cast<double>(b));
    if (sameZero)
      return {sum};
    return {mode == Rounding::Down ? Quad(-0.) : Quad(0.)};
  }
  Quad high = sum - a;
  Quad rest = (a - (sum - high)) + (b - high);
  return {sum, rest};
}

Exact lacuna::emulator::exactQuotient(double a, double b) {
  Quad quotient = Quad(a) / Quad(b);
  if (quotient != quotient || quotient - quotient != 0 || quotient == 0)
    return {quotient};
  // The sign of what is missing decides how an inexact quotient rounds; a
  // quotient of 53-bit numbers is never that close to a tie.
  return {quotient};
}

Exact lacuna::emulator::exactRoot(double a) {
  if (a < 0)
    return {notANumber};
  double root = std::sqrt(a);
  if (!(root > 0) || root == infinite)
    return {root};
  // root is within one unit; on which side of which half-way point the exact
  // root lies is decided by squares, which are exact.
  if (Quad(root) * root > a)
    root = std::nextafter(root, 0);
  if (Quad(root) * root == a)
    return {root};
  Quad middle = (Quad(root) + std::nextafter(root, infinite)) / 2;
  return {middle, middle * middle < a ? Quad(root) * 0x1p-60 : -Quad(root) * 0x1p-60};
}

double lacuna::emulator::saturated(double x) { return x != x || x <= 0 ? 0 : x > 1 ? 1 : x; }
