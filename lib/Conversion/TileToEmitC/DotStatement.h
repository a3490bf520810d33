//===- DotStatement.h - What every printed product is made of ----*- C++ -*-===//
//
// Instructions differ by target family, the function around them does not: it
// takes the accumulators and both operands, and holds one asm statement.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_TILETOEMITC_DOTSTATEMENT_H
#define LIB_CONVERSION_TILETOEMITC_DOTSTATEMENT_H

#include "lib/Conversion/TileToEmitC/Fragment.h"
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"

namespace lacuna {

/// A product, as the code that prints it asks.
struct DotStatement {
  tile::DotOp op;
  Fragment result;
  std::optional<Fragment> lhs;            ///< the left operand, if it is in registers
  tile::SharedType lhsSlot, rhs;          ///< operands in shared memory, else null
  mlir::Type element;                     ///< of the operands
  std::string lhsName = {}, rhsName = {}; ///< what the function calls its operands
  bool fromZero = false;                  ///< the accumulator is no operand
  bool transposed = false;                ///< the right operand's columns are the result's
  bool acrossRows = false;                ///< the left operand's rows are summed over
  int64_t depth = 0;                      ///< how many terms the sums have
  mlir::Value standIn = {};               ///< what may stand in for the right operand

  /// Emits an error when a type is no fragment's. A right operand that is not in
  /// shared memory leaves `rhs` null, and what follows from it unset.
  static mlir::FailureOr<DotStatement> of(tile::DotOp op);

  /// What instructions call the type of the operands: "f16" or "bf16".
  llvm::StringRef suffix() const { return element.isF16() ? "f16" : "bf16"; }

  /// Prints the function `name`, whose left parameter begins with `lhsType`, with
  /// `body` as lines of its asm statement and `inputs` as its operands behind the
  /// accumulators.
  FragmentCall print(Emission &emission, const llvm::Twine &name, llvm::StringRef lhsType,
                     llvm::StringRef body, llvm::StringRef inputs);
};

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_DOTSTATEMENT_H
