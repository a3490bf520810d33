#include "lib/Runtime/Program.h"

#include "test/unit/Runtime/SamplePrograms.h"

#include <gtest/gtest.h>

using namespace lacuna;

TEST(ProgramTest, RoundTripsAsJson) {
  Program program = samplePlannedAttention();
  program.steps[0].isPlan = true;
  program.temporaries[0].ofPlan = program.temporaries[1].ofPlan = true;
  program.steps[1].parameters.push_back(
      ProgramParameter::copyMap(ProgramParameter::result(0), 128, 32, /*ofParts=*/true));
  program.steps[1].parameters.push_back(ProgramParameter::copyMap(
      ProgramParameter::argument(0), 192, 64, /*ofParts=*/false, /*boxHeads=*/3));
  program.steps[1].blocksPerMultiprocessor = 2;
  program.arguments[2].digest = "8badf00d";
  std::string json = programToJson(program);
  Result<Program> read = programFromJson(json);
  ASSERT_TRUE(read) << read.status().message();
  EXPECT_EQ(read->name, program.name);
  EXPECT_EQ(read->arguments, program.arguments);
  EXPECT_EQ(read->results, program.results);
  EXPECT_EQ(read->temporaries, program.temporaries);
  EXPECT_EQ(read->checks, program.checks);
  EXPECT_EQ(read->steps, program.steps);
  EXPECT_EQ(read->statusMeanings, program.statusMeanings);
  ASSERT_EQ(read->kernels.size(), 2u);
  EXPECT_EQ(read->kernels[1].name, "attend");
  EXPECT_EQ(read->kernels[1].target, "sm_90a");
  EXPECT_EQ(programToJson(*read), json);
}

TEST(ProgramTest, DamagedTextIsAnError) {
  std::string json = programToJson(samplePlannedAttention());
  // Whatever is cut off or changed, reading gives a program or an Io error.
  for (std::size_t length = 0; length < json.size(); length += 7) {
    Result<Program> read = programFromJson(json.substr(0, length));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.status().kind(), StatusKind::Io);
  }
  for (std::size_t at = 0; at < json.size(); ++at) {
    std::string changed = json;
    changed[at] = changed[at] == '0' ? '"' : '0';
    Result<Program> read = programFromJson(changed);
    EXPECT_TRUE(read || read.status().kind() == StatusKind::Io);
  }
}

static std::string messageOf(const Program &program) {
  Status status = verifyProgram(program);
  EXPECT_TRUE(status.isOk() || status.kind() == StatusKind::Compiler);
  return status.message();
}

TEST(ProgramTest, VerifierNamesWhatIsWrong) {
  EXPECT_EQ(messageOf(samplePlannedAttention()), "");
  Program program = samplePlannedAttention();
  program.steps[1].kernel = 2;
  EXPECT_EQ(messageOf(program),
            "the compiled program is malformed: a step names a kernel that does not exist");
  program = samplePlannedAttention();
  program.steps[1].threads = 1025;
  EXPECT_EQ(
      messageOf(program),
      "the compiled program is malformed: the block size of attend is not between 1 and 1024");
  program = samplePlannedAttention();
  program.steps[0].grid = Expression::dim(0, 4);
  EXPECT_EQ(messageOf(program), "the compiled program is malformed: the grid of plan reads a dim "
                                "that %q does not have");
  program = samplePlannedAttention();
  program.results[0].dims[0] = Expression::scalar(0);
  EXPECT_EQ(messageOf(program), "the compiled program is malformed: a dim of result 0 reads %q, "
                                "which is not an integer scalar");
  program = samplePlannedAttention();
  program.checks[0].right = Expression::dim(9, 0);
  EXPECT_EQ(messageOf(program), "the compiled program is malformed: the check of batch of %k "
                                "reads an argument that does not exist");
  program = samplePlannedAttention();
  program.steps[0].parameters[0].index = 2;
  EXPECT_EQ(messageOf(program), "the compiled program is malformed: a kernel parameter names a "
                                "temporary that does not exist");
  program = samplePlannedAttention();
  program.steps[0].parameters[2].integerType = DType::F32;
  EXPECT_EQ(messageOf(program),
            "the compiled program is malformed: an integer parameter is neither i32 nor i64");
  program = samplePlannedAttention();
  program.steps[0].isPlan = true;
  EXPECT_EQ(messageOf(program), "the compiled program is malformed: a step of the plan takes run "
                                "lists, which is not part of it");
  program.temporaries[0].ofPlan = program.temporaries[1].ofPlan = true;
  EXPECT_EQ(messageOf(program), "");
  std::swap(program.steps[0], program.steps[1]);
  EXPECT_EQ(messageOf(program),
            "the compiled program is malformed: a step of the plan follows one that is not");
  program.steps[0].isPlan = true;
  EXPECT_EQ(messageOf(program),
            "the compiled program is malformed: a step of the plan takes a result");
  program = samplePlannedAttention();
  program.statusMeanings.assign(33, "");
  EXPECT_EQ(messageOf(program),
            "the compiled program is malformed: its status has more than 32 bits");
  program = samplePlannedAttention();
  program.arguments[0].alignment = 12;
  EXPECT_EQ(messageOf(program),
            "the compiled program is malformed: the alignment of %q is not a power of two");
}

TEST(ProgramTest, CopyMapsAreOfTensorsThatCanBeCopied) {
  using P = ProgramParameter;
  auto messageWith = [](P map, auto change) {
    Program program = samplePlannedAttention();
    change(program);
    program.steps[1].parameters.push_back(map);
    std::string message = messageOf(program), prefix = "the compiled program is malformed: ";
    return message.empty() ? message : message.substr(prefix.size());
  };
  auto as = [](Program &) {};
  EXPECT_EQ(messageWith(P::copyMap(P::argument(0), 256, 64), as), "");
  EXPECT_EQ(messageWith(P::copyMap(P::result(0), 1, 16), as), "");
  EXPECT_EQ(messageWith(P::copyMap(P::argument(0), 257, 64), as),
            "a copy map has boxes of 257 x 64");
  EXPECT_EQ(messageWith(P::copyMap(P::argument(0), 64, 48), as), "a copy map has boxes of 64 x 48");
  EXPECT_EQ(messageWith(P::copyMap(P::status(), 64, 64), as),
            "a copy map is of something that is no tensor");
  EXPECT_EQ(messageWith(P::copyMap(P::result(2), 64, 64), as),
            "a copy map is of a tensor that does not exist");
  EXPECT_EQ(messageWith(P::copyMap(P::temporary(0), 64, 64), as),
            "a copy map is of run lists, which is not f16 or bf16 of rank 2 to 5");
  EXPECT_EQ(messageWith(P::copyMap(P::argument(3), 64, 64), as),
            "a copy map is of window, which is not f16 or bf16 of rank 2 to 5");
  EXPECT_EQ(messageWith(P::copyMap(P::argument(1), 64, 64),
                        [](Program &program) { program.arguments[1].alignment = 8; }),
            "a copy map is of k, which is not aligned to 16 bytes");
  EXPECT_EQ(messageWith(P::copyMap(P::argument(1), 64, 64, /*ofParts=*/true),
                        [](Program &program) { program.arguments[1].dims.pop_back(); }),
            "a copy map is of parts of k, which is not of rank 4");
  EXPECT_EQ(messageWith(P::copyMap(P::argument(1), 64, 64, /*ofParts=*/false, /*boxHeads=*/3), as),
            "a copy map has boxes of 64 rows of 3 heads");
  EXPECT_EQ(messageWith(P::copyMap(P::argument(1), 64, 64, /*ofParts=*/false, /*boxHeads=*/4),
                        [](Program &program) { program.arguments[1].dims.pop_back(); }),
            "a copy map packs heads of k, which is not of rank 4");
  Program program = samplePlannedAttention();
  program.steps[0].isPlan = true;
  program.temporaries[0].ofPlan = program.temporaries[1].ofPlan = true;
  program.steps[0].parameters.push_back(P::copyMap(P::argument(0), 64, 64));
  EXPECT_EQ(messageOf(program),
            "the compiled program is malformed: a step of the plan takes a copy map");
}

TEST(ProgramTest, ViewsArePaddedToEightBytes) {
  EXPECT_EQ(viewBytes(0), 16u);
  EXPECT_EQ(viewBytes(1), 16u);
  EXPECT_EQ(viewBytes(2), 24u);
  EXPECT_EQ(viewBytes(3), 40u);
  EXPECT_EQ(viewBytes(4), 48u);
}
