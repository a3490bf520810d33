//===- System.h - Integer constraints on keys, queries and scalars ----------===//
//
// Affine forms over named variables, conjunctions of them, and the questions the
// derivation asks: has a conjunction no solution, is one set inside another (both
// answered by MLIR's Presburger library), and what follows for the key alone.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_INTERVALS_SYSTEM_H
#define DIALECTS_ATTN_TRANSFORMS_INTERVALS_SYSTEM_H

#include "mlir/Analysis/Presburger/IntegerRelation.h"
#include "mlir/IR/Value.h"

#include <cstdint>
#include <vector>

namespace lacuna::attn::intervals {

/// Number of a variable of a System.
using Variable = unsigned;

/// Sum of coefficient * variable, plus a constant; exact integers.
struct Affine {
  llvm::SmallVector<std::pair<Variable, int64_t>, 4> terms; ///< by variable, none is 0
  int64_t constant = 0;

  Affine() = default;
  Affine(int64_t constant) : constant(constant) {}
  bool isConstant() const { return terms.empty(); }
  /// Of a variable; 0 if it is absent.
  int64_t coefficientOf(Variable variable) const;
  bool operator==(const Affine &) const = default;
};

/// What the form must satisfy.
struct Constraint {
  Affine form;
  bool isEquality = false; ///< form == 0, else form >= 0

  bool operator==(const Constraint &) const = default;
};
using Conjunction = std::vector<Constraint>;
using Disjunction = std::vector<Conjunction>; ///< empty: never true

/// A scalar that is the same for all elements of a tile.
struct Symbol {
  enum class Source { Batch, Head, First, Last, Size, Scalar };
  Source source;
  mlir::Value value;         ///< of Size: the tensor; of Scalar: an integer up to 32 bits
  unsigned axis = 0;         ///< of Size
  int64_t low = 0, high = 0; ///< every value lies between, inclusive

  bool isSame(const Symbol &other) const {
    return source == other.source && value == other.value && axis == other.axis;
  }
};

/// What constraints on a key and some query imply for the key and the symbols.
struct Projection {
  std::vector<Affine> rows; ///< each at least 0
  /// Whether every key that satisfies the rows is one of some query.
  bool isExact = true;
};

/// Variables and what is known about them.
class System {
public:
  System();

  static constexpr Variable keyVariable = 0;
  static constexpr Variable queryVariable = 1;
  Affine key() const { return variable(keyVariable); }     ///< the slot of a key
  Affine query() const { return variable(queryVariable); } ///< the position of a query
  /// The symbol, new or known. The context learns that it is not negative, or a
  /// flag, from its bounds.
  Affine symbol(const Symbol &symbol);
  /// floor(dividend / divisor); the divisor is positive.
  Affine floorDiv(const Affine &dividend, int64_t divisor);

  Affine add(const Affine &a, const Affine &b);
  Affine subtract(const Affine &a, const Affine &b) { return add(a, scale(b, -1)); }
  Affine scale(const Affine &a, int64_t factor);
  /// Whether a number outgrew 64 bits: nothing derived so far may be used.
  bool hasOverflowed() const { return overflowed; }

  /// a >= b, a == b
  Constraint atLeast(const Affine &a, const Affine &b) { return {subtract(a, b), false}; }
  Constraint equal(const Affine &a, const Affine &b) { return {subtract(a, b), true}; }

  /// What always holds of the symbols.
  Conjunction context;
  /// What holds besides of a query of the tile, and of a key.
  Conjunction queryRange, keyRange;

  /// Whether no real numbers satisfy the constraints and the context; false does
  /// not mean that integers do, nor that the question was not one too many.
  bool isEmpty(const Conjunction &constraints) const;
  /// The same for a key and a query of the tile.
  bool isEmptyInTile(const Conjunction &constraints) const;
  /// Whether every integer solution of `part` over the symbols solves one of
  /// `whole`.
  bool isSubset(const Disjunction &part, const Disjunction &whole) const;
  /// The keys that satisfy the constraints with some query of the tile. No rows,
  /// and not exact, if there would be too many.
  Projection eliminateQuery(const Conjunction &constraints);

  bool isSymbol(Variable variable) const { return variables[variable].kind == Kind::Symbol; }
  const Symbol &symbolOf(Variable variable) const { return variables[variable].symbol; }
  /// Of a variable that floorDiv made.
  const Affine &dividendOf(Variable variable) const { return variables[variable].dividend; }
  int64_t divisorOf(Variable variable) const { return variables[variable].divisor; }

private:
  enum class Kind { Key, Query, Symbol, Quotient };
  struct Info {
    Kind kind;
    Symbol symbol = {};
    Affine dividend = {};
    int64_t divisor = 1;
    bool uniform = false; ///< the same for all elements of a tile
  };

  static Affine variable(Variable number);
  Affine quotientOf(const Affine &dividend, int64_t divisor);
  bool isUniform(const Affine &form) const;
  void collect(const Affine &form, llvm::SmallVectorImpl<bool> &used) const;
  llvm::SmallVector<bool> variablesOf(llvm::ArrayRef<const Conjunction *> parts) const;
  mlir::presburger::IntegerPolyhedron relationOf(const Conjunction &constraints) const;

  void substitute(std::vector<Affine> &rows, std::vector<Affine> &equalities);
  std::optional<Variable> nextToEliminate(llvm::ArrayRef<Affine> rows) const;
  bool eliminate(Variable variable, std::vector<Affine> &rows);
  void addRow(std::vector<Affine> &rows, Affine row);

  std::vector<Info> variables;
  mutable unsigned questions = 0; ///< asked so far
  bool overflowed = false;
};

} // namespace lacuna::attn::intervals

#endif // DIALECTS_ATTN_TRANSFORMS_INTERVALS_SYSTEM_H
