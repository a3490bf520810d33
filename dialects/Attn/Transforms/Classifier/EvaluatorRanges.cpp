//===- EvaluatorRanges.cpp - Ranges of atoms over a box ---------------------===//
#include "dialects/Attn/Transforms/Classifier/Evaluator.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace lacuna::attn::classifier {

using Kind = Atom::Kind;

Evaluator::Evaluator(Symbols &symbols, ImplicitLocOpBuilder &builder, Domains domains)
    : symbols(symbols), code(builder), builder(builder), domains(domains) {}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

Range Evaluator::hullOf(AtomId id, const Selection &selection) {
  Pieces pieces = rangeOf(id).pieces;
  for (auto [atom, piece] : selection)
    if (atom == id)
      return pieces[piece];
  if (pieces.size() == 1)
    return pieces[0];
  return {builder.min(pieces[0].low, pieces[1].low), builder.max(pieces[0].high, pieces[1].high)};
}

std::optional<Bound> Evaluator::side(const Form &form, int sign, bool low, int64_t constant,
                                     const Selection &selection) {
  SmallVector<Form::Term, 3> terms;
  for (const Form::Term &term : form.terms())
    if (!sign || (term.factor > 0) == (sign > 0))
      terms.push_back({term.atom, sign < 0 ? -term.factor : term.factor});
  auto endOf = [&](const Form::Term &term) {
    Range range = hullOf(term.atom, selection);
    return (term.factor > 0) == low ? range.low : range.high;
  };
  // A number alone is compared as it is; in a sum it has to be what it can be.
  if (sign && terms.size() == 1 && terms[0].factor == 1 && !constant)
    return endOf(terms[0]);
  SmallVector<Bound, 3> ends;
  __int128 magnitude = std::abs(constant);
  for (const Form::Term &term : terms) {
    const Atom atom = symbols.atom(term.atom);
    Bound end = builder.clamp(endOf(term), atom.least, atom.most);
    magnitude += std::abs(term.factor) * end.magnitude();
    ends.push_back(end);
  }
  if (magnitude > modest && (terms.size() != 1 || terms[0].factor != 1 || constant))
    return std::nullopt;
  std::optional<Bound> sum;
  for (auto [term, end] : llvm::zip(terms, ends)) {
    bool subtracted = sum && term.factor < 0;
    Bound part = builder.multiply(end, builder.constant(subtracted ? -term.factor : term.factor));
    if (sum)
      sum = subtracted ? builder.subtract(*sum, part) : builder.add(*sum, part);
    else
      sum = part;
  }
  Bound rest = builder.constant(constant);
  if (!sum)
    return rest;
  return constant ? builder.add(*sum, rest) : *sum;
}

Range Evaluator::rangeOf(const Form &form, const Selection &selection) {
  if (form.isConstant())
    return builder.exact(builder.constant(form.constant()));
  bool exact = llvm::all_of(
      form.terms(), [&](const Form::Term &term) { return hullOf(term.atom, selection).isExact(); });
  std::optional<Bound> low = side(form, 0, true, form.constant(), selection);
  std::optional<Bound> high = exact ? low : side(form, 0, false, form.constant(), selection);
  return low && high ? Range{*low, *high} : everyNumber();
}

Evaluator::Pieces Evaluator::piecesOf(const Form &form) {
  std::optional<AtomId> split;
  for (const Form::Term &term : form.terms())
    if (rangeOf(term.atom).pieces.size() == 2) {
      if (split)
        return {rangeOf(form)};
      split = term.atom;
    }
  if (!split)
    return {rangeOf(form)};
  return {rangeOf(form, {{*split, 0}}), rangeOf(form, {{*split, 1}})};
}

//===----------------------------------------------------------------------===//
// Atoms
//===----------------------------------------------------------------------===//

const Evaluator::AtomRange &Evaluator::rangeOf(AtomId id) {
  if (id < ranges.size() && ranges[id].evaluated)
    return ranges[id];
  const Atom atom = symbols.atom(id); // evaluation may add atoms
  AtomRange result;
  result.evaluated = true;
  switch (atom.kind) {
  case Kind::Argument:
    result.pieces = {argument(atom)};
    break;
  case Kind::Scalar:
  case Kind::Size:
    result.pieces = {scalar(atom)};
    break;
  case Kind::Quotient:
    result.pieces = quotient(atom);
    break;
  case Kind::Modulo: {
    Range divisor = rangeOf(atom.operands[1]);
    Range dividend = rangeOf(atom.operands[0]);
    if (divisor.isExact() && isModest(divisor) && isModest(dividend))
      result.pieces = modulo(dividend, divisor.low);
    else
      result.pieces = {builder.constants(0, atom.most)};
    break;
  }
  case Kind::Remainder:
    result.pieces = remainder(atom);
    break;
  case Kind::Product:
    result.pieces = {product(atom)};
    break;
  case Kind::Minimum:
  case Kind::Maximum: {
    Range a = rangeOf(atom.operands[0]), b = rangeOf(atom.operands[1]);
    bool least = atom.kind == Kind::Minimum;
    Bound low = least ? builder.min(a.low, b.low) : builder.max(a.low, b.low);
    Bound high = a.isExact() && b.isExact() ? low
                 : least                    ? builder.min(a.high, b.high)
                                            : builder.max(a.high, b.high);
    result.pieces = {{low, high}};
    break;
  }
  case Kind::Shift:
    result.pieces = {shift(atom)};
    break;
  case Kind::BitAnd:
  case Kind::BitOr:
  case Kind::BitXor:
    result.pieces = {bits(atom)};
    break;
  case Kind::Choice:
    result.pieces = choice(atom);
    break;
  case Kind::Load:
    result.pieces = {load(atom, result.signature)};
    break;
  case Kind::Unknown:
    break;
  }
  if (result.pieces.empty())
    result.pieces = {builder.constants(atom.least, atom.most)};
  if (id >= ranges.size())
    ranges.resize(id + 1);
  return ranges[id] = std::move(result);
}

/// b and h are one number; i, j and the slots have a first and a last one.
Range Evaluator::argument(const Atom &atom) {
  auto arguments = code.getInsertionBlock()->getArguments();
  auto bound = [&](unsigned index) {
    return builder.widen(arguments[index], atom.least, atom.most);
  };
  unsigned number = atom.number;
  if (number < 2)
    return builder.exact(bound(number));
  return {bound(2 * number - 2), bound(2 * number - 1)};
}

Range Evaluator::scalar(const Atom &atom) {
  Value value = atom.value;
  if (atom.kind == Kind::Size) {
    Value axis = arith::ConstantIndexOp::create(code, atom.number);
    value = tensor::DimOp::create(code, atom.value, axis);
  }
  return builder.exact(builder.widen(value, atom.least, atom.most));
}

Evaluator::Pieces Evaluator::quotient(const Atom &atom) {
  auto rounding = static_cast<Atom::Rounding>(atom.number);
  Range divisor = rangeOf(atom.operands[1]);
  bool positive = divisor.low.least > 0;
  if ((!divisor.isExact() && !positive) || !isModest(divisor))
    return {};
  Pieces pieces;
  for (const Range &dividend : piecesOf(atom.operands[0])) {
    if (!isModest(dividend))
      return {};
    Bound by = builder.notZero(divisor.low);
    Bound first = builder.divide(dividend.low, by, rounding);
    if (dividend.isExact() && divisor.isExact()) {
      pieces.push_back(builder.exact(first));
      continue;
    }
    Bound last = builder.divide(dividend.high, by, rounding);
    if (divisor.isExact() && positive) {
      pieces.push_back({first, last});
    } else if (divisor.isExact()) {
      pieces.push_back({builder.min(first, last), builder.max(first, last)});
    } else { // by more: nearer to 0
      pieces.push_back({builder.min(first, builder.divide(dividend.low, divisor.high, rounding)),
                        builder.max(last, builder.divide(dividend.high, divisor.high, rounding))});
    }
  }
  return pieces;
}

/// Within one period a remainder grows with its dividend; over the end of one it
/// is in two ranges; over more it is anything.
Evaluator::Pieces Evaluator::modulo(const Range &dividend, const Bound &divisor) {
  Bound zero = builder.constant(0);
  Bound period = builder.notZero(builder.max(divisor, builder.negate(divisor)));
  period.least = std::max<int64_t>(period.least, 1);
  if (dividend.low.least >= 0 && dividend.high.most < period.least)
    return {dividend};
  Bound greatest = builder.subtract(period, builder.constant(1));
  auto rest = [&](const Bound &of, const Bound &quotient) {
    Value multiple = arith::MulIOp::create(code, quotient.value, period.value);
    Value rest = arith::SubIOp::create(code, of.value, multiple);
    return Bound{rest, 0, greatest.most};
  };
  Bound firstPeriod = builder.divide(dividend.low, period, Atom::Floor);
  Bound first = rest(dividend.low, firstPeriod);
  if (dividend.isExact())
    return {builder.exact(first)};
  Bound lastPeriod = builder.divide(dividend.high, period, Atom::Floor);
  Bound last = rest(dividend.high, lastPeriod);
  Value same = builder.equal(firstPeriod, lastPeriod);
  Value near = builder.lessEqual(builder.subtract(lastPeriod, firstPeriod), builder.constant(1));
  Range before{builder.select(near, first, zero), builder.select(same, last, greatest)};
  Range after{builder.select(same, first, zero), builder.select(near, last, greatest)};
  return {before, after};
}

/// On either side of 0 a truncated remainder is a modulo with the sign put back.
Evaluator::Pieces Evaluator::remainder(const Atom &atom) {
  Range dividend = rangeOf(atom.operands[0]), divisor = rangeOf(atom.operands[1]);
  if (!divisor.isExact() || !isModest(divisor) || !isModest(dividend))
    return {};
  Bound zero = builder.constant(0), one = builder.constant(1);
  Bound period = builder.notZero(builder.max(divisor.low, builder.negate(divisor.low)));
  Bound greatest = builder.subtract(period, one);
  Value negative = builder.less(dividend.high, zero);
  Value mixed = builder.both(builder.less(dividend.low, zero), builder.opposite(negative));
  auto mirror = [&](const Range &range) {
    return range.isExact() ? builder.exact(builder.negate(range.low))
                           : Range{builder.negate(range.high), builder.negate(range.low)};
  };
  Range around{builder.max(dividend.low, builder.negate(greatest)),
               builder.min(dividend.high, greatest)};
  Pieces pieces;
  for (const Range &range : modulo(builder.select(negative, mirror(dividend), dividend), period)) {
    Range signedRange = builder.select(negative, mirror(range), range);
    pieces.push_back(dividend.isExact() ? signedRange : builder.select(mixed, around, signedRange));
  }
  return pieces;
}

Range Evaluator::product(const Atom &atom) {
  Range a = rangeOf(atom.operands[0]), b = rangeOf(atom.operands[1]);
  auto magnitude = [](const Range &range) {
    return std::max(range.low.magnitude(), range.high.magnitude());
  };
  if (!isModest(a) || !isModest(b) || magnitude(a) * magnitude(b) > modest)
    return builder.constants(atom.least, atom.most);
  Bound corner = builder.multiply(a.low, b.low);
  if (a.isExact() && b.isExact())
    return builder.exact(corner);
  Range range{corner, corner};
  auto include = [&](const Bound &x, const Bound &y) {
    Bound product = builder.multiply(x, y);
    range = {builder.min(range.low, product), builder.max(range.high, product)};
  };
  include(a.high, b.high);
  if (!a.isExact() && !b.isExact()) {
    include(a.low, b.high);
    include(a.high, b.low);
  }
  return range;
}

/// Shifting by more brings a number nearer to 0, or to -1 if it is negative.
Range Evaluator::shift(const Atom &atom) {
  Range value = rangeOf(atom.operands[0]), amount = rangeOf(atom.operands[1]);
  auto legal = [&](const Bound &bound) {
    return builder.max(builder.min(bound, builder.constant(63)), builder.constant(0));
  };
  Bound least = legal(amount.low), most = legal(amount.high);
  Bound low = builder.shiftRight(value.low, least);
  if (value.isExact() && amount.isExact())
    return builder.exact(low);
  return {builder.min(low, builder.shiftRight(value.low, most)),
          builder.max(builder.shiftRight(value.high, least), builder.shiftRight(value.high, most))};
}

/// The bits in which the numbers of a range can differ are the lowest ones; those
/// above are the same in all. An operation on bits is extreme where the bits that
/// can differ are all clear or all set, unless they take the sign along.
Range Evaluator::bits(const Atom &atom) {
  Range a = rangeOf(atom.operands[0]), b = rangeOf(atom.operands[1]);
  Bound low = builder.bitwise(atom.kind, a.low, b.low);
  low.least = atom.least, low.most = atom.most;
  if (a.isExact() && b.isExact())
    return builder.exact(low);
  Bound openA = builder.lowBits(builder.bitwise(Kind::BitXor, a.low, a.high));
  Bound openB = builder.lowBits(builder.bitwise(Kind::BitXor, b.low, b.high));
  auto clear = [&](const Bound &number, const Bound &open) {
    return builder.bitwise(Kind::BitXor, builder.bitwise(Kind::BitOr, number, open), open);
  };
  auto set = [&](const Bound &number, const Bound &open) {
    return builder.bitwise(Kind::BitOr, number, open);
  };
  Bound open = builder.bitwise(Kind::BitOr, openA, openB);
  Range result;
  if (atom.kind == Kind::BitXor)
    result = {clear(low, open), set(low, open)};
  else
    result = {builder.bitwise(atom.kind, clear(a.low, openA), clear(b.low, openB)),
              builder.bitwise(atom.kind, set(a.low, openA), set(b.low, openB))};
  Bound zero = builder.constant(0);
  Value signKnown = builder.lessEqual(zero, open);
  Range any = builder.constants(atom.least, atom.most);
  if (atom.kind == Kind::BitAnd && (a.low.least >= 0 || b.low.least >= 0))
    any = {zero, a.low.least >= 0 ? a.high : b.high};
  result = builder.select(signKnown, result, any);
  return {builder.known(result.low, atom.least, atom.most),
          builder.known(result.high, atom.least, atom.most)};
}

Evaluator::Pieces Evaluator::choice(const Atom &atom) {
  Range yes = rangeOf(atom.operands[0]), no = rangeOf(atom.operands[1]);
  Value taken = mayBe(atom.value, true), left = mayBe(atom.value, false);
  return {builder.select(taken, yes, no), builder.select(left, no, yes)};
}

/// Under an `scf.if` a table is read only where its condition holds: what the
/// condition says about an index narrows the box.
Range Evaluator::load(const Atom &atom, Value &signature) {
  SmallVector<Value> first, last;
  for (const Form &index : atom.operands) {
    Range range = rangeOf(index);
    for (const Form &fact : atom.guard)
      for (const Form::Term &term : fact.terms()) {
        int64_t factor = index.factorOf(term.atom);
        if (factor && factor == term.factor) // index <= index - fact
          range.high = builder.min(range.high, rangeOf(index - fact).high);
        else if (factor && factor == -term.factor) // index >= index + fact
          range.low = builder.max(range.low, rangeOf(index + fact).low);
      }
    first.push_back(range.low.value);
    last.push_back(range.high.value);
  }
  auto read = LoadRangeOp::create(code, code.getI64Type(), code.getI64Type(), code.getI64Type(),
                                  atom.value, first, last);
  signature = read.getSignature();
  // Of an unknown box both ends leave what the element type can hold.
  return {{read.getMin(), INT64_MIN, atom.most}, {read.getMax(), atom.least, INT64_MAX}};
}

} // namespace lacuna::attn::classifier
