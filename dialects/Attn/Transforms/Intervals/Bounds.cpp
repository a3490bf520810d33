//===- Bounds.cpp - Intervals of keys from the sets of a predicate ----------===//
//
// Hulls are computed of all integers, not only of keys in [0, keys]: users of the
// bounds clamp them, and forms that know neither clamp are short.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/Transforms/Intervals/Bounds.h"

using namespace mlir;

namespace lacuna::attn::intervals {

/// Parts of one set; with more, nothing is claimed.
static constexpr size_t maxParts = 8;
/// Forms whose extreme is a bound, or conditions. More cost more than they save,
/// and each may be left out.
static constexpr size_t maxForms = 3;

bool Bounds::areTrivial() const {
  auto whole = [](const Interval &interval) { return interval.isWhole(); };
  return llvm::any_of(visible, whole) && llvm::any_of(hidden, whole);
}

namespace {
class HullBuilder {
public:
  HullBuilder(System &system, const Affine &keys) : system(system), keys(keys) {}

  /// Nothing if the part is empty.
  std::optional<Interval> hull(const Conjunction &part) {
    if (system.isEmptyInTile(part))
      return std::nullopt;
    Interval result;
    Projection keysOfPart = system.eliminateQuery(part);
    exact &= keysOfPart.isExact;
    for (Affine rest : keysOfPart.rows) {
      // coefficient * key + rest >= 0
      int64_t coefficient = rest.coefficientOf(System::keyVariable);
      llvm::erase_if(rest.terms, [](auto term) { return term.first == System::keyVariable; });
      if (coefficient > 0)
        result.begins.push_back(system.scale(system.floorDiv(rest, coefficient), -1));
      else if (coefficient < 0)
        result.ends.push_back(system.add(system.floorDiv(rest, -coefficient), 1));
      else
        result.conditions.push_back(rest);
    }
    simplify(result);
    return result;
  }

  /// max(0, begins) < min(keys, ends)
  Conjunction nonEmpty(const Interval &interval) {
    std::vector<Affine> begins = interval.begins, ends = interval.ends;
    begins.push_back(0);
    ends.push_back(keys);
    Conjunction result;
    for (const Affine &begin : begins)
      for (const Affine &end : ends)
        result.push_back(system.atLeast(end, system.add(begin, 1)));
    for (const Affine &condition : interval.conditions)
      result.push_back({condition});
    return result;
  }

  /// See Bounds::unites. Parts with several begins or ends are left to run time.
  bool unites(ArrayRef<Interval> parts) {
    if (parts.size() < 2)
      return true;
    auto isSimple = [&](const Affine &form) {
      return llvm::all_of(form.terms, [&](auto term) { return system.isSymbol(term.first); });
    };
    bool simple = llvm::all_of(parts, [&](const Interval &part) {
      return part.conditions.empty() && part.begins.size() < 2 && part.ends.size() < 2 &&
             llvm::all_of(part.begins, isSimple) && llvm::all_of(part.ends, isSimple);
    });
    auto begin = [&](const Interval &part) {
      return part.begins.empty() ? Affine() : part.begins[0];
    };
    auto end = [&](const Interval &part) { return part.ends.empty() ? keys : part.ends[0]; };
    return simple && attained(parts, begin, 0, -1) && attained(parts, end, keys, 1);
  }

  /// Whether no key lies between two parts that are not empty.
  bool touch(const Interval &a, const Interval &b) {
    Conjunction both = nonEmpty(a), other = nonEmpty(b);
    both.insert(both.end(), other.begin(), other.end());
    auto overlap = [&](const Interval &first, const Interval &second) {
      return llvm::all_of(first.ends, [&](const Affine &end) {
        return llvm::all_of(second.begins, [&](const Affine &begin) {
          Conjunction apart = both;
          apart.push_back(system.atLeast(begin, system.add(end, 1)));
          return system.isEmpty(apart);
        });
      });
    };
    return overlap(a, b) && overlap(b, a);
  }

  /// Whether all that was built holds the keys of its parts and no others.
  bool isExact() const { return exact; }
  void giveUpExactness() { exact = false; }

private:
  /// Leaves out what the rest implies, and what is too much.
  void simplify(Interval &interval) {
    // One at a time, so that of two equal forms one stays.
    auto dropIf = [this](std::vector<Affine> &forms, auto isIdle) {
      for (size_t index = 0; index < forms.size();) {
        Affine form = forms[index];
        forms.erase(forms.begin() + index);
        if (!isIdle(form))
          forms.insert(forms.begin() + index++, form);
      }
      if (forms.size() > maxForms) {
        forms.resize(maxForms);
        exact = false;
      }
    };
    auto never = [&](const Constraint &constraint) {
      Conjunction apparent = nonEmpty(interval);
      apparent.push_back(constraint);
      return system.isEmpty(apparent);
    };
    dropIf(interval.begins, [&](const Affine &form) {
      return never(system.atLeast(form, 1)) ||
             llvm::any_of(interval.begins, [&](const Affine &other) {
               return never(system.atLeast(form, system.add(other, 1)));
             });
    });
    dropIf(interval.ends, [&](const Affine &form) {
      return never(system.atLeast(keys, system.add(form, 1))) ||
             llvm::any_of(interval.ends, [&](const Affine &other) {
               return never(system.atLeast(other, system.add(form, 1)));
             });
    });
    dropIf(interval.conditions,
           [&](const Affine &form) { return never(system.atLeast(-1, form)); });
  }

  /// Whether, wherever the union appears not empty, one of the parts that are
  /// really not empty has the outermost bound. `outward` is -1 for begins, which
  /// are clamped to 0, and 1 for ends, which are clamped to the keys.
  bool attained(ArrayRef<Interval> parts, llvm::function_ref<Affine(const Interval &)> bound,
                const Affine &clamp, int64_t outward) {
    auto beyond = [&](const Affine &a, const Affine &b) {
      return Constraint{system.scale(system.subtract(a, b), outward)};
    };
    Disjunction reached, apparent;
    for (const Interval &part : parts) {
      Conjunction outermost, some = nonEmpty(part);
      for (const Interval &other : parts)
        outermost.push_back(beyond(bound(part), bound(other)));
      for (Conjunction reason : {outermost, Conjunction{beyond(bound(part), clamp)}}) {
        reason.insert(reason.end(), some.begin(), some.end());
        reached.push_back(std::move(reason));
      }
    }
    // The union appears not empty where some begin lies before some end.
    for (const Interval &first : parts)
      for (const Interval &second : parts)
        apparent.push_back(nonEmpty({first.begins, second.ends, {}}));
    return system.isSubset(apparent, reached);
  }

  System &system;
  Affine keys;
  bool exact = true;
};
} // namespace

static std::vector<Interval> hullsOf(HullBuilder &builder, const Disjunction &set) {
  std::vector<Interval> result;
  if (set.size() > maxParts) {
    builder.giveUpExactness();
    return {Interval{}};
  }
  for (const Conjunction &part : set)
    if (std::optional<Interval> interval = builder.hull(part))
      result.push_back(std::move(*interval));
  // One that holds every key makes the others idle.
  for (Interval &interval : result)
    if (interval.isWhole())
      return {interval};
  return result;
}

Bounds deriveBounds(System &system, const Truth &truth, const Affine &keys) {
  HullBuilder builder(system, keys);
  Bounds bounds;
  bounds.visible = hullsOf(builder, truth.yes);
  bounds.hidden = hullsOf(builder, truth.no);
  bounds.unites = builder.unites(bounds.visible);
  for (const Interval &a : bounds.visible)
    bounds.isExact &=
        llvm::all_of(bounds.visible, [&](const Interval &b) { return builder.touch(a, b); });
  for (const Interval &part : bounds.hidden)
    bounds.isExact &= part.begins.empty() || part.ends.empty();
  bounds.isExact &= builder.isExact();
  return bounds;
}

} // namespace lacuna::attn::intervals
