//===- ExportClassifierTest.cpp - classify clauses as code for the host -------===//
#include "lib/Compiler/ExportClassifier.h"
#include "test/unit/Compiler/DerivedClassifier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace lacuna;

namespace {
class ExportClassifier : public testing::Test {
protected:
  ExportClassifier() {
    context.loadDialect<attn::AttnDialect, arith::ArithDialect, func::FuncDialect,
                        math::MathDialect, tensor::TensorDialect>();
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      messages += diagnostic.str() + "\n";
      return success();
    });
  }

  /// Exports a classify clause whose text is given, in a function with the scalar
  /// %n, the table %ids, and `scalars` before the attend.
  std::optional<ExportedClassifier> run(const std::string &scalars, const std::string &clause) {
    const std::string sequence = "tensor<1x1x?x16xf16>";
    const std::string text = "func.func @f(%q: " + sequence +
                             ", %ids: tensor<?x?xi32>, %n: i32) -> " + sequence + " {\n" + scalars +
                             "%o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {\n"
                             "  %past = attn.causal %i, %j\n  attn.yield %past : i1\n"
                             "} classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {\n" +
                             clause + "} : " + sequence + ", " + sequence + ", " + sequence +
                             "\nreturn %o : " + sequence + "\n}\n";
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << messages;
    std::optional<ExportedClassifier> result;
    module->walk([&](attn::AttendOp attend) {
      if (FailureOr<ExportedClassifier> exported = exportClassifier(attend); succeeded(exported))
        result = std::move(*exported);
    });
    return result;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::string messages;
};
} // namespace

TEST_F(ExportClassifier, OneStepForEachOperation) {
  std::optional<ExportedClassifier> exported =
      run("", "%c2 = arith.constant 2 : i64\n"
              "%row = arith.extsi %b : i32 to i64\n"
              "%first = arith.extsi %j_first : i32 to i64\n"
              "%last = arith.extsi %j_last : i32 to i64\n"
              "%width = arith.extsi %n : i32 to i64\n"
              "%min, %max, %signature = attn.load_range %ids[%row, %first] to [%row, %last]"
              " : tensor<?x?xi32>\n"
              "%twice = arith.muli %width, %c2 : i64\n"
              "%may_see = arith.cmpi sgt, %twice, %min : i64\n"
              "%may_hide = arith.cmpi sle, %twice, %max : i64\n"
              "attn.yield %may_see, %may_hide : i1, i1\n");
  ASSERT_TRUE(exported) << messages;
  EXPECT_EQ(exported->scalars, std::vector<unsigned>{2});
  EXPECT_EQ(exported->tables, std::vector<SpecTable>{{1}});
  EXPECT_TRUE(exported->code.readsBatch());
  EXPECT_FALSE(exported->code.readsHead());
  std::vector<mask::BoxOp> operations;
  for (const mask::BoxStep &step : exported->code.steps())
    operations.push_back(step.op);
  using enum mask::BoxOp;
  EXPECT_EQ(operations, (std::vector<mask::BoxOp>{Input, Input, Input, Constant, Argument,
                                                  LoadRange, Mul, Less, LessEqual}));
}

TEST_F(ExportClassifier, RefusesWhatIsNoArgument) {
  EXPECT_FALSE(run("%twice = arith.addi %n, %n : i32\n",
                   "%may_see = arith.cmpi sle, %j_first, %twice : i32\n"
                   "attn.yield %may_see, %may_see : i1, i1\n"));
  EXPECT_NE(messages.find("a tile class can depend on arguments of the spec only"),
            std::string::npos)
      << messages;
}

TEST_F(ExportClassifier, RefusesOperationsThatTheHostLacks) {
  EXPECT_FALSE(run("", "%bits = math.ctpop %j_first : i32\n"
                       "%may_see = arith.cmpi sle, %bits, %n : i32\n"
                       "attn.yield %may_see, %may_see : i1, i1\n"));
  EXPECT_NE(messages.find("'math.ctpop' cannot run on the host as part of a tile class"),
            std::string::npos)
      << messages;
}

// Asked together, the parts of a chain of `xor` have 2^n cases.
TEST(DerivedClassifierSize, GrowsWithThePredicateAndNotWithItsCases) {
  ClassifierMaker maker;
  auto stepsOfChain = [&](int length) {
    const std::string sequence = "tensor<1x1x?x16xf16>";
    std::string text = "func.func @f(%q: " + sequence + ") -> " + sequence +
                       " {\n%o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {\n"
                       "%x0 = arith.cmpi slt, %i, %j : i32\n";
    for (int n = 1; n <= length; ++n) {
      const std::string number = std::to_string(n);
      text += "%k" + number + " = arith.constant " + number + " : i32\n%m" + number +
              " = arith.muli %i, %k" + number + " : i32\n%c" + number + " = arith.cmpi sgt, %m" +
              number + ", %j : i32\n%x" + number + " = arith.xori %x" + std::to_string(n - 1) +
              ", %c" + number + " : i1\n";
    }
    text += "attn.yield %x" + std::to_string(length) + " : i1\n} : " + sequence + ", " + sequence +
            ", " + sequence + "\nreturn %o : " + sequence + "\n}\n";
    DerivedClassifier derived = maker.make(text);
    return derived.exported ? derived.exported->code.steps().size() : 0;
  };
  const size_t shorter = stepsOfChain(16), longer = stepsOfChain(64);
  EXPECT_GT(shorter, 0u);
  EXPECT_LE(longer, 5 * shorter);
}
