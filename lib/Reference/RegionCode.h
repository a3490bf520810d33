//===- RegionCode.h - A region, made quick to evaluate many times ----------===//
//
// A region of attn.attend becomes a flat list of instructions over numbered
// registers, once per run; evaluating an element is then a loop without MLIR in
// it.
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

/// Numbers of registers.
using Register = std::uint16_t;

/// One step of a region's code; which fields mean something depends on the kind.
struct Instruction {
  enum class Kind : std::uint8_t { Apply, Load, Contribute, Move, Jump, JumpUnless };
  Kind kind = Kind::Apply;
  std::uint8_t operandCount = 0;
  Register result = 0; ///< of contributions: what is added
  Register operands[maxRank] = {};
  std::uint32_t target = 0; ///< of jumps: instruction; of loads and contributions: table
  ScalarFunction function = nullptr;
  ScalarContext context;
  mlir::Operation *op = nullptr;
};

/// What an element adds to a gradient.
struct Contribution {
  unsigned wanted;     ///< which of the values that the op wants gradients of
  std::int64_t offset; ///< of the element in a row-major array of its shape
  float value;
};

/// The code of one region. Needs the region only to name ops in faults.
class RegionCode {
public:
  /// The registers of one evaluation; one per thread, used again and again.
  using Registers = std::vector<Scalar>;

  /// Precondition: the region is verified and not empty, and `environment` has
  /// every value it captures.
  static RegionCode translate(mlir::Region &region, const Environment &environment);
  /// Code of a single scalar op whose operands `environment` has.
  static RegionCode translate(mlir::Operation *op, const Environment &environment);

  /// Registers with constants and captured values in place.
  Registers makeRegisters() const { return initial; }
  /// Sets argument `index` of the region; an argument that the region does not
  /// have is ignored.
  void setArgument(Registers &registers, unsigned index, Scalar value) const {
    if (index < argumentCount)
      registers[index] = value;
  }
  /// Evaluates. On a fault the result is undefined. `contributions`, which a pullback
  /// needs and no other region, gets what the element contributes.
  Fault run(Registers &registers, std::vector<Contribution> *contributions = nullptr) const;
  /// Yielded value `index` of the last evaluation.
  Scalar result(const Registers &registers, unsigned index = 0) const {
    return registers[results[index]];
  }

private:
  friend class RegionTranslator;
  RegionCode() = default;
  /// The indices of an element that a load or a contribution names.
  Fault findElement(const Instruction &instruction, const Registers &registers,
                    std::int64_t *indices) const;
  Fault loadElement(const Instruction &instruction, Registers &registers) const;
  Fault contribute(const Instruction &instruction, const Registers &registers,
                   std::vector<Contribution> &contributions) const;

  /// A table of loads or contributions; of the latter also a scalar, without dimensions.
  struct Table {
    TensorRef tensor;
    unsigned wanted = 0; ///< of contributions
  };

  unsigned argumentCount = 0; ///< the first registers
  Registers initial;
  std::vector<Table> tables;
  std::vector<Instruction> instructions;
  std::vector<Register> results;
};

} // namespace lacuna::reference

#endif // LIB_REFERENCE_REGIONCODE_H
