//===- Symbols.h - The integers of a predicate as forms ---------------------===//
//
// Reads the `where` region once, without evaluating anything. Every integer is a
// form over atoms; equal integers get equal forms, however often the region
// computes them, so that their difference is 0 and not a range around it.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_SYMBOLS_H
#define DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_SYMBOLS_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Classifier/Form.h"

#include "mlir/Interfaces/InferIntRangeInterface.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>
#include <vector>

namespace lacuna::attn::classifier {

/// An integer that is not a sum of others.
struct Atom {
  enum class Kind {
    Argument,  ///< argument of the region, by number
    Scalar,    ///< value from outside of the region; i1 counts as 0 and 1
    Size,      ///< number = axis of the tensor `value`
    Quotient,  ///< operand 0 / operand 1, rounded as number says
    Modulo,    ///< the least x >= 0 with operand 0 = x mod |operand 1|
    Remainder, ///< the same with the sign of operand 0
    Product,
    Minimum,
    Maximum,
    Shift,  ///< operand 0 shifted right by operand 1, sign kept
    BitAnd, ///< bit by bit
    BitOr,
    BitXor,
    Choice,  ///< operand 0 where the condition `value` holds, else operand 1
    Load,    ///< element of the table `value`; the operands are indices
    Unknown, ///< any number of the range of `value`
  };
  enum Rounding : int64_t { Floor, Truncate, Ceiling };

  Kind kind;
  llvm::SmallVector<Form, 2> operands;
  mlir::Value value;
  int64_t number = 0;
  /// Of a load: forms that are at most 0 wherever it is evaluated.
  llvm::SmallVector<Form, 0> guard;
  /// What a value of its type can be; of Unknown, of the value itself.
  int64_t least, most;

  bool operator==(const Atom &) const = default;
};

/// form <= 0, or form == 0.
struct Relation {
  Form form;
  bool equal = false;
};

/// Relations that all hold.
using Relations = llvm::SmallVector<Relation, 2>;

/// When a comparison is true and when it is false: in one of these cases each.
struct Comparison {
  llvm::SmallVector<Relations, 1> yes, no;
  const llvm::SmallVector<Relations, 1> &when(bool truth) const { return truth ? yes : no; }
};

/// The atoms of one predicate, and its integers as sums of them.
class Symbols {
public:
  /// The attend has a `where` region, without sugar.
  explicit Symbols(TiledAttention attend);

  /// An integer (or i1, as 0 or 1) of the region or captured by it.
  Form formOf(mlir::Value value);
  const Atom &atom(AtomId id) const { return atoms[id]; }

  /// A comparison of integers; nothing if it is one of bits.
  std::optional<Comparison> comparisonOf(mlir::arith::CmpIOp op);

  /// Appends forms that are at most 0 wherever `condition` equals `truth`.
  void appendFacts(mlir::Value condition, bool truth, llvm::SmallVectorImpl<Form> &facts);

private:
  Form intern(Atom atom);
  Form make(Atom::Kind kind, mlir::Value result, mlir::ArrayRef<Form> operands, int64_t number = 0,
            mlir::Value value = {});
  Form unknown(mlir::Value value);
  Form argumentOrCapture(mlir::Value value);
  Form fromOp(mlir::Operation *op, unsigned result);
  Form fromBits(mlir::Operation *op);
  Form fromDivision(mlir::Operation *op);
  Form fromConversion(mlir::Operation *op);
  Form fromLoad(LoadOp load);

  void inferRanges(mlir::Block &block);
  mlir::ConstantIntRanges rangeOf(mlir::Value value) const;
  bool isNonNegative(mlir::Value value) const { return rangeOf(value).smin().isNonNegative(); }
  bool isNonNegative(mlir::Operation *op) const;

  TiledAttention attend;
  mlir::Region &region;
  std::vector<Atom> atoms;
  llvm::DenseMap<mlir::Value, Form> forms;
  llvm::DenseMap<mlir::Value, mlir::ConstantIntRanges> ranges;
};

} // namespace lacuna::attn::classifier

#endif // DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_SYMBOLS_H
