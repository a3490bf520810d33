//===- KernelArguments.cpp - What a kernel takes from its function ----------===//
#include "lib/Conversion/AttnToTile/KernelArguments.h"

#include "dialects/Attn/IR/SpecRules.h"
#include "lib/Conversion/AttnToTile/Orders.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Tiles.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace lacuna {

void hoistInvariants(attn::Attention attend) {
  for (Region &clause : attend->getRegions()) {
    if (clause.empty())
      continue;
    for (Operation &op : llvm::make_early_inc_range(clause.front().without_terminator())) {
      bool invariant = llvm::all_of(
          op.getOperands(), [&](Value operand) { return operand.getParentRegion() != &clause; });
      if (invariant && op.getNumRegions() == 0 && attn::isScalarCode(&op) && isSpeculatable(&op))
        op.moveBefore(attend);
    }
  }
}

void Captures::add(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !attn::isScalarCode(op) || (takesSizes && isa<tensor::DimOp>(op))) {
    arguments.insert(value);
  } else if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    add(dim.getSource());
    code.insert(op);
  } else {
    for (Value operand : op->getOperands())
      add(operand);
    code.insert(op);
  }
}

Captures capturesOf(ValueRange first, ValueRange operands, ArrayRef<Region *> clauses,
                    bool takesSizes) {
  SetVector<Value> used;
  used.insert_range(operands);
  for (Region *clause : clauses)
    getUsedValuesDefinedAbove(*clause, used);
  Captures rest;
  rest.takesSizes = takesSizes;
  for (Value value : used)
    rest.add(value);
  SmallVector<Value> ordered = rest.arguments.takeVector();
  llvm::stable_sort(ordered, [](Value a, Value b) {
    auto x = dyn_cast<BlockArgument>(a), y = dyn_cast<BlockArgument>(b);
    return x && (!y || x.getArgNumber() < y.getArgNumber());
  });
  Captures captures;
  for (Value value : first)
    captures.add(value);
  captures.arguments.insert(ordered.begin(), ordered.end());
  captures.code = std::move(rest.code);
  return captures;
}

void copyCode(OpBuilder &builder, const Captures &captures, IRMapping &scope, StatusBits &bits) {
  ScalarCopier copier(builder, scope, bits);
  for (Operation *op : captures.code) {
    copier.copy(op);
    scope.map(op->getResult(0), copier.lookup(op->getResult(0)));
  }
}

Type parameterType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tile::ViewType::get(type.getContext(),
                               tensor.getRank() ? tensor.getShape() : ArrayRef<int64_t>{1},
                               tensor.getElementType());
  return type.isIndex() ? IntegerType::get(type.getContext(), 32) : type;
}

tile::KernelOp createKernel(OpBuilder &builder, Location loc, StringRef name,
                            ArrayRef<Type> types) {
  OperationState state(loc, tile::KernelOp::getOperationName());
  auto &properties = state.getOrAddProperties<tile::KernelOp::Properties>();
  properties.sym_name = builder.getStringAttr(name);
  properties.function_type = TypeAttr::get(builder.getFunctionType(types, {}));
  state.addRegion()->emplaceBlock().addArguments(types, SmallVector<Location>(types.size(), loc));
  return cast<tile::KernelOp>(builder.create(state));
}

/// What a result of an op is called in generated text.
static StringRef nameOfResult(OpResult result) {
  if (auto attend = dyn_cast<attn::AttendOp>(result.getOwner()))
    return result == attend.getLse() ? "lse" : "output";
  StringRef name;
  cast<OpAsmOpInterface>(result.getOwner()).getAsmResultNames([&](Value value, StringRef chosen) {
    if (value == result)
      name = chosen;
  });
  return name;
}

void nameArguments(Operation *op, ValueRange operands, ValueRange arguments) {
  auto spec = op->getParentOfType<func::FuncOp>();
  for (auto [operand, argument] : llvm::zip(operands, arguments)) {
    auto source = dyn_cast<BlockArgument>(operand);
    Operation *maker = operand.getDefiningOp();
    StringAttr name;
    if (source && spec && source.getOwner() == &spec.getBody().front())
      name = spec.getArgAttrOfType<StringAttr>(source.getArgNumber(), "attn.name");
    if (name)
      named(name.getValue(), argument);
    else if (operand.getDefiningOp<attn::ExpandBlocksOp>())
      named("blocks", argument);
    else if (maker && (isOrderOfPlan(maker) || movesRows(maker)))
      named(nameOfOrder(cast<OpResult>(operand)), argument);
    else if (isa_and_nonnull<attn::Attention, attn::RowWise>(maker))
      named(nameOfResult(cast<OpResult>(operand)), argument);
  }
}

} // namespace lacuna
