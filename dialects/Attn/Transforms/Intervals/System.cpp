//===- System.cpp - Integer constraints on keys, queries and scalars --------===//
//
// Projection is Fourier-Motzkin elimination with integer tightening, not the
// library's symbolic minimisation: that one is exact in more cases, but its
// cutting planes need not end, and a predicate comes from a user.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/Transforms/Intervals/System.h"

#include "mlir/Analysis/Presburger/PresburgerRelation.h"
#include "mlir/Analysis/Presburger/Simplex.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir::presburger;
using llvm::ArrayRef;
using llvm::DynamicAPInt;
using llvm::SmallVector;
using llvm::SmallVectorImpl;

namespace lacuna::attn::intervals {

/// Elimination can square the number of rows at every step.
static constexpr size_t maxRows = 64;
/// Of one predicate to the solver; further ones are not answered, so that no
/// predicate holds up the compiler.
static constexpr unsigned maxQuestions = 2000;

int64_t Affine::coefficientOf(Variable variable) const {
  for (auto [other, coefficient] : terms)
    if (other == variable)
      return coefficient;
  return 0;
}

System::System() { variables = {{Kind::Key}, {Kind::Query}}; }

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

Affine System::variable(Variable number) {
  Affine form;
  form.terms.push_back({number, 1});
  return form;
}

Affine System::symbol(const Symbol &symbol) {
  for (Variable number = 0; number < variables.size(); ++number)
    if (isSymbol(number) && symbolOf(number).isSame(symbol))
      return variable(number);
  variables.push_back({Kind::Symbol, symbol, {}, 1, /*uniform=*/true});
  Affine form = variable(variables.size() - 1);
  // Far bounds would only burden the solver.
  if (symbol.low == 0)
    context.push_back(atLeast(form, 0));
  if (symbol.high == 1)
    context.push_back(atLeast(1, form));
  return form;
}

Affine System::scale(const Affine &a, int64_t factor) {
  Affine result;
  overflowed |= llvm::MulOverflow(a.constant, factor, result.constant);
  for (auto [variable, coefficient] : a.terms) {
    int64_t product;
    overflowed |= llvm::MulOverflow(coefficient, factor, product);
    if (product)
      result.terms.push_back({variable, product});
  }
  return result;
}

Affine System::add(const Affine &a, const Affine &b) {
  Affine result;
  overflowed |= llvm::AddOverflow(a.constant, b.constant, result.constant);
  auto x = a.terms.begin(), y = b.terms.begin();
  while (x != a.terms.end() || y != b.terms.end()) {
    if (y == b.terms.end() || (x != a.terms.end() && x->first < y->first)) {
      result.terms.push_back(*x++);
    } else if (x == a.terms.end() || y->first < x->first) {
      result.terms.push_back(*y++);
    } else {
      int64_t sum;
      overflowed |= llvm::AddOverflow(x->second, y->second, sum);
      if (sum)
        result.terms.push_back({x->first, sum});
      ++x, ++y;
    }
  }
  return result;
}

Affine System::floorDiv(const Affine &dividend, int64_t divisor) {
  // What the divisor divides leaves the quotient, so that coefficients of the
  // rest are at most half the divisor and equal quotients look alike.
  Affine whole, rest;
  for (auto [variable, coefficient] : dividend.terms) {
    int64_t taken = llvm::divideFloorSigned(2 * coefficient + divisor - 1, 2 * divisor);
    if (taken)
      whole.terms.push_back({variable, taken});
    if (int64_t left = coefficient - taken * divisor)
      rest.terms.push_back({variable, left});
  }
  rest.constant = dividend.constant;
  // floor((-x + c) / d) = -floor((x - c + d - 1) / d)
  int64_t sign = !rest.isConstant() && rest.terms[0].second < 0 ? -1 : 1;
  if (sign < 0)
    rest = add(scale(rest, -1), divisor - 1);
  int64_t common = divisor;
  for (auto [variable, coefficient] : rest.terms)
    common = std::gcd(common, coefficient);
  for (auto &[variable, coefficient] : rest.terms)
    coefficient /= common;
  divisor /= common;
  rest.constant = llvm::divideFloorSigned(rest.constant, common);
  int64_t outside = llvm::divideFloorSigned(rest.constant, divisor);
  rest.constant -= outside * divisor;

  Affine quotient = outside;
  if (!rest.isConstant())
    quotient = add(quotient, quotientOf(rest, divisor));
  return add(whole, scale(quotient, sign));
}

Affine System::quotientOf(const Affine &dividend, int64_t divisor) {
  for (Variable number = 0; number < variables.size(); ++number) {
    const Info &info = variables[number];
    if (info.kind == Kind::Quotient && info.divisor == divisor && info.dividend == dividend)
      return variable(number);
  }
  variables.push_back({Kind::Quotient, {}, dividend, divisor, isUniform(dividend)});
  return variable(variables.size() - 1);
}

bool System::isUniform(const Affine &form) const {
  return llvm::all_of(form.terms, [&](auto term) { return variables[term.first].uniform; });
}

/// Marks the variables of a form and of the quotients in it.
void System::collect(const Affine &form, SmallVectorImpl<bool> &used) const {
  for (auto [variable, coefficient] : form.terms) {
    if (used[variable])
      continue;
    used[variable] = true;
    collect(variables[variable].dividend, used);
  }
}

SmallVector<bool> System::variablesOf(ArrayRef<const Conjunction *> parts) const {
  SmallVector<bool> used(variables.size());
  for (const Conjunction *part : parts)
    for (const Constraint &constraint : *part)
      collect(constraint.form, used);
  return used;
}

//===----------------------------------------------------------------------===//
// Questions to the library
//===----------------------------------------------------------------------===//

/// Symbols are symbols of the relation, all other variables are locals: they
/// exist, and nobody asks for their value.
IntegerPolyhedron System::relationOf(const Conjunction &constraints) const {
  SmallVector<bool> used = variablesOf({&constraints, &context});
  SmallVector<int> columnOf(variables.size(), -1);
  unsigned symbols = 0, locals = 0;
  for (Variable number = 0; number < variables.size(); ++number)
    if (isSymbol(number))
      columnOf[number] = symbols++;
  for (Variable number = 0; number < variables.size(); ++number)
    if (!isSymbol(number) && used[number])
      columnOf[number] = symbols + locals++;

  IntegerPolyhedron relation(PresburgerSpace::getSetSpace(0, symbols, locals));
  auto rowOf = [&](const Affine &form) {
    SmallVector<DynamicAPInt> row(symbols + locals + 1);
    for (auto [variable, coefficient] : form.terms)
      row[columnOf[variable]] = coefficient;
    row.back() = form.constant;
    return row;
  };
  for (const Conjunction *part : {&constraints, &context})
    for (const Constraint &constraint : *part) {
      if (constraint.isEquality)
        relation.addEquality(rowOf(constraint.form));
      else
        relation.addInequality(rowOf(constraint.form));
    }
  for (Variable number = 0; number < variables.size(); ++number) {
    const Info &info = variables[number];
    if (info.kind != Kind::Quotient || !used[number])
      continue;
    // 0 <= dividend - divisor * quotient <= divisor - 1
    SmallVector<DynamicAPInt> rest = rowOf(info.dividend);
    rest[columnOf[number]] -= info.divisor;
    relation.addInequality(rest);
    for (DynamicAPInt &coefficient : rest)
      coefficient = -coefficient;
    rest.back() += info.divisor - 1;
    relation.addInequality(rest);
  }
  return relation;
}

bool System::isEmpty(const Conjunction &constraints) const {
  if (++questions > maxQuestions)
    return false;
  return Simplex(relationOf(constraints)).isEmpty();
}

bool System::isEmptyInTile(const Conjunction &constraints) const {
  Conjunction all = constraints;
  all.insert(all.end(), queryRange.begin(), queryRange.end());
  all.insert(all.end(), keyRange.begin(), keyRange.end());
  return isEmpty(all);
}

bool System::isSubset(const Disjunction &part, const Disjunction &whole) const {
  questions += part.size() * whole.size();
  if (questions > maxQuestions)
    return false;
  unsigned symbols =
      llvm::count_if(variables, [](const Info &info) { return info.kind == Kind::Symbol; });
  PresburgerSet larger = PresburgerSet::getEmpty(PresburgerSpace::getSetSpace(0, symbols));
  for (const Conjunction &conjunction : whole)
    larger.unionInPlace(relationOf(conjunction));
  return llvm::all_of(part, [&](const Conjunction &conjunction) {
    return PresburgerSet(relationOf(conjunction)).subtract(larger).isIntegerEmpty();
  });
}

//===----------------------------------------------------------------------===//
// Elimination
//===----------------------------------------------------------------------===//

/// Adds form >= 0, divided by what its coefficients have in common.
void System::addRow(std::vector<Affine> &rows, Affine row) {
  int64_t common = 0;
  for (auto [variable, coefficient] : row.terms)
    common = std::gcd(common, coefficient);
  if (common > 1) {
    for (auto &[variable, coefficient] : row.terms)
      coefficient /= common;
    row.constant = llvm::divideFloorSigned(row.constant, common);
  }
  bool idle = row.isConstant() && row.constant >= 0;
  if (!idle && !llvm::is_contained(rows, row))
    rows.push_back(std::move(row));
}

/// Uses equalities to replace variables that are not uniform, where one has a
/// unit coefficient; others become pairs of rows.
void System::substitute(std::vector<Affine> &rows, std::vector<Affine> &equalities) {
  while (!equalities.empty()) {
    Affine equality = equalities.back();
    equalities.pop_back();
    auto solvable = llvm::find_if(equality.terms, [&](auto term) {
      return term.first != keyVariable && !variables[term.first].uniform &&
             (term.second == 1 || term.second == -1);
    });
    if (solvable == equality.terms.end()) {
      addRow(rows, equality);
      addRow(rows, scale(equality, -1));
      continue;
    }
    auto [variable, unit] = *solvable;
    auto replace = [&](Affine &form) {
      if (int64_t coefficient = form.coefficientOf(variable))
        form = subtract(form, scale(equality, coefficient * unit));
    };
    llvm::for_each(rows, replace);
    llvm::for_each(equalities, replace);
  }
}

/// The variable whose elimination loses least: all its coefficients units if
/// possible, then the fewest new rows.
std::optional<Variable> System::nextToEliminate(ArrayRef<Affine> rows) const {
  std::optional<Variable> best;
  std::pair<bool, size_t> bestCost;
  for (Variable number = 0; number < variables.size(); ++number) {
    if (number == keyVariable || variables[number].uniform)
      continue;
    size_t below = 0, above = 0;
    bool units = true;
    for (const Affine &row : rows) {
      int64_t coefficient = row.coefficientOf(number);
      below += coefficient > 0;
      above += coefficient < 0;
      units &= coefficient >= -1 && coefficient <= 1;
    }
    std::pair cost(!units, below * above);
    if (below + above && (!best || cost < bestCost)) {
      best = number;
      bestCost = cost;
    }
  }
  return best;
}

/// Fourier-Motzkin: every lower bound of the variable lies below every upper one.
/// A bound that is uniform is rounded to an integer first, which is what makes
/// quotients exact. Whether between the bounds there always is an integer (the
/// "dark shadow" of a*x >= l, b*x <= u is a*u - b*l >= (a - 1) * (b - 1)).
bool System::eliminate(Variable variable, std::vector<Affine> &rows) {
  struct Bound {
    int64_t coefficient; ///< positive
    Affine rest;         ///< coefficient * variable + rest >= 0, or - for upper ones
  };
  std::vector<Bound> lower, upper;
  std::vector<Affine> result;
  bool exact = true;
  auto leavesGaps = [&](const Affine &shadow, int64_t width) {
    Conjunction between;
    for (const Affine &row : rows)
      between.push_back({row});
    between.push_back(atLeast(width - 1, shadow));
    return !isEmpty(between);
  };
  for (Affine row : rows) {
    int64_t coefficient = row.coefficientOf(variable);
    if (!coefficient) {
      addRow(result, std::move(row));
      continue;
    }
    llvm::erase_if(row.terms, [&](auto term) { return term.first == variable; });
    std::vector<Bound> &side = coefficient > 0 ? lower : upper;
    if (isUniform(row))
      side.push_back({1, floorDiv(row, std::abs(coefficient))});
    else
      side.push_back({std::abs(coefficient), std::move(row)});
  }
  for (const Bound &low : lower)
    for (const Bound &high : upper) {
      int64_t a = low.coefficient, b = high.coefficient, common = std::gcd(a, b);
      Affine shadow = add(scale(low.rest, b / common), scale(high.rest, a / common));
      if (a > 1 && b > 1 && exact)
        exact = !leavesGaps(shadow, llvm::divideCeilSigned((a - 1) * (b - 1), common));
      addRow(result, std::move(shadow));
    }
  rows = std::move(result);
  return exact;
}

Projection System::eliminateQuery(const Conjunction &constraints) {
  Projection result;
  std::vector<Affine> &rows = result.rows;
  std::vector<Affine> equalities;
  const Conjunction *parts[] = {&constraints, &queryRange};
  for (const Conjunction *part : parts)
    for (const Constraint &constraint : *part)
      if (constraint.isEquality)
        equalities.push_back(constraint.form);
      else
        addRow(rows, constraint.form);
  SmallVector<bool> used = variablesOf(parts);
  for (Variable number = 0; number < used.size(); ++number) {
    Info info = variables[number];
    if (!used[number] || info.kind != Kind::Quotient || info.uniform)
      continue;
    Affine rest = subtract(info.dividend, scale(variable(number), info.divisor));
    addRow(rows, rest);
    addRow(rows, subtract(info.divisor - 1, rest));
  }
  substitute(rows, equalities);
  while (std::optional<Variable> next = nextToEliminate(rows)) {
    result.isExact &= eliminate(*next, rows);
    if (rows.size() > maxRows || overflowed)
      return {{}, false};
  }
  return result;
}

} // namespace lacuna::attn::intervals
