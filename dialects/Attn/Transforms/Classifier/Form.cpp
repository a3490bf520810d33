//===- Form.cpp - Integers as sums of atoms ---------------------------------===//
#include "dialects/Attn/Transforms/Classifier/Form.h"

#include "llvm/ADT/STLExtras.h"

#include <cstdlib>
#include <numeric>

namespace lacuna::attn::classifier {

Form Form::of(AtomId atom) {
  Form form;
  form.sum.push_back({atom, 1});
  return form;
}

int64_t Form::factorOf(AtomId atom) const {
  for (const Term &term : sum)
    if (term.atom == atom)
      return term.factor;
  return 0;
}

Form Form::plus(const Form &other, int64_t factor) const {
  Form result(offset + factor * other.offset);
  auto a = sum.begin(), b = other.sum.begin();
  auto append = [&](AtomId atom, int64_t value) {
    if (value)
      result.sum.push_back({atom, value});
  };
  while (a != sum.end() || b != other.sum.end()) {
    if (b == other.sum.end() || (a != sum.end() && a->atom < b->atom)) {
      append(a->atom, a->factor);
      ++a;
    } else if (a == sum.end() || b->atom < a->atom) {
      append(b->atom, factor * b->factor);
      ++b;
    } else {
      append(a->atom, a->factor + factor * b->factor);
      ++a, ++b;
    }
  }
  return result;
}

Form Form::with(AtomId atom, const Form &replacement) const {
  int64_t factor = factorOf(atom);
  return plus(Form::of(atom), -factor).plus(replacement, factor);
}

bool Form::isSmall() const {
  constexpr int64_t limit = int64_t(1) << 40;
  return std::abs(offset) < limit &&
         llvm::all_of(sum, [](const Term &term) { return std::abs(term.factor) < limit; });
}

int64_t Form::divisor() const {
  int64_t result = 0;
  for (const Term &term : sum)
    result = std::gcd(result, term.factor);
  return result;
}

} // namespace lacuna::attn::classifier
