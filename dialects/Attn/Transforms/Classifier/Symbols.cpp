//===- Symbols.cpp - The integers of a predicate as forms -------------------===//
//
// Which numbers cannot be negative is asked of MLIR's integer range inference: it
// decides whether an unsigned operation is a signed one, and whether a quotient
// that truncates is one that rounds down.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/Transforms/Classifier/Symbols.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace lacuna::attn::classifier {

using Kind = Atom::Kind;

static bool isInteger(Value value) { return value.getType().isIntOrIndex(); }
static bool isFlag(Value value) { return value.getType().isInteger(1); }

static std::optional<int64_t> constantOf(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)))
    return std::nullopt;
  return isFlag(value) ? constant.getZExtValue() : constant.getSExtValue();
}

/// Whether a small form times this number fits 64 bits.
static bool isFactor(int64_t number) { return std::abs(number) <= int64_t(1) << 20; }

/// `inner` when `value` is its negation.
static Value negatedBy(Value value) {
  auto flip = value.getDefiningOp<arith::XOrIOp>();
  if (flip && isFlag(value) && matchPattern(flip.getRhs(), m_One()))
    return flip.getLhs();
  return {};
}

//===----------------------------------------------------------------------===//
// Ranges known without evaluating
//===----------------------------------------------------------------------===//

Symbols::Symbols(TiledAttention attend) : attend(attend), region(attend.getWhere()) {
  constexpr int64_t limit = int64_t(1) << 30; // of positions, by definition of the dialect
  auto bind = [&](unsigned argument, int64_t least, int64_t most) {
    if (argument < region.getNumArguments())
      ranges.insert({region.getArgument(argument),
                     ConstantIntRanges::fromSigned(APInt(32, least, true), APInt(32, most))});
  };
  bind(0, 0, INT32_MAX);
  bind(1, 0, INT32_MAX);
  bind(2, attend.getRowPosition() ? -limit : 0, limit - 1);
  bind(3, attend.getColumnPosition() ? -limit : 0, limit - 1);
  bind(4, 0, limit - 1);
  bind(5, 0, limit - 1);
  inferRanges(region.front());
}

ConstantIntRanges Symbols::rangeOf(Value value) const {
  if (auto known = ranges.find(value); known != ranges.end())
    return known->second;
  if (auto constant = constantOf(value); constant && !isFlag(value))
    return ConstantIntRanges::constant(
        APInt(ConstantIntRanges::getStorageBitwidth(value.getType()), *constant, true));
  return ConstantIntRanges::maxRange(ConstantIntRanges::getStorageBitwidth(value.getType()));
}

void Symbols::inferRanges(Block &block) {
  for (Operation &op : block) {
    for (Region &nested : op.getRegions())
      for (Block &inner : nested)
        inferRanges(inner);
    if (auto dim = dyn_cast<tensor::DimOp>(op))
      ranges.insert(
          {dim.getResult(), ConstantIntRanges::fromSigned(APInt(64, 0), APInt(64, INT32_MAX))});
    auto inferable = dyn_cast<InferIntRangeInterface>(op);
    if (!inferable || isa<tensor::DimOp>(op) || op.getNumRegions() ||
        !llvm::all_of(op.getOperands(), isInteger))
      continue;
    SmallVector<ConstantIntRanges> operands;
    for (Value operand : op.getOperands())
      operands.push_back(rangeOf(operand));
    // Dividing by 0 is an error of the spec, so whoever gets a quotient did not.
    if (isa<arith::DivUIOp, arith::CeilDivUIOp>(op) && operands[1].umin().isZero())
      operands[1] = ConstantIntRanges::fromUnsigned(operands[1].umin() + 1, operands[1].umax());
    inferable.inferResultRanges(operands, [&](Value result, const ConstantIntRanges &range) {
      ranges.insert({result, range});
    });
  }
}

bool Symbols::isNonNegative(Operation *op) const {
  return llvm::all_of(op->getOperands(), [&](Value operand) { return isNonNegative(operand); });
}

//===----------------------------------------------------------------------===//
// Atoms
//===----------------------------------------------------------------------===//

Form Symbols::intern(Atom atom) {
  for (AtomId id = 0; id < atoms.size(); ++id)
    if (atoms[id] == atom)
      return Form::of(id);
  atoms.push_back(std::move(atom));
  return Form::of(atoms.size() - 1);
}

Form Symbols::make(Kind kind, Value result, ArrayRef<Form> operands, int64_t number, Value value) {
  Atom atom{kind, SmallVector<Form, 2>(operands), value, number, {}, 0, 1};
  if (!isFlag(result)) {
    unsigned width = ConstantIntRanges::getStorageBitwidth(result.getType());
    atom.least = llvm::minIntN(width);
    atom.most = llvm::maxIntN(width);
  }
  return intern(std::move(atom));
}

Form Symbols::unknown(Value value) {
  Atom atom{Kind::Unknown, {}, value, 0, {}, 0, 1};
  if (!isFlag(value)) {
    ConstantIntRanges range = rangeOf(value);
    atom.least = range.smin().getSExtValue();
    atom.most = range.smax().getSExtValue();
  }
  return intern(std::move(atom));
}

Form Symbols::argumentOrCapture(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getParentRegion() != &region)
    return make(Kind::Scalar, value, {}, 0, value);
  unsigned number = argument.getArgNumber();
  // Without positions of their own, slots are the positions, unless they count anew
  // in every sequence.
  if (number == 4 && !attend.getRowPosition() && !attend.isRagged())
    return formOf(region.getArgument(2));
  if (number == 5 && !attend.getColumnPosition() && !attend.isRagged())
    return formOf(region.getArgument(3));
  Atom atom{Kind::Argument, {}, {}, number, {}, 0, 0};
  ConstantIntRanges range = rangeOf(value);
  atom.least = range.smin().getSExtValue();
  atom.most = range.smax().getSExtValue();
  return intern(std::move(atom));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Form Symbols::formOf(Value value) {
  if (auto known = forms.find(value); known != forms.end())
    return known->second;
  Form form;
  if (auto constant = isInteger(value) ? constantOf(value) : std::nullopt)
    form = *constant;
  else if (isa<BlockArgument>(value) || !region.isAncestor(value.getParentRegion()))
    form = argumentOrCapture(value);
  else
    form = fromOp(value.getDefiningOp(), cast<OpResult>(value).getResultNumber());
  if (!form.isSmall())
    form = unknown(value);
  forms[value] = form;
  return form;
}

Form Symbols::fromDivision(Operation *op) {
  Value result = op->getResult(0);
  Form x = formOf(op->getOperand(0)), y = formOf(op->getOperand(1));
  bool natural = isNonNegative(op);
  bool positive = isNonNegative(op->getOperand(0));
  auto quotient = [&](Atom::Rounding rounding) {
    return y == Form(1) ? x : make(Kind::Quotient, result, {x, y}, rounding);
  };
  return llvm::TypeSwitch<Operation *, Form>(op)
      .Case<arith::FloorDivSIOp>([&](auto) { return quotient(Atom::Floor); })
      .Case<arith::CeilDivSIOp>([&](auto) { return quotient(Atom::Ceiling); })
      .Case<arith::DivSIOp>([&](auto) { return quotient(natural ? Atom::Floor : Atom::Truncate); })
      .Case<arith::RemSIOp>(
          [&](auto) { return make(positive ? Kind::Modulo : Kind::Remainder, result, {x, y}); })
      .Case<arith::DivUIOp>([&](auto) { return natural ? quotient(Atom::Floor) : unknown(result); })
      .Case<arith::CeilDivUIOp>(
          [&](auto) { return natural ? quotient(Atom::Ceiling) : unknown(result); })
      .Default([&](Operation *) { // arith.remui
        return natural ? make(Kind::Modulo, result, {x, y}) : unknown(result);
      });
}

/// andi, ori, xori and shifts.
Form Symbols::fromBits(Operation *op) {
  Value result = op->getResult(0), left = op->getOperand(0);
  Form y = formOf(op->getOperand(1));
  std::optional<int64_t> constant;
  if (y.isConstant())
    constant = y.constant();
  auto shiftRight = [&](Value value, const Form &amount) {
    Form x = formOf(value);
    if (amount.isConstant() && amount.constant() >= 0 && amount.constant() < 32)
      return make(Kind::Quotient, value, {x, Form(int64_t(1) << amount.constant())}, Atom::Floor);
    return make(Kind::Shift, value, {x, amount});
  };
  return llvm::TypeSwitch<Operation *, Form>(op)
      .Case<arith::ShLIOp>([&](auto) {
        if (!constant || *constant < 0 || *constant > 62)
          return unknown(result);
        int64_t power = int64_t(1) << *constant;
        return isFactor(power) ? formOf(left).times(power)
                               : make(Kind::Product, result, {formOf(left), Form(power)});
      })
      .Case<arith::ShRSIOp>([&](auto) { return shiftRight(left, y); })
      .Case<arith::ShRUIOp>(
          [&](auto) { return isNonNegative(left) ? shiftRight(left, y) : unknown(result); })
      .Case<arith::AndIOp>([&](auto) {
        // One bit is the same whatever is shifted in above it.
        auto shift = left.getDefiningOp<arith::ShRUIOp>();
        int64_t mask = constant.value_or(0);
        bool oneBit = mask == 1 && shift;
        Form x = oneBit ? shiftRight(shift.getLhs(), formOf(shift.getRhs())) : formOf(left);
        if (mask > 0 && llvm::isPowerOf2_64(uint64_t(mask) + 1))
          return make(Kind::Modulo, result, {x, Form(mask + 1)});
        if (mask < 0 && llvm::isPowerOf2_64(-uint64_t(mask)))
          return x - make(Kind::Modulo, result, {x, Form(-mask)});
        return make(Kind::BitAnd, result, {x, y});
      })
      .Case<arith::OrIOp>([&](auto) { return make(Kind::BitOr, result, {formOf(left), y}); })
      .Default([&](Operation *) { return make(Kind::BitXor, result, {formOf(left), y}); });
}

Form Symbols::fromConversion(Operation *op) {
  Value result = op->getResult(0), from = op->getOperand(0);
  if (!isInteger(from))
    return unknown(result);
  if (isFlag(from) && isa<arith::ExtSIOp, arith::ExtUIOp>(op))
    return make(Kind::Choice, result, {Form(isa<arith::ExtSIOp>(op) ? -1 : 1), Form(0)}, 0, from);
  if (isa<arith::TruncIOp>(op)) {
    if (isFlag(result))
      return make(Kind::Modulo, result, {formOf(from), Form(2)});
    unsigned width = result.getType().getIntOrFloatBitWidth();
    ConstantIntRanges range = rangeOf(from);
    bool fits = range.smin().isSignedIntN(width) && range.smax().isSignedIntN(width);
    return fits ? formOf(from) : unknown(result);
  }
  bool keepsValue = isa<arith::ExtSIOp, arith::IndexCastOp>(op) || isNonNegative(from);
  return keepsValue ? formOf(from) : unknown(result);
}

Form Symbols::fromLoad(LoadOp load) {
  if (!isInteger(load.getResult()))
    return unknown(load.getResult());
  SmallVector<Form, 2> indices;
  for (Value index : load.getIndices())
    indices.push_back(formOf(index));
  Atom atom{Kind::Load, indices, load.getTable(), 0, {}, 0, 1};
  if (!isFlag(load.getResult())) {
    unsigned width = load.getResult().getType().getIntOrFloatBitWidth();
    atom.least = llvm::minIntN(width);
    atom.most = llvm::maxIntN(width);
  }
  for (Region *inner = load->getParentRegion(); inner != &region;
       inner = inner->getParentRegion()) {
    auto branch = cast<scf::IfOp>(inner->getParentOp());
    appendFacts(branch.getCondition(), inner == &branch.getThenRegion(), atom.guard);
  }
  return intern(std::move(atom));
}

Form Symbols::fromOp(Operation *op, unsigned number) {
  Value result = op->getResult(number);
  if (!isInteger(result))
    return unknown(result);
  auto operand = [&](unsigned index) { return formOf(op->getOperand(index)); };
  auto pair = [&](Kind kind, bool legal = true) {
    return legal ? make(kind, result, {operand(0), operand(1)}) : unknown(result);
  };
  return llvm::TypeSwitch<Operation *, Form>(op)
      .Case<arith::AddIOp>([&](auto) { return operand(0) + operand(1); })
      .Case<arith::SubIOp>([&](auto) { return operand(0) - operand(1); })
      .Case<arith::MulIOp>([&](auto) {
        for (unsigned index : {0, 1})
          if (Form factor = operand(index); factor.isConstant() && isFactor(factor.constant()))
            return operand(1 - index).times(factor.constant());
        return pair(Kind::Product);
      })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::FloorDivSIOp,
            arith::CeilDivSIOp, arith::CeilDivUIOp>([&](auto) { return fromDivision(op); })
      .Case<arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::ShLIOp, arith::ShRSIOp,
            arith::ShRUIOp>([&](auto) { return fromBits(op); })
      .Case<arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp, arith::IndexCastOp,
            arith::IndexCastUIOp>([&](auto) { return fromConversion(op); })
      .Case<arith::MinSIOp>([&](auto) { return pair(Kind::Minimum); })
      .Case<arith::MaxSIOp>([&](auto) { return pair(Kind::Maximum); })
      .Case<arith::MinUIOp>([&](auto) { return pair(Kind::Minimum, isNonNegative(op)); })
      .Case<arith::MaxUIOp>([&](auto) { return pair(Kind::Maximum, isNonNegative(op)); })
      .Case<math::AbsIOp>(
          [&](auto) { return make(Kind::Maximum, result, {operand(0), -operand(0)}); })
      .Case<arith::SelectOp>([&](arith::SelectOp select) {
        return make(Kind::Choice, result, {operand(1), operand(2)}, 0, select.getCondition());
      })
      .Case<scf::IfOp>([&](scf::IfOp branch) {
        return make(Kind::Choice, result,
                    {formOf(branch.thenYield().getOperand(number)),
                     formOf(branch.elseYield().getOperand(number))},
                    0, branch.getCondition());
      })
      .Case<tensor::DimOp>([&](tensor::DimOp dim) {
        int64_t axis = *dim.getConstantIndex();
        auto type = cast<RankedTensorType>(dim.getSource().getType());
        if (!type.isDynamicDim(axis))
          return Form(type.getDimSize(axis));
        return intern({Kind::Size, {}, dim.getSource(), axis, {}, 0, INT32_MAX});
      })
      .Case<LoadOp>([&](LoadOp load) { return fromLoad(load); })
      .Default([&](Operation *) { return unknown(result); });
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

std::optional<Comparison> Symbols::comparisonOf(arith::CmpIOp op) {
  using Predicate = arith::CmpIPredicate;
  if (isFlag(op.getLhs()))
    return std::nullopt;
  Form x = formOf(op.getLhs()), y = formOf(op.getRhs());
  auto atMost = [](const Form &a, const Form &b) { return Relation{a - b}; };
  auto lessThan = [](const Form &a, const Form &b) { return Relation{a - b + Form(1)}; };
  auto opposite = [](Comparison comparison) {
    std::swap(comparison.yes, comparison.no);
    return comparison;
  };
  auto isLess = [&](const Form &a, const Form &b) {
    return Comparison{{{lessThan(a, b)}}, {{atMost(b, a)}}};
  };
  auto isEqual = [&]() -> Comparison {
    Form difference = x - y;
    if (difference.divisor() == 1 && difference.terms()[0].factor == -1)
      difference = -difference;
    // What is a multiple does not depend on how the remainder is rounded.
    if (difference.isAtom() && atom(difference.terms()[0].atom).kind == Kind::Remainder) {
      Atom modulo = atom(difference.terms()[0].atom);
      modulo.kind = Kind::Modulo;
      difference = intern(std::move(modulo));
    }
    return {{{{difference, /*equal=*/true}}},
            {{lessThan(difference, Form(0))}, {lessThan(Form(0), difference)}}};
  };
  // As unsigned numbers: what is negative is above what is not.
  auto isBelow = [&](Value left, Value right) -> Comparison {
    Form a = formOf(left), b = formOf(right), zero(0);
    Relation naturalA = atMost(zero, a), naturalB = atMost(zero, b);
    if (isNonNegative(left) && isNonNegative(right))
      return isLess(a, b);
    if (isNonNegative(right))
      return {{{naturalA, lessThan(a, b)}}, {{lessThan(a, zero)}, {atMost(b, a)}}};
    Relation negativeA = lessThan(a, zero), negativeB = lessThan(b, zero);
    return {{{naturalA, negativeB}, {naturalA, lessThan(a, b)}, {negativeB, lessThan(a, b)}},
            {{negativeA, naturalB}, {naturalB, atMost(b, a)}, {negativeA, atMost(b, a)}}};
  };
  switch (op.getPredicate()) {
  case Predicate::eq:
    return isEqual();
  case Predicate::ne:
    return opposite(isEqual());
  case Predicate::slt:
    return isLess(x, y);
  case Predicate::sge:
    return opposite(isLess(x, y));
  case Predicate::sgt:
    return isLess(y, x);
  case Predicate::sle:
    return opposite(isLess(y, x));
  case Predicate::ult:
    return isBelow(op.getLhs(), op.getRhs());
  case Predicate::uge:
    return opposite(isBelow(op.getLhs(), op.getRhs()));
  case Predicate::ugt:
    return isBelow(op.getRhs(), op.getLhs());
  case Predicate::ule:
    return opposite(isBelow(op.getRhs(), op.getLhs()));
  }
  llvm_unreachable("all predicates are handled");
}

void Symbols::appendFacts(Value condition, bool truth, SmallVectorImpl<Form> &facts) {
  if (Value inner = negatedBy(condition))
    return appendFacts(inner, !truth, facts);
  Operation *op = condition.getDefiningOp();
  if ((isa_and_nonnull<arith::AndIOp>(op) && truth) ||
      (isa_and_nonnull<arith::OrIOp>(op) && !truth)) {
    for (Value part : op->getOperands())
      appendFacts(part, truth, facts);
    return;
  }
  auto compare = dyn_cast_or_null<arith::CmpIOp>(op);
  std::optional<Comparison> comparison = compare ? comparisonOf(compare) : std::nullopt;
  if (!comparison || comparison->when(truth).size() != 1)
    return;
  for (const Relation &relation : comparison->when(truth).front()) {
    facts.push_back(relation.form);
    if (relation.equal)
      facts.push_back(-relation.form);
  }
}

} // namespace lacuna::attn::classifier
