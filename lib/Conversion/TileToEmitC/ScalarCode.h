//===- ScalarCode.h - Scalar programs as EmitC -----------------*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_SCALARCODE_H
#define LIB_CONVERSION_TILETOEMITC_SCALARCODE_H

#include "lib/Conversion/TileToEmitC/Emission.h"

#include "mlir/IR/IRMapping.h"

namespace lacuna {

/// EmitC type of a scalar; see `scalarTypeText`.
mlir::Type scalarType(mlir::Type type);

/// A constant as C++ text, with parentheses where a sign needs them.
std::string constantText(mlir::TypedAttr value);

/// Prints scalar operations (arith, math, scf.if, tile.read, tile.atomic_add,
/// tile.report, tile.failed) into EmitC.
///
/// Integers keep their width and are signed; unsigned operations cast. Overflow
/// is an error in a spec, so + - * are those of C. f16 and bf16 values live in
/// floats and are rounded after every operation, as their type demands.
class ScalarCode {
public:
  ScalarCode(Emission &emission, mlir::OpBuilder &builder, mlir::IRMapping &values)
      : emission(emission), builder(builder), values(values) {}

  /// Prints every operation of a block but the terminator.
  mlir::LogicalResult lowerBlock(mlir::Block &block);

  /// Prints one operation; its operands must have values.
  mlir::LogicalResult lower(mlir::Operation &op);

  /// Reports of `bit` set this variable (a bool &) and leave the rest to the caller.
  void collectReports(unsigned bit, mlir::Value variable) { collected[bit] = variable; }

private:
  mlir::Value literal(mlir::Location location, mlir::Type type, llvm::StringRef text);
  mlir::Value cast(mlir::Location location, mlir::Type type, mlir::Value value);
  mlir::Value call(mlir::Location location, mlir::Type result, llvm::StringRef callee,
                   mlir::ValueRange operands, llvm::StringRef header = {});
  mlir::Value asUnsigned(mlir::Value value);
  mlir::Value roundTo(mlir::Type type, mlir::Value value);
  mlir::Value operand(mlir::Operation &op, unsigned index) {
    return values.lookup(op.getOperand(index));
  }

  mlir::Value lowerArithmetic(mlir::Operation &op);
  mlir::Value lowerCompare(mlir::arith::CmpIOp op);
  mlir::Value lowerCompare(mlir::arith::CmpFOp op);
  mlir::Value lowerConversion(mlir::Operation &op);
  mlir::Value lowerBitcast(mlir::arith::BitcastOp op);
  mlir::Value lowerFunction(mlir::Operation &op);
  mlir::LogicalResult lowerIf(mlir::scf::IfOp op);
  /// An element of a view: its address, and whether its indices are in range.
  struct Place {
    mlir::Value address, inside;
  };
  Place placeOf(mlir::Location location, mlir::Value view, mlir::ValueRange indices);
  mlir::LogicalResult lowerRead(tile::ReadOp op);
  mlir::LogicalResult lowerAtomicAdd(tile::AtomicAddOp op);
  mlir::LogicalResult lowerRange(tile::LoadRangeOp op);
  mlir::LogicalResult lowerReport(tile::ReportOp op);

  Emission &emission;
  mlir::OpBuilder &builder;
  mlir::IRMapping &values;
  llvm::DenseMap<unsigned, mlir::Value> collected;
};

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_SCALARCODE_H
