//===- Predicate.cpp - Booleans and choices ---------------------------------===//
//
// Negation is carried along instead of computed: every boolean knows both of its
// sets, so that no set is ever complemented.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/Transforms/Intervals/Predicate.h"

#include "dialects/Attn/IR/SpecRules.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace lacuna::attn::intervals {

/// Beyond this a set is given up: it becomes "anywhere", which is sound.
static constexpr size_t maxDisjuncts = 32;

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

Predicate::Predicate(System &system, TiledAttention attend)
    : system(system), attend(attend), region(attend.getWhere()) {
  addPositions();
}

Affine Predicate::sizeOf(Value tensor, unsigned axis) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(axis))
    return type.getDimSize(axis);
  return system.symbol({Symbol::Source::Size, tensor, axis, 0, INT32_MAX});
}

/// A scalar of the function as a form; opaque if need be.
Affine Predicate::uniform(Value value) {
  Cases cases = integer(value);
  if (cases.size() == 1 && cases[0].guard.empty() && cases[0].value)
    return *cases[0].value;
  return *asSymbol(value);
}

void Predicate::addPositions() {
  constexpr int64_t limit = int64_t(1) << 30; // of positions, by definition of the dialect
  using Source = Symbol::Source;
  Value queryOffset = attend.getRowPosition(), keyOffset = attend.getColumnPosition();
  Value rows = attend.getRowTensor(), columns = attend.getColumnTensor();
  int64_t low = queryOffset ? -limit : 0;
  Affine first = system.symbol({Source::First, {}, 0, low, limit - 1});
  Affine last = system.symbol({Source::Last, {}, 0, low, limit - 1});
  Affine offset = queryOffset ? uniform(queryOffset) : Affine();
  keyCount = sizeOf(columns, 2);

  system.context.push_back(system.atLeast(last, first));
  if (queryOffset)
    system.context.push_back(system.atLeast(first, offset));
  system.queryRange = {system.atLeast(system.query(), first), system.atLeast(last, system.query())};
  system.keyRange = {system.atLeast(system.key(), 0),
                     system.atLeast(keyCount, system.add(system.key(), 1))};
  // The number of queries matters only to a predicate that speaks of it; every
  // symbol makes every question harder.
  bool mentionsQueries = llvm::any_of(rows.getUsers(), [&](Operation *user) {
    auto dim = dyn_cast<tensor::DimOp>(user);
    return dim && dim.getConstantIndex() == 2;
  });
  if (mentionsQueries || rows == columns) {
    Affine pastLast = system.add(sizeOf(rows, 2), offset);
    system.context.push_back(system.atLeast(pastLast, system.add(last, 1)));
  }

  auto bind = [&](unsigned argument, llvm::function_ref<std::optional<Affine>()> value) {
    if (argument < region.getNumArguments() && !region.getArgument(argument).use_empty())
      integers[region.getArgument(argument)] = {Case{{}, value()}};
  };
  bind(0, [&] { return system.symbol({Source::Batch, {}, 0, 0, INT32_MAX}); });
  bind(1, [&] { return system.symbol({Source::Head, {}, 0, 0, INT32_MAX}); });
  bind(2, [&] { return system.query(); });
  bind(3, [&]() -> std::optional<Affine> {
    if (!keyOffset)
      return system.key();
    if (!keyOffset.getType().isInteger()) {
      obstacle = {attend,
                  ("positions of the " + attend.getColumnName() + " come from a table").str()};
      return std::nullopt;
    }
    return system.add(system.key(), uniform(keyOffset));
  });
  auto slot = [&](const Affine &number) -> std::optional<Affine> {
    if (!attend.isRagged())
      return number;
    obstacle = {attend, "the slots of a sequence follow from offsets"};
    return std::nullopt;
  };
  bind(4, [&] { return slot(system.subtract(system.query(), offset)); });
  bind(5, [&] { return slot(system.key()); });
}

bool Predicate::isInvariant(Value value) {
  if (!region.isAncestor(value.getParentRegion()))
    return true;
  if (auto argument = dyn_cast<BlockArgument>(value))
    return argument.getParentRegion() == &region && argument.getArgNumber() < 2;
  if (auto known = invariants.find(value); known != invariants.end())
    return known->second;
  Operation *op = value.getDefiningOp();
  // What stands under an scf.if may be legal only there.
  bool always = op->getParentRegion() == &region || isSpeculatable(op);
  bool invariant = always && op->getNumRegions() == 0 && (isScalarCode(op) || isa<LoadOp>(op)) &&
                   llvm::all_of(op->getOperands(), [&](Value each) { return isInvariant(each); });
  return invariants[value] = invariant;
}

std::optional<Affine> Predicate::asSymbol(Value value) {
  auto type = dyn_cast<IntegerType>(value.getType());
  if (!type || type.getWidth() > 32 || !isInvariant(value))
    return std::nullopt;
  bool flag = type.getWidth() == 1;
  int64_t half = int64_t(1) << (type.getWidth() - 1);
  return system.symbol({Symbol::Source::Scalar, value, 0, flag ? 0 : -half, flag ? 1 : half - 1});
}

//===----------------------------------------------------------------------===//
// Sets
//===----------------------------------------------------------------------===//

static const Disjunction anywhere = {{}};

/// Leaves out what asks for more than another one does.
static void absorb(Disjunction &set) {
  auto asksFor = [](const Conjunction &all, const Conjunction &some) {
    return llvm::all_of(some,
                        [&](const Constraint &each) { return llvm::is_contained(all, each); });
  };
  for (size_t index = set.size(); index-- > 0;)
    for (size_t other = 0; other < set.size(); ++other)
      if (other != index && asksFor(set[index], set[other])) {
        set.erase(set.begin() + index);
        break;
      }
}

Disjunction Predicate::conjoin(const Disjunction &a, const Disjunction &b) {
  if (a == anywhere || b == anywhere)
    return a == anywhere ? b : a;
  Disjunction result;
  for (const Conjunction &x : a)
    for (const Conjunction &y : b) {
      Conjunction joined = x;
      for (const Constraint &constraint : y)
        if (!llvm::is_contained(joined, constraint))
          joined.push_back(constraint);
      if (system.isEmptyInTile(joined))
        continue;
      result.push_back(std::move(joined));
      if (result.size() > maxDisjuncts)
        return tooMany();
    }
  absorb(result);
  return result;
}

Disjunction Predicate::unite(const Disjunction &a, const Disjunction &b) {
  Disjunction result = a;
  result.insert(result.end(), b.begin(), b.end());
  absorb(result);
  return result.size() > maxDisjuncts ? tooMany() : result;
}

Truth Predicate::both(const Truth &a, const Truth &b) {
  return {conjoin(a.yes, b.yes), unite(a.no, b.no)};
}

Truth Predicate::either(const Truth &a, const Truth &b) {
  return {unite(a.yes, b.yes), conjoin(a.no, b.no)};
}

Truth Predicate::differ(const Truth &a, const Truth &b) {
  return {unite(conjoin(a.yes, b.no), conjoin(a.no, b.yes)),
          unite(conjoin(a.yes, b.yes), conjoin(a.no, b.no))};
}

Truth Predicate::anything(Operation *op) {
  hinder(op);
  return {anywhere, anywhere};
}

Disjunction Predicate::tooMany() {
  if (!obstacle)
    obstacle = {attend, "the predicate splits into too many cases"};
  return anywhere;
}

/// What the op computes is not known.
void Predicate::hinder(Operation *op) {
  if (!obstacle)
    obstacle = describeObstacle(op);
}

//===----------------------------------------------------------------------===//
// Booleans
//===----------------------------------------------------------------------===//

Truth Predicate::evaluate() { return boolean(region.front().getTerminator()->getOperand(0)); }

Truth Predicate::boolean(Value value) {
  if (auto known = booleans.find(value); known != booleans.end())
    return known->second;
  std::optional<Obstacle> before = obstacle;
  auto result = dyn_cast<OpResult>(value);
  Truth truth = result ? fromFlagOp(result) : Truth{anywhere, anywhere}; // a flag of the function
  bool knowsNothing = truth.yes == anywhere && truth.no == anywhere;
  if (std::optional<Affine> flag = knowsNothing ? asSymbol(value) : std::nullopt) {
    obstacle = std::move(before);
    truth = {{{system.atLeast(*flag, 1)}}, {{system.atLeast(0, *flag)}}};
  }
  return booleans[value] = truth;
}

Truth Predicate::fromFlagOp(OpResult result) {
  Operation *op = result.getDefiningOp();
  APInt constant;
  if (matchPattern(result, m_ConstantInt(&constant)))
    return constant.isZero() ? Truth{{}, anywhere} : Truth{anywhere, {}};
  if (auto comparison = dyn_cast<arith::CmpIOp>(op))
    return compare(comparison);
  if (isa<arith::AndIOp>(op))
    return both(boolean(op->getOperand(0)), boolean(op->getOperand(1)));
  if (isa<arith::OrIOp>(op))
    return either(boolean(op->getOperand(0)), boolean(op->getOperand(1)));
  if (isa<arith::XOrIOp>(op))
    return differ(boolean(op->getOperand(0)), boolean(op->getOperand(1)));
  auto choice = [&](Value condition, Value yes, Value no) {
    Truth c = boolean(condition), y = boolean(yes), n = boolean(no);
    return Truth{unite(conjoin(c.yes, y.yes), conjoin(c.no, n.yes)),
                 unite(conjoin(c.yes, y.no), conjoin(c.no, n.no))};
  };
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return choice(select.getCondition(), select.getTrueValue(), select.getFalseValue());
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return choice(branch.getCondition(), branch.thenYield().getOperand(result.getResultNumber()),
                  branch.elseYield().getOperand(result.getResultNumber()));
  return anything(op);
}

Truth Predicate::compare(arith::CmpIOp op) {
  using Kind = arith::CmpIPredicate;
  if (op.getLhs().getType().isInteger(1)) {
    Truth different = differ(boolean(op.getLhs()), boolean(op.getRhs()));
    if (op.getPredicate() == Kind::ne)
      return different;
    if (op.getPredicate() == Kind::eq)
      return {different.no, different.yes};
    return anything(op);
  }
  Cases a = integer(op.getLhs()), b = integer(op.getRhs());
  return compareCases(op, op.getPredicate(), a, b);
}

Truth Predicate::compareCases(Operation *op, arith::CmpIPredicate predicate, const Cases &a,
                              const Cases &b) {
  Truth result;
  for (const Case &x : a)
    for (const Case &y : b) {
      Disjunction guard = conjoin({x.guard}, {y.guard});
      Truth truth = x.value && y.value ? compareForms(predicate, *x.value, *y.value) : anything(op);
      result.yes = unite(result.yes, conjoin(guard, truth.yes));
      result.no = unite(result.no, conjoin(guard, truth.no));
    }
  return result;
}

Truth Predicate::compareForms(arith::CmpIPredicate predicate, const Affine &a, const Affine &b) {
  using Kind = arith::CmpIPredicate;
  auto atLeast = [&](const Affine &x, const Affine &y) {
    return Disjunction{{system.atLeast(x, y)}};
  };
  auto lessThan = [&](const Affine &x, const Affine &y) {
    return Disjunction{{system.atLeast(y, system.add(x, Affine(1)))}};
  };
  // Unsigned: a negative number is larger than any other.
  auto below = [&](const Affine &x, const Affine &y) {
    Disjunction sameSign =
        unite(conjoin(atLeast(x, 0), atLeast(y, 0)), conjoin(lessThan(x, 0), lessThan(y, 0)));
    return unite(conjoin(sameSign, lessThan(x, y)), conjoin(atLeast(x, 0), lessThan(y, 0)));
  };
  auto notBelow = [&](const Affine &x, const Affine &y) {
    Disjunction sameSign =
        unite(conjoin(atLeast(x, 0), atLeast(y, 0)), conjoin(lessThan(x, 0), lessThan(y, 0)));
    return unite(conjoin(sameSign, atLeast(x, y)), conjoin(lessThan(x, 0), atLeast(y, 0)));
  };
  switch (predicate) {
  case Kind::eq:
    return {{{system.equal(a, b)}}, unite(lessThan(a, b), lessThan(b, a))};
  case Kind::ne:
    return {unite(lessThan(a, b), lessThan(b, a)), {{system.equal(a, b)}}};
  case Kind::slt:
    return {lessThan(a, b), atLeast(a, b)};
  case Kind::sle:
    return {atLeast(b, a), lessThan(b, a)};
  case Kind::sgt:
    return {lessThan(b, a), atLeast(b, a)};
  case Kind::sge:
    return {atLeast(a, b), lessThan(a, b)};
  case Kind::ult:
    return {below(a, b), notBelow(a, b)};
  case Kind::ule:
    return {notBelow(b, a), below(b, a)};
  case Kind::ugt:
    return {below(b, a), notBelow(b, a)};
  case Kind::uge:
    return {notBelow(a, b), below(a, b)};
  }
  llvm_unreachable("all predicates are handled");
}

} // namespace lacuna::attn::intervals
