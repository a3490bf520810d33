//===- Evaluator.h - A predicate over a box, by abstract interpretation -----===//
//
// The question. A predicate says of one query and one key whether the key is
// seen. A kernel works on boxes: queries i_first..i_last times keys
// j_first..j_last. Two bits decide what it has to do there: *may see* (some
// element may be true) and *may hide* (some may be false). Without the first a
// tile is skipped, without the second it needs no mask. Both bits are computed
// from the corners of the box, never from its elements, by running the predicate
// on sets instead of numbers. This is that run; it emits code, because the
// corners, the scalars and the tables are known only later.
//
// An example. `j <= i` over a box: some element is true if the smallest j is at
// most the greatest i, some is false if the greatest j exceeds the smallest i:
//
//     may_see  = j_first <= i_last            causal needs these two
//     may_hide = i_first <  j_last            comparisons and nothing else
//
// Why ranges alone do not do. Evaluating `i - j` to [i_first - j_last, i_last -
// j_first] and going on from there is sound, but forgets where the number came
// from: `i - j >= 0 and i - j < w` becomes two questions about one range, `(i +
// 5) - i` becomes a range around 5, and two reads of one label may differ. So
// four things are kept symbolic until a question is asked, and a range is only
// the last step:
//
// 1. *Forms* (Symbols.h). Every integer is a sum of atoms with constant factors;
//    what is equal cancels. A comparison is `form <= 0`, and its two sides are
//    the parts with positive and with negative factors:
//
//        some element has  i - j - w <= 0     iff     i_first <= j_last + w
//
//    Scalars are atoms like any other; their range is one number.
//
// 2. *Facts*. Elements that satisfy `A and B` satisfy the sum of both: from
//    `a <= 0` and `b <= 0` follows `a + b <= 0`. So when B is asked, every fact
//    that shares an atom with it with the opposite sign is added to it, both as
//    often as it takes for the atom to go, and asked too. With a = j - i, b = i - j - w
//    this asks 0 <= w; with a = j - i, b = n - j it asks whether the box reaches
//    i >= n. It is Fourier's elimination, one step deep. `or` is the dual: to
//    hide, all of its parts have to hide together.
//
// 3. *Cases*. A minimum, a maximum or a choice inside of a comparison is two
//    comparisons, each with the fact that selects it; `x mod m` over a box that
//    wraps once is two ranges, [x_first mod m, m - 1] and [0, x_last mod m]. Which
//    of both cannot differ between the parts of one conjunction.
//
// 4. *Signatures*. Tables answer with extremes and with a set of values mod 64
//    (attn.load_range). Labels that are not sorted have wide extremes; `==` asks
//    the sets as well.
//
// Everything else is the usual: monotone operations map ends to ends, products
// take the extremes of corners, and what is not understood (floats, wrap-around)
// is every number its type can hold. Doubt always ends in "may", on both sides,
// and adding a way to decide only ever adds an `and`: no part can lose a tile that
// another one decides. On a box of one element the ranges are numbers and the
// answer is the predicate's, as far as it is understood.
//
// Why 64 bits suffice. Overflow in a region is an error of the spec, so every i32
// of a legal element fits i32, and sums of a few of them fit i64. Where this is
// not provable from what BoundBuilder knows, a range is given up (i64 labels are
// compared, but not added).
//
// How deep to go is fixed when the code is generated: pairs of facts, two ranges
// per remainder, a budget of conjunctions, after which parts are asked one by one.
// Code that runs per tile on a device cannot grow sets; what this leaves undecided,
// a planner refines by asking about parts of the box.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_EVALUATOR_H
#define DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_EVALUATOR_H

#include "dialects/Attn/Transforms/Classifier/BoundBuilder.h"
#include "dialects/Attn/Transforms/Classifier/Symbols.h"

#include <vector>

namespace lacuna::attn::classifier {

/// Which parts of the analysis are on; intervals of forms always are.
struct Domains {
  bool facts = true, cases = true, signatures = true;
};

/// Emits what a predicate can be over a box of queries and keys.
class Evaluator {
public:
  /// Emits into the block at the builder, which has the arguments of `classify`.
  Evaluator(Symbols &symbols, mlir::ImplicitLocOpBuilder &builder, Domains domains);

  /// i1: may `condition` equal `truth` for some element of the box?
  mlir::Value mayBe(mlir::Value condition, bool truth) { return mayBe(condition, truth, {}); }

private:
  //===--------------------------------------------------------------------===//
  // Ranges (EvaluatorRanges.cpp)
  //===--------------------------------------------------------------------===//

  /// The ranges of an atom: one, or two that its values are in between them.
  using Pieces = llvm::SmallVector<Range, 2>;
  /// Which of its ranges each atom is in; others: in either.
  using Selection = llvm::SmallVector<std::pair<AtomId, unsigned>, 2>;
  struct AtomRange {
    Pieces pieces;
    mlir::Value signature; ///< of a load
    bool evaluated = false;
  };
  const AtomRange &rangeOf(AtomId id);
  Range hullOf(AtomId id, const Selection &selection);
  Range rangeOf(const Form &form, const Selection &selection = {});
  Pieces piecesOf(const Form &form);
  Range everyNumber() { return builder.constants(INT64_MIN, INT64_MAX); }
  Range argument(const Atom &atom);
  Range scalar(const Atom &atom);
  Pieces quotient(const Atom &atom);
  Pieces modulo(const Range &dividend, const Bound &divisor);
  Pieces remainder(const Atom &atom);
  Range product(const Atom &atom);
  Range shift(const Atom &atom);
  Range bits(const Atom &atom);
  Pieces choice(const Atom &atom);
  Range load(const Atom &atom, mlir::Value &signature);
  /// One end of a sum of terms that all have the sign `sign`; nothing if it might
  /// overflow. `constant` is added.
  std::optional<Bound> side(const Form &form, int sign, bool low, int64_t constant,
                            const Selection &selection);

  //===--------------------------------------------------------------------===//
  // Truths (EvaluatorTruths.cpp)
  //===--------------------------------------------------------------------===//

  /// What is asked under: facts that hold, and the case that is looked at.
  struct Context {
    llvm::SmallVector<Form, 4> facts; ///< each at most 0
    Selection selection;
  };
  /// A condition to be met: a relation, or a boolean that equals a truth.
  struct Literal {
    Literal(Relation relation) : relation(std::move(relation)) {}
    Literal(mlir::Value condition, bool truth) : condition(condition), truth(truth) {}
    std::optional<Relation> relation;
    mlir::Value condition;
    bool truth = true;
  };
  using Conjunction = std::vector<Literal>;
  using Alternatives = std::vector<Conjunction>;

  mlir::Value mayBe(mlir::Value condition, bool truth, const Context &context);
  mlir::Value mayMeetAll(llvm::ArrayRef<Literal> literals, Context context);
  /// Each literal by itself: every condition is asked once, whatever its parts share.
  mlir::Value mayMeetEach(llvm::ArrayRef<Literal> literals);
  mlir::Value mayMeetOne(const Alternatives &alternatives, const Context &context);
  /// Splits a literal into a conjunction, if it is one.
  bool splitBoth(const Literal &literal, Conjunction &parts);
  /// What a literal is the union of; empty if it is plain.
  Alternatives splitEither(const Literal &literal);
  Alternatives choose(mlir::Value condition, const Literal &yes, const Literal &no);
  std::optional<AtomId> sharedCase(llvm::ArrayRef<Relation> relations, const Context &context);
  mlir::Value mayHold(const Relation &relation, const Context &context);
  mlir::Value mayHoldAlone(const Relation &relation, const Selection &selection);
  mlir::Value mayBeAtMostZero(const Form &form, const Selection &selection);
  mlir::Value mayShareLabels(const Form &form, const Selection &selection);

  Symbols &symbols;
  mlir::ImplicitLocOpBuilder &code;
  BoundBuilder builder;
  Domains domains;
  std::vector<AtomRange> ranges;
  llvm::DenseMap<mlir::Value, mlir::Value> alone[2]; ///< of mayMeetEach, by truth
  unsigned work = 0;                                 ///< conjunctions asked together
};

} // namespace lacuna::attn::classifier

#endif // DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_EVALUATOR_H
