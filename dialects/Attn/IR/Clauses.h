//===- Clauses.h - Regions of attention ops: syntax and legality ------------===//
//
//   clause ::= keyword (arguments) region
//
// A clause is a region of scalar code with a keyword. The types of its arguments
// follow from the keyword and are not written.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_CLAUSES_H
#define DIALECTS_ATTN_IR_CLAUSES_H

#include "dialects/Attn/IR/Attn.h"

#include <memory>
#include <string>

namespace lacuna::attn {

/// Reads what follows the keyword. The first `values` arguments are f32, all
/// others i32. `region` is null, unless the clause was there before: an error.
mlir::ParseResult parseClause(mlir::OpAsmParser &parser, llvm::StringRef keyword, unsigned values,
                              std::unique_ptr<mlir::Region> &region);

/// Prints a clause and a space before it; an empty region is an absent clause.
void printClause(mlir::OpAsmPrinter &printer, llvm::StringRef keyword, mlir::Region &region);

/// Names the arguments of a clause in their order.
void nameArguments(mlir::Region &region, llvm::ArrayRef<llvm::StringRef> names,
                   mlir::OpAsmSetValueNameFn setName);

/// What a clause calls its coordinates if rows are that side: b, h, i, j, islot, jslot.
llvm::ArrayRef<llvm::StringRef> coordinateNames(Side rows);
/// What `classify` calls those of its box, likewise.
llvm::ArrayRef<llvm::StringRef> boxNames(Side rows);
/// What `intervals` calls its arguments.
inline constexpr llvm::StringRef intervalNames[] = {"b", "h", "first", "last"};

/// What a clause takes and yields.
struct ClauseSignature {
  llvm::StringRef keyword;
  llvm::SmallVector<mlir::Type> arguments; ///< without slots
  llvm::SmallVector<mlir::Type> results;
  bool mayTakeSlots = true;    ///< two more i32
  unsigned maxRepetitions = 1; ///< how often it may yield all of `results`
};

/// Of `intervals`.
ClauseSignature intervalsSignature(mlir::Builder &builder);
/// Of `classify` for a predicate that takes the slots, or one that does not.
ClauseSignature classifySignature(mlir::Builder &builder, bool takesSlots);

/// Why an op may not read a table where it stands, as verifyClause's `whyNot` says: a box
/// of elements is read in `classify`, and one element elsewhere.
std::string whyNotRead(mlir::Operation *op, bool inClassify);

/// Whether a clause that is there has that signature, and its ops may stand in it.
/// `whyNot` ends the sentence "region op 'x.y' ..." for those that may not, and is
/// empty for others. Errors are emitted at `op` or in the region.
mlir::LogicalResult verifyClause(mlir::Operation *op, const ClauseSignature &signature,
                                 mlir::Region &region,
                                 llvm::function_ref<std::string(mlir::Operation *)> whyNot);

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_IR_CLAUSES_H
