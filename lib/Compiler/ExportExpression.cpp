#include "lib/Compiler/ExportExpression.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using lacuna::Expression; // and no more: the runtime's launch values are called Value, too

FailureOr<Expression>
lacuna::exportExpression(Operation &op, const llvm::DenseMap<mlir::Value, Expression> &known) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    if (auto value = dyn_cast<IntegerAttr>(constant.getValue()))
      return Expression(value.getInt());
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    auto argument = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> axis = dim.getConstantIndex();
    if (argument && axis)
      return Expression::dim(argument.getArgNumber(), *axis);
    return op.emitOpError("must ask for a constant axis of an argument");
  }
  SmallVector<Expression, 2> values;
  for (mlir::Value operand : op.getOperands()) {
    auto value = known.find(operand);
    if (value == known.end())
      return op.emitOpError("computes with a value that no launch knows");
    values.push_back(value->second);
  }
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp>(op))
    return values[0];
  using Op = Expression::Op;
  std::optional<Op> kind = llvm::TypeSwitch<Operation *, std::optional<Op>>(&op)
                               .Case<arith::AddIOp>([](auto) { return Op::Add; })
                               .Case<arith::SubIOp>([](auto) { return Op::Sub; })
                               .Case<arith::MulIOp>([](auto) { return Op::Mul; })
                               .Case<arith::FloorDivSIOp>([](auto) { return Op::FloorDiv; })
                               .Case<arith::CeilDivSIOp>([](auto) { return Op::CeilDiv; })
                               .Case<arith::MinSIOp>([](auto) { return Op::Min; })
                               .Case<arith::MaxSIOp>([](auto) { return Op::Max; })
                               .Default([](Operation *) { return std::nullopt; });
  if (!kind)
    return op.emitOpError("cannot stand in a program: the host only computes extents");
  return Expression::binary(*kind, values[0], values[1]);
}
