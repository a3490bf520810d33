#include "lib/Conversion/AttnToTile/ProgramSizes.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "lib/Conversion/AttnToTile/RowIndices.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace lacuna {

ProgramSizes::ProgramSizes(func::FuncOp spec, Block &body)
    : spec(spec), builder(ImplicitLocOpBuilder::atBlockBegin(spec.getLoc(), &body)) {
  values.map(spec.getArguments(), body.getArguments());
}

void ProgramSizes::checkScalars() {
  for (BlockArgument argument : spec.getArguments()) {
    auto promised = spec.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), "attn.value");
    if (!promised)
      continue;
    Value given = values.lookup(argument);
    // The host knows an i1 as 0 or 1.
    given = argument.getType().isInteger(1)
                ? arith::IndexCastUIOp::create(builder, builder.getIndexType(), given).getResult()
                : arith::IndexCastOp::create(builder, builder.getIndexType(), given).getResult();
    tile::ExpectEqualOp::create(builder, given, builder.getStringAttr(nameInSpec(argument)),
                                number(promised.getInt()), builder.getStringAttr(""));
  }
}

Value ProgramSizes::onHost(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || values.contains(value))
    return values.lookup(value);
  if (auto dim = dyn_cast<tensor::DimOp>(op))
    return extent({dim.getSource(), *dim.getConstantIndex(), ""});
  for (Value operand : op->getOperands())
    values.map(operand, onHost(operand));
  Operation *copy = builder.clone(*op, values);
  SmallVector<Value> folded;
  if (failed(builder.tryFold(copy, folded)) || folded.empty())
    return copy->getResult(0);
  copy->erase();
  return folded[0];
}

Value ProgramSizes::queryHeadsPerKeyHead(attn::Attention attend) {
  Value keyHeads =
      builder.createOrFold<arith::MaxSIOp>(extent({attend.getKey(), 1, ""}), number(1));
  return builder.createOrFold<arith::FloorDivSIOp>(extent({attend.getQuery(), 1, ""}), keyHeads);
}

Value ProgramSizes::extent(Size size) {
  Value &known = extents[{size.tensor, size.axis}];
  if (!known)
    known = builder.createOrFold<tensor::DimOp>(values.lookup(size.tensor), size.axis);
  return known;
}

/// "sequence length of %k".
StringAttr ProgramSizes::label(Size size) {
  return builder.getStringAttr(size.what + " of " + nameInSpec(size.tensor));
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

template <class ExpectOp>
void ProgramSizes::expect(Size lhs, Size rhs) {
  auto isStatic = [](Size size) {
    return !cast<RankedTensorType>(size.tensor.getType()).isDynamicDim(size.axis);
  };
  if (isStatic(lhs) && isStatic(rhs)) // the verifier has compared them
    return;
  Value left = extent(lhs), right = extent(rhs);
  if (left != right && compared.insert({left, right}).second)
    ExpectOp::create(builder, left, label(lhs), right, label(rhs));
}

void ProgramSizes::expectEqual(Size lhs, Size rhs) {
  if (lhs.tensor != rhs.tensor || lhs.axis != rhs.axis)
    expect<tile::ExpectEqualOp>(lhs, rhs);
}

void ProgramSizes::expectDivides(Size lhs, Size rhs) {
  if (lhs.tensor != rhs.tensor || lhs.axis != rhs.axis)
    expect<tile::ExpectDividesOp>(lhs, rhs);
}

void ProgramSizes::expectLists(attn::ExpandBlocksOp op, Value columns) {
  int64_t last = op.getList().getType().getRank() - 1;
  const StringRef names[] = {"batch", "heads", "rows"};
  Value numbers = op.getCounts() ? op.getCounts() : op.getOffsets();
  for (int64_t axis = 0; numbers && axis < last; ++axis) {
    StringRef what = names[axis + (op.getCounts() ? 3 : 2) - last];
    expectEqual({op.getList(), axis, what}, {numbers, axis, what});
  }
  if (!op.getBits())
    return;
  Value words = arith::CeilDivSIOp::create(builder, columns, number(32));
  Size given{op.getList(), last, "words"};
  tile::ExpectEqualOp::create(builder, extent(given), label(given), words,
                              builder.getStringAttr("words for a bit of every column"));
}

void ProgramSizes::expectOrder(Value order, Value rows) {
  const StringRef names[] = {"batch", "heads", "sequence length"};
  for (auto [axis, name] : llvm::enumerate(names))
    expectEqual({order, int64_t(axis), name}, {rows, int64_t(axis), name});
}

void ProgramSizes::expectProjections(attn::HashOp hash) {
  expectDivides({hash.getProjections(), 0, "heads"}, {hash.getRows(), 1, "heads"});
}

/// A table of positions ends in the dimensions of what it describes.
void ProgramSizes::expectPositions(Value position, Value described, StringRef heads) {
  auto table = position ? dyn_cast<RankedTensorType>(position.getType()) : RankedTensorType();
  if (!table)
    return;
  int64_t rank = table.getRank();
  expectEqual({position, rank - 1, "positions"}, {described, 2, "sequence length"});
  if (rank > 1)
    expectEqual({position, 0, "batch"}, {described, 0, "batch"});
  if (rank > 2)
    expectEqual({position, 1, heads}, {described, 1, heads});
}

/// Every key head has as many query heads, or as many as the schedule says.
void ProgramSizes::expectHeads(attn::TiledAttention attend) {
  Size q{attend.getQuery(), 1, "query heads"}, k{attend.getKey(), 1, "key heads"};
  int64_t heads = attn::headsTogether(attend);
  if (heads == 1)
    return expectDivides(k, q);
  if (attn::queryHeadsPerKeyHead(attend)) // compared before
    return;
  Value wanted = builder.createOrFold<arith::MulIOp>(extent(k), number(heads));
  StringAttr name = builder.getStringAttr(Twine(heads) + " times the " + label(k).getValue());
  tile::ExpectEqualOp::create(builder, extent(q), label(q), wanted, name);
}

/// Sequences lie along one axis, and have queries as well as keys.
void ProgramSizes::expectOffsets(attn::Attention attend) {
  Size batch{attend.getQuery(), 0, "batch"};
  if (ShapedType::isDynamic(attend.getQuery().getType().getDimSize(0)))
    tile::ExpectEqualOp::create(builder, extent(batch), label(batch), number(1),
                                builder.getStringAttr("batch of ragged tensors"));
  expectEqual({attend.getQueryOffsets(), 0, "offsets"}, {attend.getKeyOffsets(), 0, "offsets"});
}

void ProgramSizes::expectAttention(attn::TiledAttention attend) {
  Value q = attend.getQuery(), k = attend.getKey(), v = attend.getValue();
  expectEqual({q, 0, "batch"}, {k, 0, "batch"});
  expectEqual({q, 0, "batch"}, {v, 0, "batch"});
  expectEqual({k, 1, "key heads"}, {v, 1, "key heads"});
  expectHeads(attend);
  expectEqual({k, 2, "sequence length"}, {v, 2, "sequence length"});
  expectPositions(attend.getQueryPosition(), q, "query heads");
  expectPositions(attend.getKeyPosition(), k, "key heads");
  if (attend.isRagged())
    expectOffsets(attend);
}

void ProgramSizes::expectRowsLike(ValueRange tensors, Value like) {
  const StringRef names[] = {"batch", "query heads", "sequence length"};
  for (Value tensor : tensors) {
    auto type = cast<RankedTensorType>(tensor.getType());
    for (int64_t axis = 0; axis < type.getRank() - hasFeatures(type); ++axis) {
      StringRef name = type.getRank() > 2 && axis < 3 ? names[axis] : "size";
      expectEqual({tensor, axis, name}, {like, axis, name});
    }
  }
}

} // namespace lacuna
