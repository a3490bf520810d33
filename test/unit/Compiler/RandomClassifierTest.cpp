//===- RandomClassifierTest.cpp - Derived tile classes against brute force ----===//
//
// Every tile of many random predicates: no EMPTY tile may have a visible element,
// no FULL one a hidden one. How many tiles that are EMPTY or FULL are answered
// PARTIAL is counted: as a device sees them, and after the refinement of the host
// planner. A seed is one predicate; failures name it.
//
//===----------------------------------------------------------------------===//
#include "lib/Mask/Refinement.h"
#include "test/unit/Compiler/DerivedClassifier.h"
#include "test/unit/Compiler/RandomPredicate.h"

#include "gtest/gtest.h"

using namespace lacuna;
using mask::SlotBox;
using mask::TileClass;

namespace {
/// What a run over predicates found.
struct Tally {
  int predicates = 0, trivial = 0, illegal = 0;
  long tiles = 0, decided = 0; ///< decided: EMPTY or FULL in truth
  long lostAlone = 0, lostRefined = 0, wrong = 0;
  double alone() const { return 100.0 * double(lostAlone) / double(decided); }
  double refined() const { return 100.0 * double(lostRefined) / double(decided); }
};

/// The tiles of a grid and what they are in truth.
struct Grid {
  std::vector<SlotBox> boxes;
  std::vector<TileClass> truth;
};

Grid gridOf(const RandomPredicate &predicate, const std::vector<std::uint8_t> &visible) {
  Grid grid;
  for (int i = 0; i < predicate.queries; i += predicate.queryTile)
    for (int j = 0; j < predicate.keys; j += predicate.keyTile) {
      SlotBox box{i, std::min(i + predicate.queryTile, predicate.queries) - 1, j,
                  std::min(j + predicate.keyTile, predicate.keys) - 1};
      unsigned classes = 0;
      for (int x = box.queryFirst; x <= box.queryLast; ++x)
        for (int y = box.keyFirst; y <= box.keyLast; ++y)
          classes |= visible[size_t(x) * predicate.keys + y] ? 1 : 2;
      grid.boxes.push_back(box);
      grid.truth.push_back(TileClass(classes));
    }
  return grid;
}

std::vector<TileClass> classesOf(mask::BoxClassifier &classifier,
                                 const std::vector<SlotBox> &boxes) {
  std::vector<TileClass> classes(boxes.size(), TileClass::Partial);
  for (size_t n = 0; n < boxes.size(); n += mask::BoxEvaluator::batch)
    classifier.classify(
        &boxes[n], int(std::min<size_t>(boxes.size() - n, mask::BoxEvaluator::batch)), &classes[n]);
  return classes;
}

void refine(mask::BoxClassifier &classifier, const std::vector<SlotBox> &boxes,
            std::vector<TileClass> &classes) {
  std::vector<SlotBox> open;
  for (size_t n = 0; n < boxes.size(); ++n)
    if (classes[n] == TileClass::Partial)
      open.push_back(boxes[n]);
  std::vector<TileClass> found(open.size(), TileClass::Partial);
  refineTiles(classifier, mask::Refinement(), open, found.data());
  size_t next = 0;
  for (TileClass &each : classes)
    if (each == TileClass::Partial)
      each = found[next++];
}

class RandomClassifier : public testing::Test {
protected:
  /// The classifier bound to its data.
  std::optional<mask::BoxClassifier> bind(const RandomPredicate &predicate,
                                          const ExportedClassifier &exported) {
    std::vector<std::int64_t> scalars;
    for (unsigned argument : exported.scalars)
      scalars.push_back(predicate.scalar(argument));
    std::vector<TensorRef> tables;
    for (const SpecTable &table : exported.tables)
      tables.push_back(predicate.table(table.argument));
    Result<mask::BoxEvaluator> evaluator = mask::BoxEvaluator::bind(exported.code, scalars, tables);
    EXPECT_TRUE(bool(evaluator)) << evaluator.status().message();
    if (!evaluator)
      return std::nullopt;
    mask::AttendShape shape;
    shape.queries = predicate.queries;
    shape.keys = predicate.keys;
    return mask::BoxClassifier(std::move(*evaluator), shape);
  }

  /// What a classifier says, by itself and refined.
  struct Classes {
    std::vector<TileClass> alone, refined;
  };
  Classes classify(const RandomPredicate &predicate, const Grid &grid, Domains domains) {
    const DerivedClassifier derived = maker.make(predicate.spec(), domains);
    std::optional<mask::BoxClassifier> classifier;
    if (derived.exported)
      classifier = bind(predicate, *derived.exported);
    if (!classifier) {
      const std::vector<TileClass> all(grid.boxes.size(),
                                       derived.hasPredicate ? TileClass::Partial : TileClass::Full);
      return {all, all};
    }
    Classes classes;
    classes.alone = classes.refined = classesOf(*classifier, grid.boxes);
    refine(*classifier, grid.boxes, classes.refined);
    return classes;
  }

  /// Adds what is found about one predicate.
  void examine(const RandomPredicate &predicate, const Grid &grid, Tally &tally) {
    const Classes found = classify(predicate, grid, {});
    const std::vector<TileClass> &alone = found.alone, &refined = found.refined;
    for (size_t n = 0; n < grid.boxes.size(); ++n) {
      ++tally.tiles;
      tally.decided += grid.truth[n] != TileClass::Partial;
      for (TileClass answer : {alone[n], refined[n]})
        if (unsigned(grid.truth[n]) & ~unsigned(answer)) {
          ++tally.wrong;
          const SlotBox &box = grid.boxes[n];
          ADD_FAILURE() << "class " << int(answer) << " of queries " << box.queryFirst << " to "
                        << box.queryLast << ", keys " << box.keyFirst << " to " << box.keyLast
                        << " should be " << int(grid.truth[n]) << "\n"
                        << predicate.spec();
          return;
        }
      tally.lostAlone += alone[n] != grid.truth[n];
      tally.lostRefined += refined[n] != grid.truth[n];
    }
  }

  /// Calls `visit` with `count` predicates; at most a third of them are one class
  /// everywhere, which tests little.
  template <class F>
  Tally forEachPredicate(int count, F visit) {
    Tally tally;
    for (std::uint64_t seed = 1; tally.predicates < count; ++seed) {
      RandomPredicate predicate(seed);
      std::optional<std::vector<std::uint8_t>> visible = predicate.evaluate();
      if (!visible) {
        ++tally.illegal;
        continue;
      }
      const bool trivial = std::count(visible->begin(), visible->end(), visible->front()) ==
                           std::ptrdiff_t(visible->size());
      if (trivial && 3 * (tally.trivial + 1) > tally.predicates + 1)
        continue;
      ++tally.predicates;
      tally.trivial += trivial;
      SCOPED_TRACE("seed " + std::to_string(seed));
      visit(predicate, gridOf(predicate, *visible), tally);
      if (tally.wrong > 3)
        break;
    }
    return tally;
  }

  void run(int count) {
    Tally tally = forEachPredicate(count, [&](const RandomPredicate &predicate, const Grid &grid,
                                              Tally &found) { examine(predicate, grid, found); });
    std::printf("%d predicates (%d of one class everywhere; %d more were illegal), %ld tiles, %ld "
                "of them EMPTY or FULL; answered PARTIAL: %.2f %%, after refinement %.2f %%\n",
                tally.predicates, tally.trivial, tally.illegal, tally.tiles, tally.decided,
                tally.alone(), tally.refined());
    EXPECT_EQ(tally.wrong, 0);
    EXPECT_LE(tally.alone(), 4.0);
    EXPECT_LE(tally.refined(), 0.1);
    EXPECT_LE(3 * tally.trivial, tally.predicates);
  }

  ClassifierMaker maker;
};
} // namespace

TEST_F(RandomClassifier, TwoThousandPredicatesAreSound) { run(2000); }

TEST_F(RandomClassifier, EveryPartOfTheAnalysisOnlyDecidesMore) {
  const Domains parts[] = {{false, true, true}, {true, false, true}, {true, true, false}};
  long gained[3] = {};
  forEachPredicate(150, [&](const RandomPredicate &predicate, const Grid &grid, Tally &) {
    const std::vector<TileClass> all = classify(predicate, grid, {}).alone;
    for (int part = 0; part < 3; ++part) {
      const std::vector<TileClass> less = classify(predicate, grid, parts[part]).alone;
      for (size_t n = 0; n < all.size(); ++n) {
        EXPECT_EQ(unsigned(all[n]) & ~unsigned(less[n]), 0u) << predicate.spec();
        gained[part] += all[n] != less[n];
      }
    }
  });
  std::printf("tiles that only facts, cases and signatures decide: %ld, %ld, %ld\n", gained[0],
              gained[1], gained[2]);
  for (long tiles : gained)
    EXPECT_GT(tiles, 0);
}
