//===- GradientSyntax.h - What the format of attend_grad does not say -------===//
//
//   clauses     ::= (`where` | `score` | `pullback`) (arguments) region, in any order
//   state-types ::= type of the output, from which those of lse and of the gradients
//                   of both follow
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_GRADIENTSYNTAX_H
#define DIALECTS_ATTN_IR_GRADIENTSYNTAX_H

#include "dialects/Attn/IR/Attn.h"

#include <optional>

namespace lacuna::attn {

/// Reads the clauses; those that are not there stay empty.
mlir::ParseResult parseGradientClauses(mlir::OpAsmParser &parser, mlir::Region &where,
                                       mlir::Region &score, mlir::Region &pullback);
/// Prints the clauses that are there, in this order.
void printGradientClauses(mlir::OpAsmPrinter &printer, AttendGradOp op, mlir::Region &where,
                          mlir::Region &score, mlir::Region &pullback);

/// Reads the type of the output. `lseGradient` is set where there is such an operand.
mlir::ParseResult
parseStateTypes(mlir::OpAsmParser &parser, mlir::Type &output, mlir::Type &lse,
                mlir::Type &outputGradient, mlir::Type &lseGradient,
                const std::optional<mlir::OpAsmParser::UnresolvedOperand> &lseGradientOperand);
/// Prints the type of the output.
void printStateTypes(mlir::OpAsmPrinter &printer, AttendGradOp op, mlir::Type output,
                     mlir::Type lse, mlir::Type outputGradient, mlir::Type lseGradient,
                     mlir::Value lseGradientOperand);

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_IR_GRADIENTSYNTAX_H
