//===- EvaluatorTruths.cpp - Booleans over a box ----------------------------===//
//
// A question is a list of literals that one element has to meet all. Literals
// split until only relations between integers are left: into more literals of the
// same list (`and`), or into alternatives that are asked one by one (`or`).
// Negation is a truth that literals carry along.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/Transforms/Classifier/Evaluator.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <numeric>

using namespace mlir;

namespace lacuna::attn::classifier {

using Kind = Atom::Kind;

/// Conjunctions whose parts are asked together; beyond them each is asked alone.
static constexpr unsigned maxWork = 128;
/// Facts that one relation is added to.
static constexpr unsigned maxFacts = 6;
/// Remainders whose two ranges are told apart in one conjunction.
static constexpr unsigned maxCases = 2;

//===----------------------------------------------------------------------===//
// Splitting
//===----------------------------------------------------------------------===//

bool Evaluator::splitBoth(const Literal &literal, Conjunction &parts) {
  auto conditions = [&](Operation *op) {
    for (Value operand : op->getOperands())
      parts.push_back({operand, literal.truth});
    return true;
  };
  if (literal.relation) {
    // A maximum is at most 0 when both of its operands are.
    const Form &form = literal.relation->form;
    for (const Form::Term &term : form.terms()) {
      const Atom atom = symbols.atom(term.atom);
      if (!literal.relation->equal &&
          atom.kind == (term.factor > 0 ? Kind::Maximum : Kind::Minimum)) {
        for (const Form &operand : atom.operands)
          parts.push_back(Relation{form.with(term.atom, operand)});
        return true;
      }
    }
    return false;
  }
  Operation *op = literal.condition.getDefiningOp();
  if (auto compare = dyn_cast_or_null<arith::CmpIOp>(op)) {
    std::optional<Comparison> comparison = symbols.comparisonOf(compare);
    if (!comparison || comparison->when(literal.truth).size() != 1)
      return false;
    llvm::append_range(parts, comparison->when(literal.truth).front());
    return true;
  }
  if (isa_and_nonnull<arith::AndIOp>(op))
    return literal.truth && conditions(op);
  if (isa_and_nonnull<arith::OrIOp>(op))
    return !literal.truth && conditions(op);
  if (isa_and_nonnull<arith::XOrIOp>(op)) {
    if (!matchPattern(op->getOperand(1), m_One()))
      return false;
    parts.push_back({op->getOperand(0), !literal.truth});
    return true;
  }
  if (isa_and_nonnull<arith::SelectOp, scf::IfOp>(op))
    return false;
  // What is left is a number, 0 or 1.
  Form number = symbols.formOf(literal.condition);
  parts.push_back(Relation{literal.truth ? Form(1) - number : number});
  return true;
}

Evaluator::Alternatives Evaluator::choose(Value condition, const Literal &yes, const Literal &no) {
  return {{Literal(condition, true), yes}, {Literal(condition, false), no}};
}

Evaluator::Alternatives Evaluator::splitEither(const Literal &literal) {
  auto oneOf = [](const Literal &a, const Literal &b) { return Alternatives{{a}, {b}}; };
  auto is = [](Value condition, bool truth) { return Literal(condition, truth); };
  if (literal.relation) {
    const Form &form = literal.relation->form;
    bool equal = literal.relation->equal;
    for (const Form::Term &term : form.terms()) {
      const Atom atom = symbols.atom(term.atom);
      auto with = [&](unsigned operand) {
        return Literal(Relation{form.with(term.atom, atom.operands[operand]), equal});
      };
      if (atom.kind == Kind::Choice)
        return choose(atom.value, with(0), with(1));
      if (!equal && atom.kind == (term.factor > 0 ? Kind::Minimum : Kind::Maximum))
        return oneOf(with(0), with(1));
    }
    return {};
  }
  Operation *op = literal.condition.getDefiningOp();
  auto sameOrNot = [&](Value a, Value b, bool differ) {
    return Alternatives{{is(a, true), is(b, !differ)}, {is(a, false), is(b, differ)}};
  };
  if (auto compare = dyn_cast_or_null<arith::CmpIOp>(op)) {
    using Predicate = arith::CmpIPredicate;
    std::optional<Comparison> comparison = symbols.comparisonOf(compare);
    if (!comparison) {
      bool equality =
          compare.getLhs().getType().isInteger(1) &&
          (compare.getPredicate() == Predicate::eq || compare.getPredicate() == Predicate::ne);
      bool differ = (compare.getPredicate() == Predicate::ne) == literal.truth;
      return equality ? sameOrNot(compare.getLhs(), compare.getRhs(), differ) : Alternatives{};
    }
    Alternatives result;
    for (const Relations &relations : comparison->when(literal.truth))
      result.emplace_back(relations.begin(), relations.end());
    return result;
  }
  if (isa_and_nonnull<arith::AndIOp, arith::OrIOp>(op))
    return oneOf(is(op->getOperand(0), literal.truth), is(op->getOperand(1), literal.truth));
  if (isa_and_nonnull<arith::XOrIOp>(op))
    return sameOrNot(op->getOperand(0), op->getOperand(1), literal.truth);
  if (auto select = dyn_cast_or_null<arith::SelectOp>(op))
    return choose(select.getCondition(), is(select.getTrueValue(), literal.truth),
                  is(select.getFalseValue(), literal.truth));
  if (auto branch = dyn_cast_or_null<scf::IfOp>(op)) {
    unsigned number = cast<OpResult>(literal.condition).getResultNumber();
    return choose(branch.getCondition(), is(branch.thenYield().getOperand(number), literal.truth),
                  is(branch.elseYield().getOperand(number), literal.truth));
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Conjunctions
//===----------------------------------------------------------------------===//

Value Evaluator::mayBe(Value condition, bool truth, const Context &context) {
  return mayMeetAll({Literal(condition, truth)}, context);
}

Value Evaluator::mayMeetOne(const Alternatives &alternatives, const Context &context) {
  Value any = builder.truth(false);
  for (const Conjunction &literals : alternatives)
    any = builder.either(any, mayMeetAll(literals, context));
  return any;
}

Value Evaluator::mayMeetEach(ArrayRef<Literal> literals) {
  Value all = builder.truth(true);
  for (const Literal &literal : literals) {
    if (literal.relation) {
      all = builder.both(all, mayHoldAlone(*literal.relation, {}));
      continue;
    }
    if (!alone[literal.truth].contains(literal.condition)) {
      Conjunction parts;
      Value may = builder.truth(true);
      if (splitBoth(literal, parts)) {
        may = mayMeetEach(parts);
      } else if (Alternatives either = splitEither(literal); !either.empty()) {
        may = builder.truth(false);
        for (const Conjunction &each : either)
          may = builder.either(may, mayMeetEach(each));
      }
      alone[literal.truth][literal.condition] = may;
    }
    all = builder.both(all, alone[literal.truth][literal.condition]);
  }
  return all;
}

/// An atom in two ranges that more than one of the relations speak of.
std::optional<AtomId> Evaluator::sharedCase(ArrayRef<Relation> relations, const Context &context) {
  llvm::DenseMap<AtomId, unsigned> uses;
  for (const Relation &relation : relations)
    for (const Form::Term &term : relation.form.terms())
      if (rangeOf(term.atom).pieces.size() == 2 && ++uses[term.atom] == 2 &&
          llvm::none_of(context.selection, [&](auto &each) { return each.first == term.atom; }))
        return term.atom;
  return std::nullopt;
}

Value Evaluator::mayMeetAll(ArrayRef<Literal> literals, Context context) {
  if (++work > maxWork)
    return mayMeetEach(literals);
  Conjunction open(literals.rbegin(), literals.rend());
  std::vector<Relation> relations;
  std::vector<Alternatives> alternatives;
  while (!open.empty()) {
    Literal literal = std::move(open.back());
    open.pop_back();
    Conjunction parts;
    if (splitBoth(literal, parts)) {
      open.insert(open.end(), parts.rbegin(), parts.rend());
    } else if (Alternatives either = splitEither(literal); !either.empty()) {
      alternatives.push_back(std::move(either));
    } else if (literal.relation) {
      relations.push_back(*literal.relation);
    } // else: nothing is known of the condition
  }
  if (domains.cases && context.selection.size() < maxCases)
    if (std::optional<AtomId> shared = sharedCase(relations, context)) {
      Value any = builder.truth(false);
      for (unsigned piece : {0, 1}) {
        Context inPiece = context;
        inPiece.selection.push_back({*shared, piece});
        any = builder.either(any, mayMeetAll(literals, inPiece));
      }
      return any;
    }
  Value all = builder.truth(true);
  for (const Relation &relation : relations) {
    all = builder.both(all, mayHold(relation, context));
    context.facts.push_back(relation.form);
    if (relation.equal)
      context.facts.push_back(-relation.form);
  }
  for (const Alternatives &either : alternatives)
    all = builder.both(all, mayMeetOne(either, context));
  return all;
}

//===----------------------------------------------------------------------===//
// Relations
//===----------------------------------------------------------------------===//

/// A sum of both, each as often as it takes for an atom to go; nothing where all
/// that both have has the same sign.
static std::optional<Form> withoutAtom(const Form &a, const Form &b) {
  constexpr int64_t most = 64; // forms stay small
  std::optional<Form> sum;
  for (const Form::Term &term : a.terms()) {
    int64_t other = b.factorOf(term.atom);
    if (other == 0 || (other < 0) == (term.factor < 0))
      continue;
    int64_t common = std::gcd(other, term.factor);
    int64_t ofA = std::abs(other) / common, ofB = std::abs(term.factor) / common;
    if (ofA == 1 && ofB == 1)
      return a + b;
    if (!sum && std::max(ofA, ofB) <= most)
      sum = a.times(ofA).plus(b, ofB);
  }
  return sum;
}

Value Evaluator::mayHold(const Relation &relation, const Context &context) {
  Value may = mayHoldAlone(relation, context.selection);
  unsigned asked = 0;
  if (!domains.facts)
    return may;
  for (const Form &fact : context.facts)
    for (int64_t sign : {1, -1}) {
      if (sign < 0 && !relation.equal)
        continue;
      std::optional<Form> sum = withoutAtom(relation.form.times(sign), fact);
      if (sum && ++asked <= maxFacts)
        may = builder.both(may, mayBeAtMostZero(*sum, context.selection));
    }
  return may;
}

Value Evaluator::mayHoldAlone(const Relation &relation, const Selection &selection) {
  const Form &form = relation.form;
  if (form.isConstant())
    return builder.truth(relation.equal ? form.constant() == 0 : form.constant() <= 0);
  if (relation.equal && form.constant() % form.divisor())
    return builder.truth(false);
  // An atom in two ranges: in either of them.
  if (domains.cases && selection.size() < maxCases)
    for (const Form::Term &term : form.terms())
      if (rangeOf(term.atom).pieces.size() == 2 &&
          llvm::none_of(selection, [&](auto &each) { return each.first == term.atom; })) {
        Selection one = selection, other = selection;
        one.push_back({term.atom, 0});
        other.push_back({term.atom, 1});
        return builder.either(mayHoldAlone(relation, one), mayHoldAlone(relation, other));
      }
  Value may = mayBeAtMostZero(form, selection);
  if (!relation.equal)
    return may;
  may = builder.both(may, mayBeAtMostZero(-form, selection));
  return domains.signatures ? builder.both(may, mayShareLabels(form, selection)) : may;
}

/// The least value of the form is at most 0: what has negative factors, at its
/// greatest, is no less than what has positive ones, at its least.
Value Evaluator::mayBeAtMostZero(const Form &form, const Selection &selection) {
  int64_t constant = form.constant();
  bool strict = constant == 1;
  std::optional<Bound> left =
      side(form, 1, /*low=*/true, strict ? 0 : std::max<int64_t>(constant, 0), selection);
  std::optional<Bound> right =
      side(form, -1, /*low=*/false, std::max<int64_t>(-constant, 0), selection);
  if (!left || !right)
    return builder.truth(true);
  return strict ? builder.less(*left, *right) : builder.lessEqual(*left, *right);
}

/// `load == rest`: the values on both sides, as sets.
Value Evaluator::mayShareLabels(const Form &form, const Selection &selection) {
  for (const Form::Term &term : form.terms()) {
    if (std::abs(term.factor) != 1 || symbols.atom(term.atom).kind != Kind::Load)
      continue;
    const Atom label = symbols.atom(term.atom);
    if (label.most == 1) // flags have no sets worth asking
      continue;
    Value signature = rangeOf(term.atom).signature;
    Form rest = Form::of(term.atom) - form.times(term.factor);
    if (rest.isAtom() && symbols.atom(rest.terms()[0].atom).kind == Kind::Load)
      return builder.mayShare(signature, rangeOf(rest.terms()[0].atom).signature);
    Range others = rangeOf(rest, selection);
    return builder.mayShare(signature, builder.signatureOf(others));
  }
  return builder.truth(true);
}

} // namespace lacuna::attn::classifier
