//===- ExportClassifier.cpp - A classify clause as code for the host ---------===//
//
// One operation is one step, but for conversions: in BoxCode every number has 64
// bits with its sign, and a truth is 0 or 1, so extending changes nothing.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/ExportClassifier.h"

#include "lib/Compiler/ExportExpression.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna;

using mask::BoxOp;
using mask::ValueId;

namespace {
using mlir::Value; // the runtime's launch values are called so, too

class Exporter {
public:
  explicit Exporter(attn::AttendOp attend)
      : attend(attend), spec(attend->getParentOfType<func::FuncOp>()) {}

  FailureOr<ExportedClassifier> run() {
    Block &block = attend.getClassify().front();
    for (auto [number, argument] : llvm::enumerate(block.getArguments()))
      values[argument] = builder.input(mask::BoxInput(number));
    for (Operation &op : block.without_terminator())
      if (failed(exportOp(&op)))
        return failure();
    SmallVector<ValueId> yielded;
    for (Value value : block.getTerminator()->getOperands()) {
      FailureOr<ValueId> id = idOf(value, block.getTerminator());
      if (failed(id))
        return failure();
      yielded.push_back(*id);
    }
    Result<mask::BoxCode> code = builder.finish(yielded[0], yielded[1]);
    if (!code)
      return attend.emitError(code.status().message());
    return ExportedClassifier{std::move(*code), std::move(scalars), std::move(tables)};
  }

private:
  FailureOr<unsigned> argumentOf(Value value, Operation *user) {
    auto captured = dyn_cast<BlockArgument>(value);
    if (!captured || captured.getOwner() != &spec.front())
      return user->emitError("a tile class can depend on arguments of the spec only");
    return captured.getArgNumber();
  }

  /// The number of `item` in `list`, added if need be.
  template <class T>
  static unsigned numberIn(std::vector<T> &list, const T &item) {
    auto known = llvm::find(list, item);
    if (known == list.end())
      known = list.insert(known, item);
    return unsigned(known - list.begin());
  }

  FailureOr<ValueId> idOf(Value value, Operation *user) {
    if (auto known = values.find(value); known != values.end())
      return known->second;
    FailureOr<unsigned> argument = argumentOf(value, user);
    if (failed(argument))
      return failure();
    return values[value] = builder.argument(numberIn(scalars, *argument));
  }

  /// A size that the spec function computes.
  FailureOr<Expression> sizeOf(Value value) {
    if (auto known = sizes.find(value); known != sizes.end())
      return known->second;
    if (auto argument = dyn_cast<BlockArgument>(value))
      return sizes[value] = Expression::scalar(argument.getArgNumber());
    Operation *op = value.getDefiningOp();
    if (!isa<tensor::DimOp>(op))
      for (Value operand : op->getOperands())
        if (failed(sizeOf(operand)))
          return failure();
    FailureOr<Expression> size = exportExpression(*op, sizes);
    if (succeeded(size))
      sizes[value] = *size;
    return size;
  }

  FailureOr<SpecTable> specTableOf(Value value, Operation *user) {
    auto expand = value.getDefiningOp<attn::ExpandBlocksOp>();
    FailureOr<unsigned> argument = argumentOf(expand ? Value(expand.getList()) : value, user);
    if (failed(argument))
      return failure();
    SpecTable table{*argument};
    if (!expand)
      return table;
    FailureOr<Expression> columns = sizeOf(expand.getColumns());
    if (failed(columns))
      return failure();
    table.columns = *columns;
    table.bits = expand.getBits();
    if (expand.getCounts())
      table.counts = cast<BlockArgument>(expand.getCounts()).getArgNumber(); // attn-check-spec
    if (expand.getOffsets())
      table.offsets = cast<BlockArgument>(expand.getOffsets()).getArgNumber();
    return table;
  }

  FailureOr<std::uint32_t> tableOf(Value value, Operation *user) {
    FailureOr<SpecTable> table = specTableOf(value, user);
    if (failed(table))
      return failure();
    size_t before = tables.size();
    unsigned number = numberIn(tables, *table);
    if (tables.size() > before)
      builder.addTable(cast<RankedTensorType>(value.getType()).getRank());
    return number;
  }

  FailureOr<std::vector<ValueId>> idsOf(ValueRange operands, Operation *user) {
    std::vector<ValueId> ids;
    for (Value operand : operands) {
      FailureOr<ValueId> id = idOf(operand, user);
      if (failed(id))
        return failure();
      ids.push_back(*id);
    }
    return ids;
  }

  static std::optional<BoxOp> binaryOf(Operation *op) {
    using Case = std::optional<BoxOp>;
    return llvm::TypeSwitch<Operation *, Case>(op)
        .Case<arith::AddIOp>([](auto) { return BoxOp::Add; })
        .Case<arith::SubIOp>([](auto) { return BoxOp::Sub; })
        .Case<arith::MulIOp>([](auto) { return BoxOp::Mul; })
        .Case<arith::DivSIOp>([](auto) { return BoxOp::Div; })
        .Case<arith::FloorDivSIOp>([](auto) { return BoxOp::FloorDiv; })
        .Case<arith::CeilDivSIOp>([](auto) { return BoxOp::CeilDiv; })
        .Case<arith::RemSIOp>([](auto) { return BoxOp::Rem; })
        .Case<arith::MinSIOp>([](auto) { return BoxOp::Min; })
        .Case<arith::MaxSIOp>([](auto) { return BoxOp::Max; })
        .Case<arith::AndIOp>([](auto) { return BoxOp::And; })
        .Case<arith::OrIOp>([](auto) { return BoxOp::Or; })
        .Case<arith::XOrIOp>([](auto) { return BoxOp::Xor; })
        .Case<arith::ShLIOp>([](auto) { return BoxOp::Shl; })
        .Case<arith::ShRSIOp>([](auto) { return BoxOp::Shr; })
        .Case<arith::ShRUIOp>([](auto) { return BoxOp::Ushr; })
        .Default([](Operation *) { return Case(); });
  }

  ValueId compare(arith::CmpIPredicate predicate, ValueId a, ValueId b) {
    using Predicate = arith::CmpIPredicate;
    switch (predicate) {
    case Predicate::eq:
      return builder.binary(BoxOp::Equal, a, b);
    case Predicate::ne:
      return builder.binary(BoxOp::NotEqual, a, b);
    case Predicate::slt:
      return builder.binary(BoxOp::Less, a, b);
    case Predicate::sle:
      return builder.binary(BoxOp::LessEqual, a, b);
    case Predicate::sgt:
      return builder.binary(BoxOp::Less, b, a);
    case Predicate::sge:
      return builder.binary(BoxOp::LessEqual, b, a);
    case Predicate::ult:
      return builder.binary(BoxOp::UnsignedLess, a, b);
    case Predicate::ule:
      return builder.binary(BoxOp::UnsignedLessEqual, a, b);
    case Predicate::ugt:
      return builder.binary(BoxOp::UnsignedLess, b, a);
    case Predicate::uge:
      return builder.binary(BoxOp::UnsignedLessEqual, b, a);
    }
    llvm_unreachable("all predicates are handled");
  }

  LogicalResult exportOp(Operation *op) {
    APInt constant;
    if (matchPattern(op, m_ConstantInt(&constant))) {
      bool flag = op->getResult(0).getType().isInteger(1);
      values[op->getResult(0)] =
          builder.constant(flag ? constant.getZExtValue() : constant.getSExtValue());
      return success();
    }
    if (auto dim = dyn_cast<tensor::DimOp>(op)) {
      FailureOr<std::uint32_t> table = tableOf(dim.getSource(), op);
      if (failed(table))
        return failure();
      values[dim.getResult()] = builder.dim(*table, *dim.getConstantIndex());
      return success();
    }
    if (auto load = dyn_cast<attn::LoadRangeOp>(op))
      return exportLoad(load);
    FailureOr<std::vector<ValueId>> ids = idsOf(op->getOperands(), op);
    if (failed(ids))
      return failure();
    ValueId result;
    if (isa<arith::ExtSIOp, arith::ExtUIOp, arith::IndexCastOp>(op))
      result = (*ids)[0];
    else if (isa<arith::SelectOp>(op))
      result = builder.select((*ids)[0], (*ids)[1], (*ids)[2]);
    else if (auto comparison = dyn_cast<arith::CmpIOp>(op))
      result = compare(comparison.getPredicate(), (*ids)[0], (*ids)[1]);
    else if (std::optional<BoxOp> binary = binaryOf(op))
      result = builder.binary(*binary, (*ids)[0], (*ids)[1]);
    else
      return op->emitError() << "'" << op->getName()
                             << "' cannot run on the host as part of a tile class";
    values[op->getResult(0)] = result;
    return success();
  }

  LogicalResult exportLoad(attn::LoadRangeOp load) {
    FailureOr<std::uint32_t> table = tableOf(load.getTable(), load);
    FailureOr<std::vector<ValueId>> first = idsOf(load.getFirst(), load);
    FailureOr<std::vector<ValueId>> last = idsOf(load.getLast(), load);
    if (failed(table) || failed(first) || failed(last))
      return failure();
    mask::RangeValues range = builder.loadRange(*table, *first, *last);
    values[load.getMin()] = range.min;
    values[load.getMax()] = range.max;
    values[load.getSignature()] = range.signature;
    return success();
  }

  attn::AttendOp attend;
  func::FuncOp spec;
  mask::BoxCodeBuilder builder;
  llvm::DenseMap<Value, ValueId> values;
  std::vector<unsigned> scalars;
  std::vector<SpecTable> tables;
  llvm::DenseMap<Value, Expression> sizes;
};
} // namespace

FailureOr<ExportedClassifier> lacuna::exportClassifier(attn::AttendOp attend) {
  return Exporter(attend).run();
}
