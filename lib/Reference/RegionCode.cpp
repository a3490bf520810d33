#include "lib/Reference/RegionCode.h"

#include "lib/Support/HalfBits.h"

#include "llvm/Support/ErrorHandling.h"

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

Fault RegionCode::findElement(const Instruction &instruction, const Registers &registers,
                              std::int64_t *indices) const {
  const TensorRef &table = tables[instruction.target].tensor;
  for (int axis = 0; axis < table.rank; ++axis) {
    indices[axis] = registers[instruction.operands[axis]].integer;
    bool reads = instruction.kind == Instruction::Kind::Load;
    if (indices[axis] < 0 || indices[axis] >= table.shape[axis])
      return {instruction.op, (reads ? "reads index " : "adds to index ") +
                                  std::to_string(indices[axis]) + " of dimension " +
                                  std::to_string(axis) + ", which has size " +
                                  std::to_string(table.shape[axis])};
  }
  return {};
}

Fault RegionCode::loadElement(const Instruction &instruction, Registers &registers) const {
  std::int64_t indices[maxRank];
  Fault fault = findElement(instruction, registers, indices);
  if (!fault)
    registers[instruction.result] = readElement(tables[instruction.target].tensor, indices);
  return fault;
}

Fault RegionCode::contribute(const Instruction &instruction, const Registers &registers,
                             std::vector<Contribution> &contributions) const {
  std::int64_t indices[maxRank], offset = 0;
  if (Fault fault = findElement(instruction, registers, indices))
    return fault;
  const Table &table = tables[instruction.target];
  for (int axis = 0; axis < table.tensor.rank; ++axis)
    offset = offset * table.tensor.shape[axis] + indices[axis];
  contributions.push_back({table.wanted, offset, registers[instruction.result].real});
  return {};
}

Fault RegionCode::run(Registers &registers, std::vector<Contribution> *contributions) const {
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
    case Instruction::Kind::Contribute:
      if (Fault fault = contribute(instruction, registers, *contributions))
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
