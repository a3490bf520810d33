//===- InstructionCoverage.cpp - The program of the instruction tests --------===//
//
// Runs the tests of single instructions, and after all others one more, which
// fails for every form of an instruction that none of them has executed. It is
// registered in main(), as a suite of its own, because only then it comes last.
//
//===----------------------------------------------------------------------===//
#include "test/unit/Emulator/Coverage.h"
#include "test/unit/Emulator/KernelRunner.h"

using namespace lacuna::emulator;

namespace {

class EveryForm : public testing::Test {
  void TestBody() override {
    if (skipWithoutNvrtc())
      return;
    const testing::UnitTest &program = *testing::UnitTest::GetInstance();
    if (testsUseGpu() || program.test_to_run_count() < program.total_test_count())
      GTEST_SKIP() << "needs every test of this program on the emulator";
    for (const std::string &form : formsNeverExecuted())
      ADD_FAILURE() << "the emulator knows it, but no test executes it: " << form;
  }
};

} // namespace

TEST(InstructionForms, MakeOneChoiceEach) {
  using Forms = std::vector<std::string>;
  EXPECT_EQ(formsOf("exit"), Forms{"exit"});
  EXPECT_EQ(formsOf("ld[.weak|.volatile].(b32|b64)"),
            (Forms{"ld.(b32|b64)", "ld.weak.(b32|b64)", "ld.volatile.(b32|b64)",
                   "ld[.weak|.volatile].b32", "ld[.weak|.volatile].b64"}));
}

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::RegisterTest("InstructionCoverage", "EveryFormIsExecuted", nullptr, nullptr, __FILE__,
                        __LINE__, []() -> testing::Test * { return new EveryForm; });
  return RUN_ALL_TESTS();
}
