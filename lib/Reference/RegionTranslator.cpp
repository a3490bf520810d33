//===- RegionTranslator.cpp - From the ops of a region to its code ----------===//
//
// Only this file knows the ops of regions: arithmetic by the table in Scalars,
// loads, scf.if as jumps, and the mask ops by their definitions, which are
// written out here anew so that their expansions have something to disagree
// with.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "lib/Reference/RegionCode.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace lacuna::reference {

/// Builds the code of one region.
class RegionTranslator {
public:
  explicit RegionTranslator(const Environment &environment) : environment(environment) {}

  RegionCode translate(mlir::Region &region);
  RegionCode translate(mlir::Operation *op);

private:
  Register newRegister(Scalar value = {.integer = 0});
  Register registerOf(mlir::Value value);
  Register apply(mlir::Operation *op, ScalarFunction function, llvm::ArrayRef<Register> operands,
                 ScalarContext context = {});
  Register load(mlir::Operation *op, mlir::Value table, llvm::ArrayRef<Register> indices);
  void contribute(attn::ContributeOp op);
  void move(Register to, Register from);
  void addBlock(mlir::Block &block);
  void addOp(mlir::Operation *op);
  void addIf(mlir::Operation *op);
  /// False when `op` is no mask op.
  bool addMask(mlir::Operation *op);

  const Environment &environment;
  llvm::DenseMap<mlir::Value, Register> registerNumbers;
  RegionCode code;
};

RegionCode RegionTranslator::translate(mlir::Region &region) {
  code.argumentCount = region.getNumArguments();
  for (mlir::BlockArgument argument : region.getArguments())
    registerNumbers[argument] = newRegister();
  addBlock(region.front());
  for (mlir::Value value : region.front().getTerminator()->getOperands())
    code.results.push_back(registerOf(value));
  return std::move(code);
}

RegionCode RegionTranslator::translate(mlir::Operation *op) {
  addOp(op);
  code.results.push_back(registerOf(op->getResult(0)));
  return std::move(code);
}

RegionCode RegionCode::translate(mlir::Region &region, const Environment &environment) {
  return RegionTranslator(environment).translate(region);
}

RegionCode RegionCode::translate(mlir::Operation *op, const Environment &environment) {
  return RegionTranslator(environment).translate(op);
}

Register RegionTranslator::newRegister(Scalar value) {
  code.initial.push_back(value);
  return static_cast<Register>(code.initial.size() - 1);
}

Register RegionTranslator::registerOf(mlir::Value value) {
  auto known = registerNumbers.find(value);
  if (known != registerNumbers.end())
    return known->second;
  Register captured = newRegister(environment.scalars.lookup(value));
  registerNumbers[value] = captured;
  return captured;
}

Register RegionTranslator::apply(mlir::Operation *op, ScalarFunction function,
                                 llvm::ArrayRef<Register> operands, ScalarContext context) {
  Instruction instruction;
  instruction.operandCount = static_cast<std::uint8_t>(operands.size());
  llvm::copy(operands, instruction.operands);
  instruction.result = newRegister();
  instruction.function = function;
  instruction.context = context;
  instruction.op = op;
  code.instructions.push_back(instruction);
  return instruction.result;
}

Register RegionTranslator::load(mlir::Operation *op, mlir::Value table,
                                llvm::ArrayRef<Register> indices) {
  Instruction instruction;
  instruction.kind = Instruction::Kind::Load;
  instruction.operandCount = static_cast<std::uint8_t>(indices.size());
  llvm::copy(indices, instruction.operands);
  instruction.result = newRegister();
  instruction.target = static_cast<std::uint32_t>(code.tables.size());
  instruction.op = op;
  code.tables.push_back({environment.tensors.lookup(table)});
  code.instructions.push_back(instruction);
  return instruction.result;
}

void RegionTranslator::contribute(attn::ContributeOp op) {
  Instruction instruction;
  instruction.kind = Instruction::Kind::Contribute;
  instruction.result = registerOf(op.getValue());
  instruction.operandCount = static_cast<std::uint8_t>(op.getIndices().size());
  for (auto [number, index] : llvm::enumerate(op.getIndices()))
    instruction.operands[number] = registerOf(index);
  instruction.target = static_cast<std::uint32_t>(code.tables.size());
  instruction.op = op;
  auto wanted = op->getParentOfType<attn::AttendGradOp>().getWanted();
  code.tables.push_back(
      {environment.tensors.lookup(op.getTarget()),
       static_cast<unsigned>(llvm::find(wanted, op.getTarget()) - wanted.begin())});
  code.instructions.push_back(instruction);
}

void RegionTranslator::move(Register to, Register from) {
  Instruction instruction;
  instruction.kind = Instruction::Kind::Move;
  instruction.operands[0] = from;
  instruction.result = to;
  code.instructions.push_back(instruction);
}

void RegionTranslator::addBlock(mlir::Block &block) {
  for (mlir::Operation &op : block.without_terminator())
    addOp(&op);
}

void RegionTranslator::addOp(mlir::Operation *op) {
  if (auto constant = mlir::dyn_cast<mlir::arith::ConstantOp>(op)) {
    Scalar value;
    if (auto integer = mlir::dyn_cast<mlir::IntegerAttr>(constant.getValue()))
      value = integerScalar(integer.getValue().getSExtValue());
    else
      value = realScalar(
          static_cast<float>(mlir::cast<mlir::FloatAttr>(constant.getValue()).getValueAsDouble()));
    registerNumbers[constant] = newRegister(value);
  } else if (auto dim = mlir::dyn_cast<mlir::tensor::DimOp>(op)) {
    std::int64_t size = environment.tensors.lookup(dim.getSource()).shape[*dim.getConstantIndex()];
    registerNumbers[dim] = newRegister(integerScalar(size));
  } else if (auto element = mlir::dyn_cast<attn::LoadOp>(op)) {
    llvm::SmallVector<Register> indices;
    for (mlir::Value index : element.getIndices())
      indices.push_back(registerOf(index));
    registerNumbers[element] = load(op, element.getTable(), indices);
  } else if (auto contribution = mlir::dyn_cast<attn::ContributeOp>(op)) {
    contribute(contribution);
  } else if (mlir::isa<mlir::scf::IfOp>(op)) {
    addIf(op);
  } else if (!addMask(op)) {
    ScalarContext context;
    ScalarFunction function = scalarFunction(op, context);
    assert(function && "SpecRules lists an op that Scalars does not");
    llvm::SmallVector<Register> operands;
    for (mlir::Value operand : op->getOperands())
      operands.push_back(registerOf(operand));
    registerNumbers[op->getResult(0)] = apply(op, function, operands, context);
  }
}

void RegionTranslator::addIf(mlir::Operation *op) {
  auto branch = mlir::cast<mlir::scf::IfOp>(op);
  for (mlir::Value result : branch.getResults())
    registerNumbers[result] = newRegister();

  auto jump = [&](Instruction::Kind kind) {
    Instruction instruction;
    instruction.kind = kind;
    code.instructions.push_back(instruction);
    return code.instructions.size() - 1;
  };
  auto addBranch = [&](mlir::Region &region) {
    if (region.empty())
      return;
    addBlock(region.front());
    for (auto [result, value] :
         llvm::zip(branch.getResults(), region.front().getTerminator()->getOperands()))
      move(registerOf(result), registerOf(value));
  };
  Register condition = registerOf(branch.getCondition());
  std::size_t toElse = jump(Instruction::Kind::JumpUnless);
  code.instructions[toElse].operands[0] = condition;
  addBranch(branch.getThenRegion());
  std::size_t toEnd = jump(Instruction::Kind::Jump);
  code.instructions[toElse].target = static_cast<std::uint32_t>(code.instructions.size());
  addBranch(branch.getElseRegion());
  code.instructions[toEnd].target = static_cast<std::uint32_t>(code.instructions.size());
}

//===----------------------------------------------------------------------===//
// Mask ops: their definitions, in exact integers
//===----------------------------------------------------------------------===//

static Scalar isCausal(const Scalar *x, ScalarContext &) {
  return boolScalar(x[1].integer <= x[0].integer + x[2].integer);
}
static Scalar isWithinLeft(const Scalar *x, ScalarContext &) {
  return boolScalar(x[1].integer >= x[0].integer - x[2].integer);
}
static Scalar isBelow(const Scalar *x, ScalarContext &) {
  return boolScalar(x[0].integer < x[1].integer);
}
static Scalar isSame(const Scalar *x, ScalarContext &) {
  return boolScalar(x[0].integer == x[1].integer);
}
static Scalar isOnComb(const Scalar *x, ScalarContext &context) {
  if (x[2].integer == 0) {
    context.fault = "divides by zero";
    return boolScalar(false);
  }
  return boolScalar((x[0].integer - x[1].integer) % x[2].integer == 0);
}
/// The block that holds a position.
static Scalar blockOf(const Scalar *x, ScalarContext &) {
  std::int64_t position = x[0].integer, size = x[1].integer;
  return integerScalar(position < 0 ? -((size - 1 - position) / size) : position / size);
}
static Scalar both(const Scalar *x, ScalarContext &) {
  return boolScalar(x[0].integer && x[1].integer);
}
static Scalar either(const Scalar *x, ScalarContext &) {
  return boolScalar(x[0].integer || x[1].integer);
}
static Scalar opposite(const Scalar *x, ScalarContext &) { return boolScalar(!x[0].integer); }

bool RegionTranslator::addMask(mlir::Operation *op) {
  auto orZero = [&](mlir::Value value) { return value ? registerOf(value) : newRegister(); };
  auto junction = [&](ScalarFunction function) {
    Register all = registerOf(op->getOperand(0));
    for (mlir::Value operand : op->getOperands().drop_front())
      all = apply(op, function, {all, registerOf(operand)});
    return all;
  };
  auto window = [&](attn::SlidingWindowOp mask) {
    Register i = registerOf(mask.getI()), j = registerOf(mask.getJ());
    Register visible = newRegister(boolScalar(true));
    if (mask.getLeft())
      visible = apply(op, isWithinLeft, {i, j, registerOf(mask.getLeft())});
    if (mask.getRight())
      visible =
          apply(op, both, {visible, apply(op, isCausal, {i, j, registerOf(mask.getRight())})});
    return visible;
  };
  auto document = [&](attn::DocumentOp mask) {
    llvm::SmallVector<Register> indices;
    for (mlir::Value index : mask.getIndices())
      indices.push_back(registerOf(index));
    indices.push_back(registerOf(mask.getI()));
    Register query = load(op, mask.getIds(), indices);
    indices.back() = registerOf(mask.getJ());
    return apply(op, isSame, {query, load(op, mask.getIds(), indices)});
  };
  auto blocks = [&](attn::BlockMaskOp mask) {
    llvm::SmallVector<Register> indices;
    for (mlir::Value index : mask.getIndices())
      indices.push_back(registerOf(index));
    const std::pair<mlir::Value, std::uint32_t> axes[] = {{mask.getI(), mask.getQueryBlock()},
                                                          {mask.getJ(), mask.getKeyBlock()}};
    for (auto [position, size] : axes)
      indices.push_back(
          apply(op, blockOf, {registerOf(position), newRegister(integerScalar(size))}));
    return load(op, mask.getBlocks(), indices);
  };
  using Found = std::optional<Register>;
  Found visible =
      llvm::TypeSwitch<mlir::Operation *, Found>(op)
          .Case([&](attn::CausalOp mask) {
            return apply(
                op, isCausal,
                {registerOf(mask.getI()), registerOf(mask.getJ()), orZero(mask.getOffset())});
          })
          .Case([&](attn::PrefixOp mask) {
            return apply(op, isBelow, {registerOf(mask.getJ()), registerOf(mask.getLength())});
          })
          .Case([&](attn::DilatedOp mask) {
            return apply(
                op, isOnComb,
                {registerOf(mask.getI()), registerOf(mask.getJ()), registerOf(mask.getStep())});
          })
          .Case([&](attn::SlidingWindowOp mask) { return window(mask); })
          .Case([&](attn::DocumentOp mask) { return document(mask); })
          .Case([&](attn::BlockMaskOp mask) { return blocks(mask); })
          .Case([&](attn::AndOp) { return junction(both); })
          .Case([&](attn::OrOp) { return junction(either); })
          .Case([&](attn::NotOp mask) {
            return apply(op, opposite, {registerOf(mask.getOperand())});
          })
          .Default(std::nullopt);
  if (visible)
    registerNumbers[op->getResult(0)] = *visible;
  return visible.has_value();
}

} // namespace lacuna::reference
