//===- ScalarCode.cpp - Scalar programs of a spec inside a kernel -----------===//
//
// A read under an scf.if counts only if it happens: the copied `if` yields, as
// more results, whether the reads of the branch taken were inside.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/ScalarCode.h"

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace lacuna {

Value extentOf(OpBuilder &builder, Location loc, Value view, int64_t axis) {
  int64_t extent = cast<tile::ViewType>(view.getType()).getShape()[axis];
  if (!ShapedType::isDynamic(extent))
    return arith::ConstantIntOp::create(builder, loc, extent, 32);
  return tile::DimOp::create(builder, loc, builder.getI32Type(), view,
                             builder.getI64IntegerAttr(axis));
}

/// Kernels know no `index`.
static Type kernelType(Type type) {
  return isa<IndexType>(type) ? IntegerType::get(type.getContext(), 64) : type;
}

static Value castInteger(OpBuilder &builder, Location loc, Value value, Type to, bool isSigned) {
  unsigned from = value.getType().getIntOrFloatBitWidth(), bits = to.getIntOrFloatBitWidth();
  if (from == bits)
    return value;
  if (from > bits)
    return builder.createOrFold<arith::TruncIOp>(loc, to, value);
  if (isSigned)
    return builder.createOrFold<arith::ExtSIOp>(loc, to, value);
  return builder.createOrFold<arith::ExtUIOp>(loc, to, value);
}

void ScalarCopier::require(Location loc, unsigned bit, Value condition) {
  Value &known = inside[bit];
  known = known ? arith::AndIOp::create(builder, loc, known, condition).getResult() : condition;
}

Value ScalarCopier::allInside(Location loc) {
  Value all;
  for (auto [bit, condition] : inside)
    all = all ? arith::AndIOp::create(builder, loc, all, condition).getResult() : condition;
  return all;
}

Value ScalarCopier::read(Location loc, Value table, ValueRange indices) {
  auto read = tile::ReadOp::create(builder, loc, values.lookup(table), indices);
  require(loc, bits.ofTable(table, loc), read.getInside());
  return read.getValue();
}

void ScalarCopier::copyDim(Operation *op) {
  auto dim = cast<tensor::DimOp>(op);
  Value view = values.lookup(dim.getSource());
  Value extent = extentOf(builder, op->getLoc(), view, *dim.getConstantIndex());
  values.map(dim.getResult(),
             castInteger(builder, op->getLoc(), extent, builder.getI64Type(), /*isSigned=*/true));
}

void ScalarCopier::copyIndexCast(Operation *op, bool isSigned) {
  values.map(op->getResult(0), castInteger(builder, op->getLoc(), values.lookup(op->getOperand(0)),
                                           kernelType(op->getResult(0).getType()), isSigned));
}

void ScalarCopier::copyIf(Operation *op) {
  auto source = cast<scf::IfOp>(op);
  Location loc = op->getLoc();
  llvm::SmallSetVector<unsigned, 4> readBits;
  source.walk(
      [&](attn::LoadOp load) { readBits.insert(bits.ofTable(load.getTable(), load.getLoc())); });
  SmallVector<Type> types(llvm::map_range(source.getResultTypes(), kernelType));
  types.append(readBits.size(), builder.getI1Type());
  bool needsElse = !source.getElseRegion().empty() || !readBits.empty();
  auto copied = scf::IfOp::create(builder, loc, types, values.lookup(source.getCondition()),
                                  /*addThenBlock=*/true, /*addElseBlock=*/needsElse);

  auto copyBranch = [&](Region &from, Region &to) {
    OpBuilder branch = OpBuilder::atBlockBegin(&to.front());
    ScalarCopier copier(branch, values, bits);
    copier.added = added;
    SmallVector<Value> yielded;
    if (!from.empty()) {
      for (Operation &inner : from.front().without_terminator())
        copier.copy(&inner);
      for (Value value : from.front().getTerminator()->getOperands())
        yielded.push_back(copier.lookup(value));
    }
    for (unsigned bit : readBits) {
      Value inside = copier.reads().lookup(bit);
      yielded.push_back(inside ? inside : arith::ConstantIntOp::create(branch, loc, 1, 1));
    }
    scf::YieldOp::create(branch, loc, yielded);
  };
  copyBranch(source.getThenRegion(), copied.getThenRegion());
  if (needsElse)
    copyBranch(source.getElseRegion(), copied.getElseRegion());

  unsigned results = source.getNumResults();
  values.map(source.getResults(), copied.getResults().take_front(results));
  for (auto [bit, inside] : llvm::zip(readBits, copied.getResults().drop_front(results)))
    require(loc, bit, inside);
}

void ScalarCopier::copyLoadRange(Operation *op) {
  auto load = cast<attn::LoadRangeOp>(op);
  auto copies = [&](ValueRange indices) {
    return SmallVector<Value>(
        llvm::map_range(indices, [&](Value index) { return values.lookup(index); }));
  };
  auto copied = tile::LoadRangeOp::create(builder, op->getLoc(), values.lookup(load.getTable()),
                                          copies(load.getFirst()), copies(load.getLast()),
                                          cellsOf.lookup(load.getTable()));
  values.map(op->getResults(), copied->getResults());
}

void ScalarCopier::copyContribution(Operation *op) {
  if (!added || !added->contains(op))
    return;
  auto contribution = cast<attn::ContributeOp>(op);
  auto backward = op->getParentOfType<attn::BackwardOp>();
  SmallVector<Value> indices(llvm::map_range(contribution.getIndices(),
                                             [&](Value index) { return values.lookup(index); }));
  if (indices.empty())
    indices.push_back(arith::ConstantIntOp::create(builder, op->getLoc(), 0, 32));
  tile::AtomicAddOp::create(builder, op->getLoc(), values.lookup(contribution.getValue()),
                            values.lookup(backward.getGradientOf(contribution.getTarget())),
                            indices);
}

void ScalarCopier::copy(Operation *op) {
  if (isa<attn::ContributeOp>(op))
    return copyContribution(op);
  if (isa<tensor::DimOp>(op))
    return copyDim(op);
  if (isa<arith::IndexCastOp>(op))
    return copyIndexCast(op, /*isSigned=*/true);
  if (isa<arith::IndexCastUIOp>(op))
    return copyIndexCast(op, /*isSigned=*/false);
  if (isa<scf::IfOp>(op))
    return copyIf(op);
  if (isa<attn::LoadRangeOp>(op))
    return copyLoadRange(op);
  if (auto load = dyn_cast<attn::LoadOp>(op)) {
    if (Value element = emitted ? emitted->elements.lookup(op) : Value()) {
      values.map(load.getResult(), element);
      return;
    }
    SmallVector<Value> indices(
        llvm::map_range(load.getIndices(), [&](Value index) { return values.lookup(index); }));
    values.map(load.getResult(), read(op->getLoc(), load.getTable(), indices));
    return;
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(op);
      constant && isa<IndexType>(constant.getType())) {
    auto value = cast<IntegerAttr>(constant.getValue());
    values.map(constant.getResult(),
               arith::ConstantIntOp::create(builder, op->getLoc(), value.getInt(), 64));
    return;
  }
  Operation *copied = builder.clone(*op, values);
  for (Value result : copied->getResults())
    result.setType(kernelType(result.getType()));
}

SmallVector<Value> ScalarCopier::copyRegion(Region &region, ValueRange arguments) {
  values.map(region.getArguments(), arguments);
  for (Operation &op : region.front().without_terminator())
    copy(&op);
  return llvm::to_vector(llvm::map_range(region.front().getTerminator()->getOperands(),
                                         [&](Value value) { return values.lookup(value); }));
}

} // namespace lacuna
