//===- BoundBuilder.cpp - 64-bit arithmetic that folds what it can ----------===//
#include "dialects/Attn/Transforms/Classifier/BoundBuilder.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace lacuna::attn::classifier {

using Predicate = arith::CmpIPredicate;

static bool isWithin(const Range &range, int64_t limit) {
  return -limit <= range.low.least && range.high.most <= limit;
}
bool isModest(const Range &range) { return isWithin(range, modest); }

static bool isTrue(Value value) { return matchPattern(value, m_One()); }
static bool isFalse(Value value) { return matchPattern(value, m_Zero()); }

Bound BoundBuilder::constant(int64_t value) {
  return {arith::ConstantIntOp::create(builder, value, 64), value, value};
}

Bound BoundBuilder::widen(Value value, int64_t least, int64_t most) {
  Type wide = builder.getI64Type();
  if (value.getType().isIndex())
    value = arith::IndexCastOp::create(builder, wide, value);
  else if (value.getType().isInteger(1))
    value = arith::ExtUIOp::create(builder, wide, value);
  else if (!value.getType().isInteger(64))
    value = arith::ExtSIOp::create(builder, wide, value);
  return {value, least, most};
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// What is known of a function that is monotone in both operands, from what it
/// is at the corners.
template <class F>
static Bound fromCorners(Value value, const Bound &a, const Bound &b, F function) {
  int64_t corners[] = {function(a.least, b.least), function(a.least, b.most),
                       function(a.most, b.least), function(a.most, b.most)};
  return {value, *llvm::min_element(corners), *llvm::max_element(corners)};
}

Bound BoundBuilder::add(const Bound &a, const Bound &b) {
  if (a.isConstant() && b.isConstant())
    return constant(a.least + b.least);
  return {make<arith::AddIOp>(a, b), a.least + b.least, a.most + b.most};
}

Bound BoundBuilder::subtract(const Bound &a, const Bound &b) {
  if (a.isConstant() && b.isConstant())
    return constant(a.least - b.least);
  return {make<arith::SubIOp>(a, b), a.least - b.most, a.most - b.least};
}

Bound BoundBuilder::multiply(const Bound &a, const Bound &b) {
  if (a.isConstant() && !b.isConstant())
    return multiply(b, a);
  if (a.isConstant())
    return constant(a.least * b.least);
  if (b.isConstant() && b.least == 1)
    return a;
  return fromCorners(make<arith::MulIOp>(a, b), a, b, [](int64_t x, int64_t y) { return x * y; });
}

static int64_t quotient(int64_t x, int64_t y, Atom::Rounding rounding) {
  int64_t rest = x % y, down = x / y;
  bool exact = rest == 0, negative = (x < 0) != (y < 0);
  if (rounding == Atom::Floor && !exact && negative)
    return down - 1;
  return rounding == Atom::Ceiling && !exact && !negative ? down + 1 : down;
}

Bound BoundBuilder::divide(const Bound &a, const Bound &b, Atom::Rounding rounding) {
  if (a.isConstant() && b.isConstant())
    return constant(quotient(a.least, b.least, rounding));
  if (b.isConstant() && b.least == 1)
    return a;
  Value value;
  bool natural = a.least >= 0 && b.least > 0;
  if (rounding == Atom::Truncate || (rounding == Atom::Floor && natural))
    value = make<arith::DivSIOp>(a, b);
  else if (rounding == Atom::Floor)
    value = make<arith::FloorDivSIOp>(a, b);
  else
    value = make<arith::CeilDivSIOp>(a, b);
  if (b.least > 0)
    return fromCorners(value, a, b, [&](int64_t x, int64_t y) { return quotient(x, y, rounding); });
  int64_t magnitude = std::max(-a.least, a.most); // no quotient is larger
  return {value, -magnitude, magnitude};
}

Bound BoundBuilder::shiftRight(const Bound &a, const Bound &b) {
  if (a.isConstant() && b.isConstant())
    return constant(a.least >> b.least);
  return fromCorners(make<arith::ShRSIOp>(a, b), a, b, [](int64_t x, int64_t y) { return x >> y; });
}

Bound BoundBuilder::min(const Bound &a, const Bound &b) {
  if (a.value == b.value || a.most <= b.least)
    return a;
  if (b.most <= a.least)
    return b;
  return {make<arith::MinSIOp>(a, b), std::min(a.least, b.least), std::min(a.most, b.most)};
}

Bound BoundBuilder::max(const Bound &a, const Bound &b) {
  if (a.value == b.value || a.least >= b.most)
    return a;
  if (b.least >= a.most)
    return b;
  return {make<arith::MaxSIOp>(a, b), std::max(a.least, b.least), std::max(a.most, b.most)};
}

Bound BoundBuilder::clamp(const Bound &a, int64_t least, int64_t most) {
  return max(min(a, constant(most)), constant(least));
}

Bound BoundBuilder::bitwise(Atom::Kind kind, const Bound &a, const Bound &b) {
  using Kind = Atom::Kind;
  if (a.isConstant() && b.isConstant())
    return constant(kind == Kind::BitAnd  ? a.least & b.least
                    : kind == Kind::BitOr ? a.least | b.least
                                          : a.least ^ b.least);
  if (a.value == b.value)
    return kind == Kind::BitXor ? constant(0) : a;
  if (kind == Kind::BitAnd)
    return {make<arith::AndIOp>(a, b)};
  return {kind == Kind::BitOr ? make<arith::OrIOp>(a, b) : make<arith::XOrIOp>(a, b)};
}

Bound BoundBuilder::lowBits(const Bound &a) {
  if (a.isConstant())
    return constant(a.least < 0    ? -1
                    : a.least == 0 ? 0
                                   : int64_t(~uint64_t(0) >> llvm::countl_zero(uint64_t(a.least))));
  Bound bits = a;
  for (int distance : {1, 2, 4, 8, 16, 32}) {
    Bound by = constant(distance);
    Bound shifted{arith::ShRSIOp::create(builder, bits.value, by.value)};
    bits = bitwise(Atom::Kind::BitOr, bits, shifted);
  }
  return bits;
}

Bound BoundBuilder::select(Value condition, const Bound &a, const Bound &b) {
  if (a.value == b.value || isTrue(condition))
    return a;
  if (isFalse(condition))
    return b;
  return {builder.createOrFold<arith::SelectOp>(condition, a.value, b.value),
          std::min(a.least, b.least), std::max(a.most, b.most)};
}

Range BoundBuilder::select(Value condition, const Range &a, const Range &b) {
  if (a.isExact() && b.isExact())
    return exact(select(condition, a.low, b.low));
  return {select(condition, a.low, b.low), select(condition, a.high, b.high)};
}

Bound BoundBuilder::notZero(const Bound &a) {
  if (a.least > 0 || a.most < 0)
    return a;
  Bound result = select(equal(a, constant(0)), constant(1), a);
  if (a.least == 0)
    result.least = 1;
  return result;
}

//===----------------------------------------------------------------------===//
// Truths
//===----------------------------------------------------------------------===//

/// The i32 that an i64 was extended from.
static Value narrowed(Value value) {
  auto extended = value.getDefiningOp<arith::ExtSIOp>();
  return extended && extended.getIn().getType().isInteger(32) ? extended.getIn() : Value();
}

Value BoundBuilder::compare(Predicate predicate, const Bound &a, const Bound &b) {
  Value left = narrowed(a.value), right = narrowed(b.value);
  bool narrow = left && right;
  return arith::CmpIOp::create(builder, predicate, narrow ? left : a.value,
                               narrow ? right : b.value);
}

Value BoundBuilder::lessEqual(const Bound &a, const Bound &b) {
  if (a.value == b.value || a.most <= b.least)
    return truth(true);
  return a.least > b.most ? truth(false) : compare(Predicate::sle, a, b);
}

Value BoundBuilder::less(const Bound &a, const Bound &b) {
  if (a.value == b.value || a.least >= b.most)
    return truth(false);
  return a.most < b.least ? truth(true) : compare(Predicate::slt, a, b);
}

Value BoundBuilder::equal(const Bound &a, const Bound &b) {
  if (a.value == b.value || (a.isConstant() && b.isConstant() && a.least == b.least))
    return truth(true);
  return a.most < b.least || b.most < a.least ? truth(false) : compare(Predicate::eq, a, b);
}

Value BoundBuilder::truth(bool value) { return arith::ConstantIntOp::create(builder, value, 1); }

Value BoundBuilder::both(Value a, Value b) {
  if (a == b || isTrue(b) || isFalse(a))
    return a;
  return isTrue(a) || isFalse(b) ? b : builder.createOrFold<arith::AndIOp>(a, b);
}

Value BoundBuilder::either(Value a, Value b) {
  if (a == b || isFalse(b) || isTrue(a))
    return a;
  return isFalse(a) || isTrue(b) ? b : builder.createOrFold<arith::OrIOp>(a, b);
}

Value BoundBuilder::opposite(Value a) {
  if (isTrue(a) || isFalse(a))
    return truth(isFalse(a));
  return builder.createOrFold<arith::XOrIOp>(a, truth(true));
}

//===----------------------------------------------------------------------===//
// Signatures
//===----------------------------------------------------------------------===//

Value BoundBuilder::mayShare(Value signature, Value other) {
  Value shared = arith::AndIOp::create(builder, signature, other);
  return arith::CmpIOp::create(builder, Predicate::ne, shared, constant(0).value);
}

Value BoundBuilder::signatureOf(const Range &range) {
  auto bits = [&](Value value) -> Value {
    return arith::AndIOp::create(builder, value, constant(63).value);
  };
  Value start = bits(range.low.value), one = constant(1).value;
  if (range.isExact())
    return arith::ShLIOp::create(builder, one, start);
  // `count` ones, rotated to where the range starts; more than 62: all.
  Value width = arith::SubIOp::create(builder, range.high.value, range.low.value);
  Value wide = arith::CmpIOp::create(builder, Predicate::ugt, width, constant(61).value);
  Value count = arith::AddIOp::create(builder, bits(width), one);
  Value ones =
      arith::SubIOp::create(builder, arith::ShLIOp::create(builder, one, bits(count)), one);
  Value up = arith::ShLIOp::create(builder, ones, start);
  Value back = bits(arith::SubIOp::create(builder, constant(64).value, start));
  Value down = arith::ShRUIOp::create(builder, ones, back);
  Value rotated = arith::OrIOp::create(builder, up, down);
  return arith::SelectOp::create(builder, wide, constant(-1).value, rotated);
}

} // namespace lacuna::attn::classifier
