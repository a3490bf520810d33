//===- PredicateIntegers.cpp - Integers of a predicate ----------------------===//
//
// An integer is a list of cases, each a quasi-affine form or anything under a
// guard; the guards cover all elements. Division rounds by the sign of the
// dividend, unsigned ops are affine where nothing is negative.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/Transforms/Intervals/Predicate.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace lacuna::attn::intervals {

/// Beyond this a value is given up: it becomes anything, which is sound.
static constexpr size_t maxCases = 16;

static std::optional<Affine> nothing(const Affine &) { return std::nullopt; }
static std::optional<Affine> same(const Affine &form) { return form; }

/// A constant that operations can treat as a number.
static std::optional<int64_t> constantOf(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)) || constant.getBitWidth() > 64)
    return std::nullopt;
  return constant.getSExtValue();
}

Predicate::Cases Predicate::unknown(Operation *op) {
  hinder(op);
  return {Case{}};
}

/// Gives up when there are too many.
Predicate::Cases Predicate::limited(Cases cases) {
  if (cases.size() <= maxCases)
    return cases;
  tooMany();
  return {Case{}};
}

Predicate::Cases Predicate::map(const Cases &a, Unary function) {
  Cases result;
  for (const Case &each : a)
    result.push_back({each.guard, each.value ? function(*each.value) : std::nullopt});
  return result;
}

Predicate::Cases Predicate::combine(const Cases &a, const Cases &b, Binary function) {
  Cases result;
  for (const Case &x : a)
    for (const Case &y : b) {
      std::optional<Affine> value =
          x.value && y.value ? function(*x.value, *y.value) : std::nullopt;
      for (Conjunction &guard : conjoin({x.guard}, {y.guard}))
        result.push_back({std::move(guard), value});
    }
  return limited(std::move(result));
}

Predicate::Cases Predicate::choose(const Truth &condition, const Cases &yes, const Cases &no) {
  Cases result;
  auto add = [&](const Disjunction &when, const Cases &cases) {
    for (const Case &each : cases)
      for (Conjunction &guard : conjoin(when, {each.guard}))
        result.push_back({std::move(guard), each.value});
  };
  add(condition.yes, yes);
  add(condition.no, no);
  return limited(std::move(result));
}

Predicate::Cases Predicate::splitBySign(const Cases &of, Unary notNegative, Unary negative) {
  Cases result;
  for (const Case &each : of) {
    if (!each.value) {
      result.push_back(each);
      continue;
    }
    Truth sign = compareForms(arith::CmpIPredicate::sge, *each.value, 0);
    llvm::append_range(
        result, choose({conjoin(sign.yes, {each.guard}), conjoin(sign.no, {each.guard})},
                       {Case{{}, notNegative(*each.value)}}, {Case{{}, negative(*each.value)}}));
  }
  llvm::erase_if(result, [&](const Case &each) { return system.isEmptyInTile(each.guard); });
  return limited(std::move(result));
}

Predicate::Cases Predicate::extremum(Operation *op, bool largest) {
  Cases a = integer(op->getOperand(0)), b = integer(op->getOperand(1));
  using Kind = arith::CmpIPredicate;
  return choose(compareCases(op, largest ? Kind::sge : Kind::sle, a, b), a, b);
}

Predicate::Cases Predicate::integer(Value value) {
  if (auto known = integers.find(value); known != integers.end())
    return known->second;
  std::optional<Obstacle> before = obstacle;
  auto result = dyn_cast<OpResult>(value);
  Cases cases = result ? fromOp(result) : Cases{Case{}};
  bool known = llvm::all_of(cases, [](const Case &each) { return each.value.has_value(); });
  if (std::optional<Affine> form = known ? std::nullopt : asSymbol(value)) {
    obstacle = std::move(before);
    cases = {Case{{}, form}};
  } else if (!known && result) {
    hinder(result.getDefiningOp());
  }
  integers[value] = cases;
  return cases;
}

/// Quotients and remainders by a positive constant.
Predicate::Cases Predicate::fromDivision(Operation *op) {
  std::optional<int64_t> divisor = constantOf(op->getOperand(1));
  if (!divisor || *divisor < 1)
    return unknown(op);
  auto down = [&](const Affine &form) { return system.floorDiv(form, *divisor); };
  auto up = [&](const Affine &form) {
    return system.floorDiv(system.add(form, Affine(*divisor - 1)), *divisor);
  };
  auto rest = [&](const Affine &form, const Affine &quotient) {
    return system.subtract(form, system.scale(quotient, *divisor));
  };
  auto floor = [&](const Affine &form) -> std::optional<Affine> { return down(form); };
  auto ceiling = [&](const Affine &form) -> std::optional<Affine> { return up(form); };
  auto restDown = [&](const Affine &form) -> std::optional<Affine> {
    return rest(form, down(form));
  };
  auto restUp = [&](const Affine &form) -> std::optional<Affine> { return rest(form, up(form)); };
  Cases dividend = integer(op->getOperand(0));
  return llvm::TypeSwitch<Operation *, Cases>(op)
      .Case<arith::FloorDivSIOp>([&](auto) { return map(dividend, floor); })
      .Case<arith::CeilDivSIOp>([&](auto) { return map(dividend, ceiling); })
      .Case<arith::DivSIOp>([&](auto) { return splitBySign(dividend, floor, ceiling); })
      .Case<arith::RemSIOp>([&](auto) { return splitBySign(dividend, restDown, restUp); })
      .Case<arith::DivUIOp>([&](auto) { return splitBySign(dividend, floor, nothing); })
      .Case<arith::CeilDivUIOp>([&](auto) { return splitBySign(dividend, ceiling, nothing); })
      .Case<arith::RemUIOp>([&](auto) { return splitBySign(dividend, restDown, nothing); })
      .Default([&](Operation *) { return unknown(op); });
}

Predicate::Cases Predicate::fromOp(OpResult result) {
  Operation *op = result.getDefiningOp();
  if (std::optional<int64_t> constant = constantOf(result))
    return {Case{{}, Affine(*constant)}};
  auto operand = [&](unsigned index) { return integer(op->getOperand(index)); };
  auto add = [&](const Affine &a, const Affine &b) -> std::optional<Affine> {
    return system.add(a, b);
  };
  auto subtract = [&](const Affine &a, const Affine &b) -> std::optional<Affine> {
    return system.subtract(a, b);
  };
  auto multiply = [&](const Affine &a, const Affine &b) -> std::optional<Affine> {
    if (b.isConstant())
      return system.scale(a, b.constant);
    return a.isConstant() ? std::optional(system.scale(b, a.constant)) : std::nullopt;
  };
  auto negate = [&](const Affine &a) -> std::optional<Affine> { return system.scale(a, -1); };
  auto shift = [&](bool unsignedShift) {
    std::optional<int64_t> bits = constantOf(op->getOperand(1));
    if (!bits || *bits < 0 || *bits > 31)
      return unknown(op);
    auto floor = [&](const Affine &a) -> std::optional<Affine> {
      return system.floorDiv(a, int64_t(1) << *bits);
    };
    return unsignedShift ? splitBySign(operand(0), floor, nothing) : map(operand(0), floor);
  };
  auto extend = [&](int64_t whenTrue) {
    Truth flag = boolean(op->getOperand(0));
    return choose(flag, {Case{{}, Affine(whenTrue)}}, {Case{{}, Affine(0)}});
  };
  bool fromFlag = op->getNumOperands() == 1 && op->getOperand(0).getType().isInteger(1);

  return llvm::TypeSwitch<Operation *, Cases>(op)
      .Case<arith::AddIOp>([&](auto) { return combine(operand(0), operand(1), add); })
      .Case<arith::SubIOp>([&](auto) { return combine(operand(0), operand(1), subtract); })
      .Case<arith::MulIOp>([&](auto) { return combine(operand(0), operand(1), multiply); })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::FloorDivSIOp,
            arith::CeilDivSIOp, arith::CeilDivUIOp>([&](auto) { return fromDivision(op); })
      .Case<arith::MinSIOp>([&](auto) { return extremum(op, /*largest=*/false); })
      .Case<arith::MaxSIOp>([&](auto) { return extremum(op, /*largest=*/true); })
      .Case<math::AbsIOp>([&](auto) { return splitBySign(operand(0), same, negate); })
      .Case<arith::ShRSIOp>([&](auto) { return shift(/*unsignedShift=*/false); })
      .Case<arith::ShRUIOp>([&](auto) { return shift(/*unsignedShift=*/true); })
      .Case<arith::ShLIOp>([&](auto) {
        std::optional<int64_t> bits = constantOf(op->getOperand(1));
        if (!bits || *bits < 0 || *bits > 31)
          return unknown(op);
        return map(operand(0), [&](const Affine &a) -> std::optional<Affine> {
          return system.scale(a, int64_t(1) << *bits);
        });
      })
      .Case<arith::AndIOp>([&](auto) {
        // Low bits of two's complement: the remainder of flooring division.
        std::optional<int64_t> mask = constantOf(op->getOperand(1));
        if (!mask || *mask < 0 || !llvm::isPowerOf2_64(uint64_t(*mask) + 1))
          return unknown(op);
        return map(operand(0), [&](const Affine &a) -> std::optional<Affine> {
          return system.subtract(a, system.scale(system.floorDiv(a, *mask + 1), *mask + 1));
        });
      })
      .Case<arith::ExtSIOp>([&](auto) { return fromFlag ? extend(-1) : operand(0); })
      .Case<arith::ExtUIOp>(
          [&](auto) { return fromFlag ? extend(1) : splitBySign(operand(0), same, nothing); })
      .Case<arith::IndexCastOp>([&](auto) { return operand(0); })
      .Case<arith::IndexCastUIOp>([&](auto) { return splitBySign(operand(0), same, nothing); })
      .Case<arith::SelectOp>([&](arith::SelectOp select) {
        return choose(boolean(select.getCondition()), operand(1), operand(2));
      })
      .Case<scf::IfOp>([&](scf::IfOp branch) {
        unsigned index = result.getResultNumber();
        return choose(boolean(branch.getCondition()), integer(branch.thenYield().getOperand(index)),
                      integer(branch.elseYield().getOperand(index)));
      })
      .Case<tensor::DimOp>([&](tensor::DimOp dim) {
        return Cases{Case{{}, sizeOf(dim.getSource(), *dim.getConstantIndex())}};
      })
      .Default([&](Operation *) { return unknown(op); });
}

} // namespace lacuna::attn::intervals
