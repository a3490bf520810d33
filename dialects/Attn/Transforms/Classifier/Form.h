//===- Form.h - Integers as sums of atoms -----------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_FORM_H
#define DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_FORM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace lacuna::attn::classifier {

/// Number of an integer that is not a sum of others (Symbols.h has the list).
using AtomId = unsigned;

/// constant + sum of factor * atom: one integer of a region, written so that what
/// cancels is gone.
class Form {
public:
  struct Term {
    AtomId atom;
    int64_t factor; ///< not 0
    bool operator==(const Term &) const = default;
  };

  Form(int64_t constant = 0) : offset(constant) {}
  static Form of(AtomId atom);

  /// By rising atom.
  llvm::ArrayRef<Term> terms() const { return sum; }
  int64_t constant() const { return offset; }
  bool isConstant() const { return sum.empty(); }
  /// The factor of an atom; 0 if it does not occur.
  int64_t factorOf(AtomId atom) const;
  /// Whether this is a plain atom.
  bool isAtom() const { return sum.size() == 1 && sum[0].factor == 1 && offset == 0; }

  /// this + factor * other. Sums of a few small forms, and products of one with a
  /// small factor, fit 64 bits.
  Form plus(const Form &other, int64_t factor = 1) const;
  Form times(int64_t factor) const { return Form().plus(*this, factor); }
  /// This form with an atom replaced by a form.
  Form with(AtomId atom, const Form &replacement) const;
  /// Whether every number in it is below 2^40.
  bool isSmall() const;
  /// Greatest common divisor of the factors; 0 without any.
  int64_t divisor() const;

  bool operator==(const Form &) const = default;

private:
  llvm::SmallVector<Term, 3> sum;
  int64_t offset = 0;
};

/// this - other and the like.
inline Form operator-(const Form &a, const Form &b) { return a.plus(b, -1); }
inline Form operator+(const Form &a, const Form &b) { return a.plus(b); }
inline Form operator-(const Form &a) { return a.times(-1); }

} // namespace lacuna::attn::classifier

#endif // DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_FORM_H
