//===- Evaluate.h - A spec function on host arrays --------------------------===//
#ifndef LIB_REFERENCE_EVALUATE_H
#define LIB_REFERENCE_EVALUATE_H

#include "dialects/Attn/IR/Attn.h"
#include "lacuna/Reference.h"
#include "lib/Reference/Orders.h"
#include "lib/Reference/RegionCode.h"
#include "lib/Support/BlockLists.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <deque>

namespace lacuna::reference {

/// One run over the body of a spec function, op by op.
class Evaluation {
public:
  /// Precondition: checkSpec(spec) and checkArguments(spec, arguments) succeeded.
  Evaluation(mlir::func::FuncOp spec, Span<Value> arguments);

  /// Evaluates everything. Errors are emitted at the op they belong to.
  mlir::FailureOr<ReferenceRun> run(unsigned threads);
  /// Evaluates what attend number `index` needs besides tensors and asks its
  /// `where` alone. Errors as run, and when there is no such attend.
  mlir::FailureOr<ReferenceMask> visibility(std::size_t index, std::int64_t batch,
                                            std::int64_t head);

private:
  mlir::LogicalResult evaluateAttention(attn::AttendOp op, unsigned threads);
  mlir::LogicalResult evaluateGradient(attn::AttendGradOp op);
  mlir::LogicalResult evaluateMerge(attn::MergeOp op);
  mlir::LogicalResult evaluateMergeGradient(attn::MergeGradOp op);
  mlir::LogicalResult evaluateSum(attn::SumOp op);
  mlir::LogicalResult evaluateZeros(attn::ZerosOp op);
  /// Moves rows of a result of attention or of a gradient.
  mlir::LogicalResult evaluateMoveOfResult(mlir::Operation *op, mlir::Value source,
                                           mlir::Value order);
  /// The states that are merged; emits an error when their rows do not agree.
  mlir::FailureOr<std::vector<ReferenceAttend>>
  statesOf(mlir::Operation *op, mlir::ValueRange outputs, mlir::ValueRange lses);
  /// What is known of the rows of a state; null for an argument.
  const ReferenceAttend *recordOf(mlir::Value value) const;
  /// Results of an op, for those after it.
  void addState(mlir::Value result, ReferenceResult::Kind kind, const ReferenceAttend &state,
                bool isDerived);
  void addGradient(mlir::Value result, ReferenceGradient gradient);
  /// Evaluates an op that is neither attention nor works on its results.
  mlir::LogicalResult evaluateOther(mlir::Operation *op);
  /// Evaluates an op that makes an order, or what rows are ordered by, or that moves rows.
  mlir::LogicalResult evaluateOrder(mlir::Operation *op);
  /// Where the rows of `source` were before `op` moved them by `order`.
  mlir::FailureOr<std::vector<std::size_t>> rowsMovedBy(mlir::Operation *op, mlir::Value source,
                                                        mlir::Value order);
  mlir::LogicalResult evaluateMove(mlir::Operation *op, mlir::Value source, mlir::Value order);
  void bindTensor(mlir::Value value, HostTensor tensor);
  void bindResult(mlir::Value result, const ReferenceArray &array);
  void bindShapes(mlir::Operation *op);

  mlir::func::FuncOp spec;
  Environment environment;
  ReferenceRun made;
  llvm::DenseMap<mlir::Value, ReferenceResult> sources; ///< what of `made` a value is
  /// Results of attention that later ops read, in the type that the spec gives
  /// them. A deque, since tensors point into it.
  std::deque<std::string> stored;
  std::deque<BlockTable> expanded; ///< likewise, of lists of blocks
  std::deque<HostTensor> ordered;  ///< likewise, orders and what was moved by them
};

/// The element type of that name in the spec. Precondition: it has one.
DType dtypeOf(mlir::Type type);

/// The nearest number of that type of floats.
double roundedTo(DType type, double value);

/// Whether the reference can evaluate a function; emits errors when not.
mlir::LogicalResult checkSpec(mlir::func::FuncOp spec);

/// Why `arguments` do not fit the function's types; empty when they do.
std::string whyArgumentsDoNotFit(mlir::func::FuncOp spec, Span<Value> arguments);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_EVALUATE_H
