//===- Evaluate.h - A spec function on host arrays --------------------------===//
#ifndef LIB_REFERENCE_EVALUATE_H
#define LIB_REFERENCE_EVALUATE_H

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
  /// Evaluates an op that is no attention.
  mlir::LogicalResult evaluateOther(mlir::Operation *op);
  /// Evaluates an op that makes an order or gathers.
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
  /// Results of attention that later ops read, in the type that the spec gives
  /// them. A deque, since tensors point into it.
  std::deque<std::string> stored;
  std::deque<BlockTable> expanded; ///< likewise, of lists of blocks
  std::deque<HostTensor> ordered;  ///< likewise, orders and what was moved by them
};

/// The element type of that name in the spec. Precondition: it has one.
DType dtypeOf(mlir::Type type);

/// Whether the reference can evaluate a function; emits errors when not.
mlir::LogicalResult checkSpec(mlir::func::FuncOp spec);

/// Why `arguments` do not fit the function's types; empty when they do.
std::string whyArgumentsDoNotFit(mlir::func::FuncOp spec, Span<Value> arguments);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_EVALUATE_H
