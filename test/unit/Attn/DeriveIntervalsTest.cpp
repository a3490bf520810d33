//===- DeriveIntervalsTest.cpp - Derived bounds against brute force ---------===//
//
// Every predicate is evaluated on all keys and queries of small tiles. Bounds
// must be sound for any predicate, and exact for half-planes and their
// intersections; scalars include the ends of i32.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/Transforms/Passes.h"
#include "test/unit/Attn/ScalarInterpreter.h"

#include "dialects/Attn/IR/Attn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

#include <cstdio>
#include <random>

using namespace mlir;
using namespace lacuna::attn;

namespace {
using Random = std::mt19937;

int64_t pick(Random &random, std::initializer_list<int64_t> of) {
  return of.begin()[random() % of.size()];
}
int64_t between(Random &random, int64_t low, int64_t high) {
  return low + int64_t(random() % uint64_t(high - low + 1));
}

/// Half-open.
struct Span {
  int64_t begin, end;
};

/// What a run over many tiles found.
struct Outcome {
  int tiles = 0;        ///< compared with brute force
  int inexact = 0;      ///< of them with keys that are visible or hidden in vain
  bool derived = false; ///< there was an intervals region
  bool exact = false;   ///< attn-choose-mode says so
};

class DeriveIntervals : public testing::Test {
protected:
  DeriveIntervals() {
    context.loadDialect<AttnDialect, arith::ArithDialect, func::FuncDialect, math::MathDialect,
                        tensor::TensorDialect>();
    // Remarks about what has no closed form are not wanted here.
    context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        ADD_FAILURE() << diagnostic.str();
      return success();
    });
  }

  /// Derives the intervals of `where`, a region with the arguments %b, %h, %i,
  /// %j, %is, %js, under function code `scalars` and positions `at`, both of
  /// which may use the i32 arguments %x, %y and the flag %f; then checks them.
  Outcome check(const std::string &scalars, const std::string &at, const std::string &where,
                unsigned samples = 60, unsigned seed = 1) {
    const char *sequence = "tensor<1x1x?x16xf16>";
    std::string position = at.empty() ? "" : (" at " + llvm::Twine(at)).str();
    std::string positionType = at.empty() ? "" : " at i32";
    std::string text;
    llvm::raw_string_ostream(text)
        << "func.func @f(%q: " << sequence << ", %k: " << sequence << ", %v: " << sequence
        << ", %x: i32, %y: i32, %f: i1) -> " << sequence << " {\n"
        << scalars << "%o, %lse = attn.attend %q" << position << ", %k, %v" << position
        << " where(%b, %h, %i, %j, %is, %js) {\n"
        << where << "} : " << sequence << positionType << ", " << sequence << ", " << sequence
        << positionType << "\nreturn %o : " << sequence << "\n}\n";
    SCOPED_TRACE(text);
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return {};
    PassManager manager(&context);
    manager.addNestedPass<func::FuncOp>(createExpandSugar());
    manager.addNestedPass<func::FuncOp>(createDeriveIntervals());
    manager.addNestedPass<func::FuncOp>(createChooseMode());
    EXPECT_TRUE(succeeded(manager.run(*module)));
    Outcome outcome;
    module->walk([&](AttendOp attend) { compare(attend, samples, seed, outcome); });
    return outcome;
  }

  void compare(AttendOp attend, unsigned samples, unsigned seed, Outcome &outcome) {
    outcome.derived = !attend.getIntervals().empty();
    outcome.exact = attend.getMode() == Mode::Closed;
    if (!outcome.derived)
      return;
    auto spec = attend->getParentOfType<func::FuncOp>();
    Random random(seed);
    for (unsigned sample = 0; sample < samples; ++sample) {
      int64_t queries = between(random, 1, 12), keys = between(random, 0, 14);
      auto scalar = [&] {
        return pick(random, {between(random, -3, 16), between(random, -3, 16), INT32_MAX, INT32_MIN,
                             INT32_MAX - 3, INT32_MIN + 2, 0, 1});
      };
      Surroundings around;
      around.scalars[spec.getArgument(3)] = scalar();
      around.scalars[spec.getArgument(4)] = scalar();
      around.scalars[spec.getArgument(5)] = random() % 2;
      around.sizes[{spec.getArgument(0), 2}] = queries;
      around.sizes[{spec.getArgument(1), 2}] = keys;
      int64_t offset = 0;
      if (Value position = attend.getQueryPosition()) {
        // Positions lie below 2^30, so their offset does.
        offset = isa<BlockArgument>(position) ? between(random, -5, 9) : 7;
        around.scalars[position] = offset;
      }
      int64_t firstRow = between(random, 0, queries - 1);
      int64_t lastRow = between(random, firstRow, std::min(firstRow + 4, queries - 1));
      compareTile(attend, around, {firstRow, lastRow + 1}, keys, offset, outcome);
    }
  }

  void compareTile(AttendOp attend, const Surroundings &around, Span rows, int64_t keys,
                   int64_t offset, Outcome &outcome) {
    std::vector<bool> some(keys, false), all(keys, true);
    for (int64_t row = rows.begin; row < rows.end; ++row)
      for (int64_t key = 0; key < keys; ++key) {
        auto visible =
            interpret(attend.getWhere(), {0, 0, row + offset, key + offset, row, key}, around);
        if (!visible)
          return; // overflow is an error of the spec
        some[key] = some[key] || (*visible)[0];
        all[key] = all[key] && (*visible)[0];
      }
    auto bounds = interpret(attend.getIntervals(),
                            {0, 0, rows.begin + offset, rows.end - 1 + offset}, around);
    if (!bounds && keys == 0)
      return; // so may the scalars of a predicate that nobody evaluates
    ASSERT_TRUE(bounds) << "the bounds overflow";
    // The keys in some visible interval, and in some full one.
    std::vector<bool> visible(keys, false), full(keys, false);
    for (size_t pair = 0; pair < bounds->size(); pair += 4)
      for (int64_t key = 0; key < keys; ++key) {
        const int64_t *ends = &(*bounds)[pair];
        visible[key] = visible[key] || (ends[0] <= key && key < ends[1]);
        full[key] = full[key] || (ends[2] <= key && key < ends[3]);
      }
    auto describe = [&] {
      std::string text;
      llvm::raw_string_ostream stream(text);
      auto show = [&](const char *name, const std::vector<bool> &set) {
        stream << ' ' << name << ' ';
        for (bool element : set)
          stream << (element ? '#' : '.');
      };
      stream << "rows [" << rows.begin << ", " << rows.end << ") offset " << offset;
      show("some", some);
      show("visible", visible);
      show("all", all);
      show("full", full);
      for (auto [value, number] : around.scalars)
        if (auto argument = dyn_cast<BlockArgument>(value))
          stream << " argument " << argument.getArgNumber() << " = " << number;
      return text;
    };
    for (int64_t key = 0; key < keys; ++key) {
      ASSERT_TRUE(!some[key] || visible[key]) << "key " << key << " is lost: " << describe();
      ASSERT_TRUE(!full[key] || all[key]) << "key " << key << " is hidden: " << describe();
    }
    bool exact = some == visible && all == full;
    ASSERT_TRUE(exact || !outcome.exact) << "not exact: " << describe();
    ++outcome.tiles;
    outcome.inexact += !exact;
  }

  void expectExact(const std::string &scalars, const std::string &at, const std::string &where) {
    Outcome outcome = check(scalars, at, where, 400);
    EXPECT_TRUE(outcome.derived) << where;
    EXPECT_TRUE(outcome.exact) << where;
    EXPECT_GT(outcome.tiles, 20) << where;
  }

  MLIRContext context;
};

std::string yielding(const std::string &code, const std::string &value) {
  return code + "attn.yield " + value + " : i1\n";
}

const std::string causal = "%past = attn.causal %i, %j\n";
const std::string window = "%c0 = arith.constant 0 : i32\n"
                           "%d = arith.subi %i, %j : i32\n"
                           "%past = arith.cmpi sge, %d, %c0 : i32\n"
                           "%near = arith.cmpi slt, %d, %x : i32\n"
                           "%band = arith.andi %past, %near : i1\n";
const std::string bottomRight = "%c2 = arith.constant 2 : index\n"
                                "%m = tensor.dim %q, %c2 : tensor<1x1x?x16xf16>\n"
                                "%n = tensor.dim %k, %c2 : tensor<1x1x?x16xf16>\n"
                                "%shift = arith.subi %n, %m : index\n"
                                "%at = arith.index_cast %shift : index to i32\n";
} // namespace

TEST_F(DeriveIntervals, HalfPlanesAreExact) {
  std::string constant = "%seven = arith.constant 7 : i32\n";
  for (std::string at : {"", "%x", "%seven"}) {
    SCOPED_TRACE(at);
    expectExact(constant, at, yielding(causal, "%past"));
    expectExact(constant, at, yielding("%p = attn.prefix %j, %y\n", "%p"));
    expectExact(constant, at, yielding("%p = attn.causal %i, %j offset %y\n", "%p"));
    expectExact(constant, at, yielding("%p = arith.cmpi sgt, %j, %i : i32\n", "%p"));
    expectExact(constant, at, yielding("%p = arith.cmpi slt, %i, %y : i32\n", "%p"));
    expectExact(constant, at, yielding("%p = arith.cmpi slt, %js, %y : i32\n", "%p"));
  }
  expectExact(bottomRight, "", yielding("%p = attn.causal %i, %j offset %at\n", "%p"));
  expectExact("%three = arith.constant 3 : i32\n", "",
              yielding("%p = attn.causal %i, %j offset %three\n", "%p"));
}

TEST_F(DeriveIntervals, ConstantsAreExact) {
  expectExact("", "", yielding("%no = arith.constant false\n", "%no"));
  Outcome always = check("", "", yielding("%yes = arith.constant true\n", "%yes"));
  EXPECT_TRUE(always.derived);
  EXPECT_EQ(always.inexact, 0);
}

TEST_F(DeriveIntervals, IntersectionsAreExact) {
  for (std::string at : {"", "%y"}) {
    SCOPED_TRACE(at);
    expectExact("", at, yielding(window, "%band"));
    expectExact(
        "", at,
        yielding(window + "%p = attn.prefix %j, %y\n%both = arith.andi %band, %p : i1\n", "%both"));
  }
  expectExact("", "", yielding("%w = attn.sliding_window %i, %j left %x right %y\n", "%w"));
  expectExact("%c3 = arith.constant 3 : i32\n%c1 = arith.constant 1 : i32\n", "",
              yielding("%w = attn.sliding_window %i, %j left %c3 right %c1\n", "%w"));
  expectExact(bottomRight, "",
              yielding("%p = attn.causal %i, %j offset %at\n"
                       "%s = arith.addi %i, %at : i32\n"
                       "%d = arith.subi %s, %j : i32\n"
                       "%near = arith.cmpi slt, %d, %x : i32\n"
                       "%both = arith.andi %p, %near : i1\n",
                       "%both"));
}

TEST_F(DeriveIntervals, PrefixLanguageModelIsExact) {
  for (std::string at : {"", "%y"}) {
    SCOPED_TRACE(at);
    expectExact(
        "", at,
        yielding(causal + "%p = attn.prefix %j, %x\n%any = arith.ori %past, %p : i1\n", "%any"));
  }
}

TEST_F(DeriveIntervals, FlagsAreExact) {
  expectExact("", "", yielding(causal + "%all = arith.ori %past, %f : i1\n", "%all"));
  expectExact("", "", yielding(causal + "%none = arith.andi %past, %f : i1\n", "%none"));
}

TEST_F(DeriveIntervals, UnsignedDistanceIsExact) {
  expectExact("%c5 = arith.constant 5 : i32\n", "",
              yielding("%d = arith.subi %i, %j : i32\n%p = arith.cmpi ult, %d, %c5 : i32\n", "%p"));
}

TEST_F(DeriveIntervals, BlocksAreExact) {
  expectExact("%c4 = arith.constant 4 : i32\n", "",
              yielding("%a = arith.divui %i, %c4 : i32\n%c = arith.divui %j, %c4 : i32\n"
                       "%p = arith.cmpi eq, %a, %c : i32\n",
                       "%p"));
  expectExact("%c4 = arith.constant 4 : i32\n", "",
              yielding("%a = arith.divsi %i, %c4 : i32\n%c = arith.divsi %j, %c4 : i32\n"
                       "%p = arith.cmpi sge, %a, %c : i32\n",
                       "%p"));
}

TEST_F(DeriveIntervals, UnionsAreExact) {
  const std::string sink = "%s = attn.prefix %j, %y\n"
                           "%sink = arith.andi %s, %past : i1\n"
                           "%any = arith.ori %band, %sink : i1\n";
  expectExact("", "", yielding(window + sink, "%any"));
  // Longformer: a window to both sides, and tokens that see and are seen by all.
  expectExact("", "",
              yielding("%w = attn.sliding_window %i, %j left %x right %x\n"
                       "%g = attn.prefix %j, %y\n%t = attn.prefix %i, %y\n"
                       "%wg = arith.ori %w, %g : i1\n%all = arith.ori %wg, %t : i1\n",
                       "%all"));
  // Shared question: a prompt, then answers of 4 tokens that see only themselves.
  expectExact("%c4 = arith.constant 4 : i32\n%c3 = arith.constant 3 : i32\n", "",
              yielding(causal +
                           "%p = arith.cmpi slt, %j, %c3 : i32\n"
                           "%a = arith.subi %i, %c3 : i32\n%d = arith.subi %j, %c3 : i32\n"
                           "%qa = arith.floordivsi %a, %c4 : i32\n"
                           "%qd = arith.floordivsi %d, %c4 : i32\n"
                           "%own = arith.cmpi eq, %qa, %qd : i32\n"
                           "%or = arith.ori %p, %own : i1\n%keep = arith.andi %or, %past : i1\n",
                       "%keep"));
}

TEST_F(DeriveIntervals, BlocksOfConstantSizeAreExact) {
  const std::string blocks = "%a = arith.divui %i, %c4 : i32\n%c = arith.divui %j, %c4 : i32\n"
                             "%own = arith.cmpi eq, %a, %c : i32\n";
  const std::string size = "%c4 = arith.constant 4 : i32\n%zero = arith.constant 0 : i32\n";
  expectExact(size, "",
              yielding(causal + blocks + "%keep = arith.andi %own, %past : i1\n", "%keep"));
  // Star Attention, phase 1: the first block and the own one.
  expectExact(size, "",
              yielding(causal + blocks +
                           "%anchor = arith.cmpi eq, %c, %zero : i32\n"
                           "%or = arith.ori %own, %anchor : i1\n"
                           "%keep = arith.andi %or, %past : i1\n",
                       "%keep"));
  // Block diffusion, the half of the clean tokens: blocks before the own one.
  expectExact(size, "", yielding(blocks + "%keep = arith.cmpi sgt, %a, %c : i32\n", "%keep"));
}

TEST_F(DeriveIntervals, PeriodsAreNotExact) {
  std::string comb = "%d = arith.subi %i, %j : i32\n%c3 = arith.constant 3 : i32\n"
                     "%zero = arith.constant 0 : i32\n%r = arith.remsi %d, %c3 : i32\n"
                     "%keep = arith.cmpi eq, %r, %zero : i32\n";
  EXPECT_FALSE(check("", "", yielding(comb, "%keep")).exact);
  std::string columns = "%c5 = arith.constant 5 : i32\n%two = arith.constant 2 : i32\n"
                        "%r = arith.remui %j, %c5 : i32\n"
                        "%keep = arith.cmpi slt, %r, %two : i32\n";
  EXPECT_FALSE(check("", "", yielding(columns, "%keep")).exact);
}

namespace {
/// Random quasi-affine scalar code over the arguments of the region.
class RandomPredicate {
public:
  explicit RandomPredicate(unsigned seed) : random(seed) {}

  std::string build() {
    std::string result = boolean(3);
    return yielding(code, result);
  }

private:
  std::string emit(const std::string &op, const std::string &type) {
    std::string name = "%v";
    name += std::to_string(count++);
    code += name + " = " + op + " : " + type + "\n";
    return name;
  }
  std::string constant(int64_t value) {
    return emit(("arith.constant " + llvm::Twine(value)).str(), "i32");
  }

  std::string integer(int depth) {
    if (depth == 0 || random() % 4 == 0) {
      const char *leaves[] = {"%i", "%j", "%is", "%js", "%x", "%y", "%i", "%j"};
      return random() % 5 ? leaves[random() % 8] : constant(between(random, -6, 12));
    }
    switch (random() % 8) {
    case 0:
      return emit("arith.addi " + integer(depth - 1) + ", " + integer(depth - 1), "i32");
    case 1:
      return emit("arith.subi " + integer(depth - 1) + ", " + integer(depth - 1), "i32");
    case 2:
      return emit("arith.muli " + integer(depth - 1) + ", " + constant(between(random, -3, 3)),
                  "i32");
    case 3: {
      const char *ops[] = {"floordivsi", "divsi", "remsi", "divui", "remui", "ceildivsi"};
      return emit(std::string("arith.") + ops[random() % 6] + " " + integer(depth - 1) + ", " +
                      constant(between(random, 1, 5)),
                  "i32");
    }
    case 4:
      return emit("arith.minsi " + integer(depth - 1) + ", " + integer(depth - 1), "i32");
    case 5:
      return emit("arith.maxsi " + integer(depth - 1) + ", " + integer(depth - 1), "i32");
    case 6:
      return emit("arith.select " + boolean(depth - 1) + ", " + integer(depth - 1) + ", " +
                      integer(depth - 1),
                  "i32");
    default:
      return emit("arith.subi %i, %j", "i32");
    }
  }

  std::string boolean(int depth) {
    if (depth == 0 || random() % 3 == 0) {
      const char *ops[] = {"slt", "sle", "sgt", "sge", "eq", "ne", "ult", "uge"};
      return emit(std::string("arith.cmpi ") + ops[random() % 8] + ", " + integer(depth) + ", " +
                      integer(depth),
                  "i32");
    }
    const char *ops[] = {"andi", "ori", "xori"};
    return emit(std::string("arith.") + ops[random() % 3] + " " + boolean(depth - 1) + ", " +
                    boolean(depth - 1),
                "i1");
  }

  Random random;
  std::string code;
  int count = 0;
};
} // namespace

// Sound always, exact where attn-choose-mode says so.
TEST_F(DeriveIntervals, RandomPredicates) {
  int derived = 0, exact = 0, tiles = 0, inexact = 0;
  for (unsigned seed = 0; seed < 2000 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::string at = seed % 3 == 0 ? "%x" : "";
    Outcome outcome = check("", at, RandomPredicate(seed).build(), 20, seed);
    derived += outcome.derived;
    exact += outcome.derived && outcome.exact;
    tiles += outcome.tiles;
    inexact += outcome.inexact;
  }
  EXPECT_GT(derived, 1500);
  EXPECT_GT(exact, 900);
  EXPECT_GT(tiles, 10000);
  std::printf("%d derived, %d exact; %d of %d tiles not exact\n", derived, exact, inexact, tiles);
}
