//===- RegionCode.h - A region, made quick to evaluate many times ----------===//
//
// A region of attn.attend becomes a flat list of instructions over numbered
// registers, once per run; evaluating an element is then a loop without MLIR in
// it. Only this translation knows the ops of regions: arithmetic by the table in
// Scalars, loads, scf.if as jumps, and the mask ops by their definitions, which
// are written out here anew so that their expansions have something to disagree
// with.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_REFERENCE_REGIONCODE_H
#define LIB_REFERENCE_REGIONCODE_H

#include "lacuna/Tensor.h"
#include "lib/Reference/Scalars.h"

#include "mlir/IR/Region.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <string>
#include <vector>

namespace lacuna::reference {

/// What the values of a spec function are during one run. Addresses of tensors
/// are pointers of this process.
struct Environment {
  llvm::DenseMap<mlir::Value, Scalar> scalars;
  llvm::DenseMap<mlir::Value, TensorRef> tensors;
};

/// Why an op had no result.
struct Fault {
  mlir::Operation *op = nullptr; ///< null: no fault
  std::string reason;            ///< "divides by zero"
  explicit operator bool() const { return op != nullptr; }
};

/// The element at these indices, which must be in range.
Scalar readElement(const TensorRef &tensor, const std::int64_t *indices);

/// The instructions of one region.
class RegionCode {
public:
  /// The registers of one evaluation; one per thread, used again and again.
  using Registers = std::vector<Scalar>;

  /// Precondition: the region is verified and not empty, and `environment` has
  /// every value it captures.
  RegionCode(mlir::Region &region, const Environment &environment);
  /// Code of a single scalar op whose operands `environment` has.
  RegionCode(mlir::Operation *op, const Environment &environment);

  /// Registers with constants and captured values in place.
  Registers makeRegisters() const { return initial; }
  /// Sets argument `index` of the region; an argument that the region does not
  /// have is ignored.
  void setArgument(Registers &registers, unsigned index, Scalar value) const {
    if (index < argumentCount)
      registers[index] = value;
  }
  /// Evaluates. On a fault the result is undefined.
  Fault run(Registers &registers) const;
  /// Yielded value `index` of the last evaluation.
  Scalar result(const Registers &registers, unsigned index = 0) const {
    return registers[results[index]];
  }

private:
  using Register = std::uint16_t;

  /// One step; which fields mean something depends on the kind.
  struct Instruction {
    enum class Kind : std::uint8_t { Apply, Load, Move, Jump, JumpUnless };
    Kind kind = Kind::Apply;
    std::uint8_t operandCount = 0;
    Register result = 0;
    Register operands[maxRank] = {};
    std::uint32_t target = 0; ///< of jumps: instruction; of loads: table
    ScalarFunction function = nullptr;
    ScalarContext context;
    mlir::Operation *op = nullptr;
  };

  Register newRegister(Scalar value = {.integer = 0});
  Register registerOf(mlir::Value value);
  Register apply(mlir::Operation *op, ScalarFunction function, llvm::ArrayRef<Register> operands,
                 ScalarContext context = {});
  Register load(mlir::Operation *op, mlir::Value table, llvm::ArrayRef<Register> indices);
  void move(Register to, Register from);
  void addBlock(mlir::Block &block);
  void addOp(mlir::Operation *op);
  void addIf(mlir::Operation *op);
  /// The result register of a mask op; false when `op` is none.
  bool addMask(mlir::Operation *op);
  Fault loadElement(const Instruction &instruction, Registers &registers) const;

  const Environment &environment;
  llvm::DenseMap<mlir::Value, Register> registerNumbers; ///< while translating
  unsigned argumentCount = 0;
  Registers initial;
  std::vector<TensorRef> tables;
  std::vector<Instruction> instructions;
  std::vector<Register> results;
};

} // namespace lacuna::reference

#endif // LIB_REFERENCE_REGIONCODE_H
