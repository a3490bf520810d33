#include "lib/Reference/RegionCode.h"

#include "dialects/Attn/IR/Attn.h"
#include "lib/Support/HalfBits.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cstring>

namespace lacuna::reference {

template <class T>
static T elementAt(const TensorRef &tensor, std::int64_t offset) {
  T value;
  const char *base = reinterpret_cast<const char *>(tensor.address);
  std::memcpy(&value, base + offset * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

Scalar readElement(const TensorRef &tensor, const std::int64_t *indices) {
  std::int64_t offset = 0;
  for (int axis = 0; axis < tensor.rank; ++axis)
    offset += indices[axis] * tensor.strides[axis];
  switch (tensor.dtype) {
  case DType::F16:
    return realScalar(floatFromF16(elementAt<std::uint16_t>(tensor, offset)));
  case DType::BF16:
    return realScalar(floatFromBf16(elementAt<std::uint16_t>(tensor, offset)));
  case DType::F32:
    return realScalar(elementAt<float>(tensor, offset));
  case DType::I1:
    return boolScalar(elementAt<std::uint8_t>(tensor, offset) != 0);
  case DType::I8:
    return integerScalar(elementAt<std::int8_t>(tensor, offset));
  case DType::I16:
    return integerScalar(elementAt<std::int16_t>(tensor, offset));
  case DType::I32:
    return integerScalar(elementAt<std::int32_t>(tensor, offset));
  case DType::I64:
    return integerScalar(elementAt<std::int64_t>(tensor, offset));
  case DType::F64:
    break;
  }
  llvm_unreachable("specs have no f64");
}

//===----------------------------------------------------------------------===//
// Translation
//===----------------------------------------------------------------------===//

RegionCode::RegionCode(mlir::Region &region, const Environment &environment)
    : environment(environment), argumentCount(region.getNumArguments()) {
  for (mlir::BlockArgument argument : region.getArguments())
    registerNumbers[argument] = newRegister();
  addBlock(region.front());
  for (mlir::Value value : region.front().getTerminator()->getOperands())
    results.push_back(registerOf(value));
}

RegionCode::RegionCode(mlir::Operation *op, const Environment &environment)
    : environment(environment) {
  addOp(op);
  results.push_back(registerOf(op->getResult(0)));
}

RegionCode::Register RegionCode::newRegister(Scalar value) {
  initial.push_back(value);
  return static_cast<Register>(initial.size() - 1);
}

RegionCode::Register RegionCode::registerOf(mlir::Value value) {
  auto known = registerNumbers.find(value);
  if (known != registerNumbers.end())
    return known->second;
  Register captured = newRegister(environment.scalars.lookup(value));
  registerNumbers[value] = captured;
  return captured;
}

RegionCode::Register RegionCode::apply(mlir::Operation *op, ScalarFunction function,
                                       llvm::ArrayRef<Register> operands, ScalarContext context) {
  Instruction instruction;
  instruction.operandCount = static_cast<std::uint8_t>(operands.size());
  llvm::copy(operands, instruction.operands);
  instruction.result = newRegister();
  instruction.function = function;
  instruction.context = context;
  instruction.op = op;
  instructions.push_back(instruction);
  return instruction.result;
}

RegionCode::Register RegionCode::load(mlir::Operation *op, mlir::Value table,
                                      llvm::ArrayRef<Register> indices) {
  Instruction instruction;
  instruction.kind = Instruction::Kind::Load;
  instruction.operandCount = static_cast<std::uint8_t>(indices.size());
  llvm::copy(indices, instruction.operands);
  instruction.result = newRegister();
  instruction.target = static_cast<std::uint32_t>(tables.size());
  instruction.op = op;
  tables.push_back(environment.tensors.lookup(table));
  instructions.push_back(instruction);
  return instruction.result;
}

void RegionCode::move(Register to, Register from) {
  Instruction instruction;
  instruction.kind = Instruction::Kind::Move;
  instruction.operands[0] = from;
  instruction.result = to;
  instructions.push_back(instruction);
}

void RegionCode::addBlock(mlir::Block &block) {
  for (mlir::Operation &op : block.without_terminator())
    addOp(&op);
}

void RegionCode::addOp(mlir::Operation *op) {
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

void RegionCode::addIf(mlir::Operation *op) {
  auto branch = mlir::cast<mlir::scf::IfOp>(op);
  for (mlir::Value result : branch.getResults())
    registerNumbers[result] = newRegister();

  auto jump = [&](Instruction::Kind kind) {
    Instruction instruction;
    instruction.kind = kind;
    instructions.push_back(instruction);
    return instructions.size() - 1;
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
  instructions[toElse].operands[0] = condition;
  addBranch(branch.getThenRegion());
  std::size_t toEnd = jump(Instruction::Kind::Jump);
  instructions[toElse].target = static_cast<std::uint32_t>(instructions.size());
  addBranch(branch.getElseRegion());
  instructions[toEnd].target = static_cast<std::uint32_t>(instructions.size());
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
static Scalar both(const Scalar *x, ScalarContext &) {
  return boolScalar(x[0].integer && x[1].integer);
}
static Scalar either(const Scalar *x, ScalarContext &) {
  return boolScalar(x[0].integer || x[1].integer);
}
static Scalar opposite(const Scalar *x, ScalarContext &) { return boolScalar(!x[0].integer); }

bool RegionCode::addMask(mlir::Operation *op) {
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

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

Fault RegionCode::loadElement(const Instruction &instruction, Registers &registers) const {
  const TensorRef &table = tables[instruction.target];
  std::int64_t indices[maxRank];
  for (int axis = 0; axis < table.rank; ++axis) {
    indices[axis] = registers[instruction.operands[axis]].integer;
    if (indices[axis] < 0 || indices[axis] >= table.shape[axis])
      return {instruction.op, "reads index " + std::to_string(indices[axis]) + " of dimension " +
                                  std::to_string(axis) + ", which has size " +
                                  std::to_string(table.shape[axis])};
  }
  registers[instruction.result] = readElement(table, indices);
  return {};
}

Fault RegionCode::run(Registers &registers) const {
  for (std::size_t next = 0; next < instructions.size();) {
    const Instruction &instruction = instructions[next++];
    switch (instruction.kind) {
    case Instruction::Kind::Apply: {
      Scalar operands[3];
      for (unsigned n = 0; n < instruction.operandCount; ++n)
        operands[n] = registers[instruction.operands[n]];
      ScalarContext context = instruction.context;
      registers[instruction.result] = instruction.function(operands, context);
      if (context.fault)
        return {instruction.op, context.fault};
      break;
    }
    case Instruction::Kind::Load:
      if (Fault fault = loadElement(instruction, registers))
        return fault;
      break;
    case Instruction::Kind::Move:
      registers[instruction.result] = registers[instruction.operands[0]];
      break;
    case Instruction::Kind::Jump:
      next = instruction.target;
      break;
    case Instruction::Kind::JumpUnless:
      if (!registers[instruction.operands[0]].integer)
        next = instruction.target;
      break;
    }
  }
  return {};
}

} // namespace lacuna::reference
