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
/// Intervals of visible keys, and of full ones.
static constexpr size_t maxIntervals = AttendOp::kMaxIntervalPairs;
/// Forms whose extreme is a bound, or conditions. More cost more than they save,
/// and each may be left out.
static constexpr size_t maxForms = 3;

namespace {
class BoundsBuilder {
public:
  BoundsBuilder(System &system, const Affine &keys) : system(system), keys(keys) {}

  Bounds build(const Truth &truth) {
    Bounds bounds;
    bounds.visible = unite(partsOf(truth.yes));
    auto isWhole = [](const Interval &part) { return part.isWhole(); };
    bounds.seesAll = llvm::any_of(
        bounds.visible, [&](const Hull &hull) { return llvm::any_of(hull.parts, isWhole); });
    std::vector<Interval> hidden = partsOf(truth.no);
    bounds.hidesAll = llvm::any_of(hidden, isWhole);
    for (Interval &part : hidden)
      (part.begins.empty() ? bounds.fromFirst
       : part.ends.empty() ? bounds.toLast
                           : bounds.between)
          .push_back(std::move(part));
    sort(bounds.between);
    bounds.isExact = exact;
    return bounds;
  }

private:
  /// The intervals of a set, one for each convex part that is not empty.
  std::vector<Interval> partsOf(const Disjunction &set) {
    std::vector<Interval> result;
    if (set.size() > maxParts) {
      exact = false;
      return {Interval{}};
    }
    for (const Conjunction &part : set)
      if (std::optional<Interval> interval = hull(part))
        result.push_back(std::move(*interval));
    // One that holds every key makes the others idle.
    for (Interval &interval : result)
      if (interval.isWhole())
        return {interval};
    return result;
  }

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

  /// Takes parts together that never leave a key between them, and others only if
  /// there are too many.
  std::vector<Hull> unite(std::vector<Interval> parts) {
    std::vector<Hull> hulls;
    for (Interval &part : parts) {
      auto home = llvm::find_if(hulls, [&](const Hull &hull) {
        return llvm::all_of(hull.parts, [&](const Interval &other) { return touch(part, other); });
      });
      if (home == hulls.end() && hulls.size() < maxIntervals) {
        hulls.push_back({{std::move(part)}});
        continue;
      }
      exact &= home != hulls.end();
      Hull &hull = home == hulls.end() ? hulls.back() : *home;
      hull.parts.push_back(std::move(part));
    }
    for (Hull &hull : hulls)
      hull.unites = unites(hull.parts);
    return hulls;
  }

  /// See Hull::unites. Parts with several begins or ends are left to run time.
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

  /// Whether one of two intervals begins first wherever neither is empty.
  bool precedes(const Interval &a, const Interval &b) {
    Conjunction both = nonEmpty(a), other = nonEmpty(b);
    both.insert(both.end(), other.begin(), other.end());
    return llvm::all_of(a.begins, [&](const Affine &later) {
      return llvm::any_of(b.begins, [&](const Affine &begin) {
        Conjunction reversed = both;
        reversed.push_back(system.atLeast(later, system.add(begin, 1)));
        return system.isEmpty(reversed);
      });
    });
  }

  /// Puts first what begins first for all symbols. One that is empty then has two
  /// sides all the same.
  void sort(std::vector<Interval> &between) {
    for (auto next = between.begin(); next != between.end(); ++next) {
      auto first = std::find_if(next, between.end(), [&](const Interval &part) {
        return std::all_of(next, between.end(), [&](const Interval &other) {
          return &part == &other || precedes(part, other);
        });
      });
      if (first == between.end())
        exact = false;
      else
        std::rotate(next, first, first + 1);
    }
    exact &= between.size() < maxIntervals;
  }

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

Bounds deriveBounds(System &system, const Truth &truth, const Affine &keys) {
  return BoundsBuilder(system, keys).build(truth);
}

} // namespace lacuna::attn::intervals
