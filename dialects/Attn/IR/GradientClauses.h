//===- GradientClauses.h - The clauses of gradients -------------------------===//
//
//   clauses     ::= clause*, in any order
//   clause      ::= (`where` | `score` | `pullback`) (arguments) region
//                 | (`intervals` | `classify`) (arguments) region, of attn.backward
//   state-types ::= type of the output, from which those of lse and of the gradients
//                   of both follow
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_GRADIENTCLAUSES_H
#define DIALECTS_ATTN_IR_GRADIENTCLAUSES_H

#include "dialects/Attn/IR/Attn.h"

#include <optional>

namespace lacuna::attn {

/// Reads the clauses; those that are not there stay empty.
mlir::ParseResult parseGradientClauses(mlir::OpAsmParser &parser, mlir::Region &where,
                                       mlir::Region &score, mlir::Region &pullback);
mlir::ParseResult parseBackwardClauses(mlir::OpAsmParser &parser, mlir::Region &where,
                                       mlir::Region &score, mlir::Region &pullback,
                                       mlir::Region &intervals, mlir::Region &classify);
/// Prints the clauses that are there, in this order.
void printGradientClauses(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::Region &where,
                          mlir::Region &score, mlir::Region &pullback);
void printBackwardClauses(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::Region &where,
                          mlir::Region &score, mlir::Region &pullback, mlir::Region &intervals,
                          mlir::Region &classify);

/// Names the arguments of a clause of either op, whose rows are that side.
void nameGradientArguments(mlir::Region &clause, Side rows, mlir::OpAsmSetValueNameFn setName);

/// Whether the clauses of either op are legal, contributing to `wanted` at most.
mlir::LogicalResult verifyGradientClauses(Attention op, mlir::ValueRange wanted);

/// Whether no value is asked for twice.
mlir::LogicalResult verifyWanted(Attention op, mlir::ValueRange wanted);

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

#endif // DIALECTS_ATTN_IR_GRADIENTCLAUSES_H
