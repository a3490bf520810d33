//===- Program.cpp - What makes a program well formed ----------------------===//
//
// A program comes from the compiler or from a file. Either way it is verified
// once, here, so that the launch path may index without looking.
//
//===----------------------------------------------------------------------===//
#include "lib/Runtime/Program.h"

using namespace lacuna;

static Status malformed(std::string what) {
  return Status(StatusKind::Compiler, "the compiled program is malformed: " + std::move(what));
}

/// Checks that the expression reads existing dims and integer scalars only.
static Status verifyExpression(const Program &program, const Expression &expression,
                               const std::string &where) {
  if (!Expression::fromInstructions(expression.instructions()))
    return malformed(where + " is nested too deeply");
  for (const Expression::Instruction &leaf : expression.instructions()) {
    if (leaf.op != Expression::Op::Dim && leaf.op != Expression::Op::Scalar)
      continue;
    if (leaf.argument < 0 || std::size_t(leaf.argument) >= program.arguments.size())
      return malformed(where + " reads an argument that does not exist");
    const ProgramArgument &argument = program.arguments[leaf.argument];
    if (leaf.op == Expression::Op::Scalar && (argument.isTensor || isFloat(argument.dtype)))
      return malformed(where + " reads %" + argument.name + ", which is not an integer scalar");
    if (leaf.op == Expression::Op::Dim &&
        (!argument.isTensor || leaf.axis < 0 || std::size_t(leaf.axis) >= argument.dims.size()))
      return malformed(where + " reads a dim that %" + argument.name + " does not have");
  }
  return Status();
}

static bool isPowerOfTwo(std::uint32_t value) { return value && (value & (value - 1)) == 0; }

static Status verifyTensor(const Program &program, const ProgramTensor &tensor) {
  if (tensor.dims.size() > std::size_t(maxRank))
    return malformed("the rank of " + tensor.name + " is too large");
  if (!isPowerOfTwo(tensor.alignment))
    return malformed("the alignment of " + tensor.name + " is not a power of two");
  for (const Expression &dim : tensor.dims)
    if (Status status = verifyExpression(program, dim, "a dim of " + tensor.name); !status.isOk())
      return status;
  return Status();
}

/// Checks that bulk copies can move the boxes of a tensor that exists.
static Status verifyCopyMap(const Program &program, const ProgramParameter &parameter) {
  auto verify = [&](const auto &tensors) {
    if (parameter.index >= tensors.size())
      return malformed("a copy map is of a tensor that does not exist");
    const auto &tensor = tensors[parameter.index];
    std::size_t rank = tensor.dims.size();
    if (rank < 2 || rank > 5 || (tensor.dtype != DType::F16 && tensor.dtype != DType::BF16))
      return malformed("a copy map is of " + tensor.name +
                       ", which is not f16 or bf16 of rank 2 to 5");
    if (parameter.ofParts && rank != 4)
      return malformed("a copy map is of parts of " + tensor.name + ", which is not of rank 4");
    if (parameter.boxHeads != 1 && rank != 4)
      return malformed("a copy map packs heads of " + tensor.name + ", which is not of rank 4");
    if (tensor.alignment % 16 != 0)
      return malformed("a copy map is of " + tensor.name + ", which is not aligned to 16 bytes");
    return Status();
  };
  std::uint32_t columns = parameter.boxColumns;
  if (parameter.boxRows < 1 || parameter.boxRows > 256 ||
      (columns != 16 && columns != 32 && columns != 64))
    return malformed("a copy map has boxes of " + std::to_string(parameter.boxRows) + " x " +
                     std::to_string(columns));
  if (parameter.boxHeads < 1 || parameter.boxRows % parameter.boxHeads != 0)
    return malformed("a copy map has boxes of " + std::to_string(parameter.boxRows) + " rows of " +
                     std::to_string(parameter.boxHeads) + " heads");
  switch (parameter.of) {
  case ProgramParameter::Kind::Argument:
    return verify(program.arguments);
  case ProgramParameter::Kind::Result:
    return verify(program.results);
  case ProgramParameter::Kind::Temporary:
    return verify(program.temporaries);
  default:
    return malformed("a copy map is of something that is no tensor");
  }
}

static Status verifyParameter(const Program &program, const ProgramParameter &parameter) {
  switch (parameter.kind) {
  case ProgramParameter::Kind::Argument:
    if (parameter.index >= program.arguments.size())
      return malformed("a kernel parameter names an argument that does not exist");
    return Status();
  case ProgramParameter::Kind::Result:
    if (parameter.index >= program.results.size())
      return malformed("a kernel parameter names a result that does not exist");
    return Status();
  case ProgramParameter::Kind::Temporary:
    if (parameter.index >= program.temporaries.size())
      return malformed("a kernel parameter names a temporary that does not exist");
    return Status();
  case ProgramParameter::Kind::Status:
    return Status();
  case ProgramParameter::Kind::CopyMap:
    return verifyCopyMap(program, parameter);
  case ProgramParameter::Kind::Integer:
    if (parameter.integerType != DType::I32 && parameter.integerType != DType::I64)
      return malformed("an integer parameter is neither i32 nor i64");
    return verifyExpression(program, parameter.value, "a kernel parameter");
  }
  return malformed("a kernel parameter is of no known kind");
}

/// Steps of the plan write the plan and nothing else.
static Status verifyPlanStep(const Program &program, const ProgramStep &step) {
  for (const ProgramParameter &parameter : step.parameters) {
    if (parameter.kind == ProgramParameter::Kind::Result)
      return malformed("a step of the plan takes a result");
    if (parameter.kind == ProgramParameter::Kind::CopyMap)
      return malformed("a step of the plan takes a copy map");
    if (parameter.kind == ProgramParameter::Kind::Temporary &&
        !program.temporaries[parameter.index].ofPlan)
      return malformed("a step of the plan takes " + program.temporaries[parameter.index].name +
                       ", which is not part of it");
  }
  return Status();
}

static Status verifyStep(const Program &program, const ProgramStep &step) {
  if (step.kernel >= program.kernels.size())
    return malformed("a step names a kernel that does not exist");
  const std::string &kernel = program.kernels[step.kernel].name;
  if (step.threads == 0 || step.threads > 1024)
    return malformed("the block size of " + kernel + " is not between 1 and 1024");
  for (const ProgramParameter &parameter : step.parameters)
    if (Status status = verifyParameter(program, parameter); !status.isOk())
      return status;
  if (Status status = verifyExpression(program, step.grid, "the grid of " + kernel);
      !status.isOk() || !step.isPlan)
    return status;
  return verifyPlanStep(program, step);
}

Status lacuna::verifyProgram(const Program &program) {
  for (const ProgramArgument &argument : program.arguments) {
    if (argument.dims.size() > std::size_t(maxRank))
      return malformed("the rank of %" + argument.name + " is too large");
    if (argument.isTensor && !isPowerOfTwo(argument.alignment))
      return malformed("the alignment of %" + argument.name + " is not a power of two");
  }
  for (const std::vector<ProgramTensor> *tensors : {&program.results, &program.temporaries})
    for (const ProgramTensor &tensor : *tensors)
      if (Status status = verifyTensor(program, tensor); !status.isOk())
        return status;
  for (const ProgramCheck &check : program.checks)
    for (const Expression *side : {&check.left, &check.right})
      if (Status status = verifyExpression(program, *side, "the check of " + check.leftName);
          !status.isOk())
        return status;
  if (program.statusMeanings.size() > 32)
    return malformed("its status has more than 32 bits");
  bool planned = false;
  for (const ProgramStep &step : program.steps) {
    if (Status status = verifyStep(program, step); !status.isOk())
      return status;
    if (step.isPlan && planned)
      return malformed("a step of the plan follows one that is not");
    planned = !step.isPlan;
  }
  return Status();
}
