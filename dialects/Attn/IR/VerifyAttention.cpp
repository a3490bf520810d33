#include "dialects/Attn/IR/VerifyAttention.h"

using namespace mlir;
using namespace lacuna::attn;

static constexpr int64_t headDimMultiple = 8;
static constexpr int64_t headDimLimit = 256;

namespace {
/// A static or dynamic size and how messages call its owner.
struct NamedSize {
  StringRef owner;
  int64_t size;
};
} // namespace

/// Two sizes that must be equal, unless one is known only at launch.
static LogicalResult sameSize(Attention op, StringRef what, NamedSize one, NamedSize other) {
  if (ShapedType::isDynamic(one.size) || ShapedType::isDynamic(other.size) ||
      one.size == other.size)
    return success();
  return op->emitOpError() << what << " differ: " << one.size << " in the " << one.owner << ", "
                           << other.size << " in the " << other.owner;
}

bool lacuna::attn::isHeadDim(int64_t size) {
  return size >= headDimMultiple && size <= headDimLimit && size % headDimMultiple == 0;
}

LogicalResult lacuna::attn::verifyHeadDim(Operation *op, StringRef owner, int64_t size) {
  if (ShapedType::isDynamic(size))
    return op->emitOpError() << "head_dim of the " << owner << " must be static";
  if (!isHeadDim(size))
    return op->emitOpError() << "head_dim of the " << owner << " must be a multiple of "
                             << headDimMultiple << " up to " << headDimLimit << ", but is " << size;
  return success();
}

/// A table of positions ends in the dimensions of what it describes.
static LogicalResult verifyPositions(Attention op, Value position, StringRef owner,
                                     RankedTensorType described) {
  auto table = position ? dyn_cast<RankedTensorType>(position.getType()) : RankedTensorType();
  if (!table)
    return success();
  if (table.getRank() < 1 || table.getRank() > 3)
    return op->emitOpError() << "positions of the " << owner
                             << " must be [sequence], [batch, sequence] or [batch, heads, "
                                "sequence], but have "
                             << table.getRank() << " dimensions";
  const StringRef names[] = {"batch sizes", "head counts", "sequence lengths"};
  for (int64_t axis = 0; axis < table.getRank(); ++axis) {
    // [batch, sequence] skips the heads.
    int64_t of = axis == table.getRank() - 1 ? 2 : axis;
    if (failed(sameSize(op, names[of], {owner, described.getDimSize(of)},
                        {"positions", table.getDimSize(axis)})))
      return failure();
  }
  return success();
}

/// Sequences lie one behind the other along the third axis, so the first is no batch.
static LogicalResult verifyRagged(Attention op) {
  TypedValue<RankedTensorType> ofQueries = op.getQueryOffsets(), ofKeys = op.getKeyOffsets();
  if (!ofQueries && !ofKeys)
    return success();
  if (!ofQueries || !ofKeys)
    return op->emitOpError() << "has offsets of the " << (ofQueries ? "query" : "keys")
                             << " only; a ragged attend needs those of both";
  for (RankedTensorType tensor : {op.getQuery().getType(), op.getKey().getType()})
    if (int64_t batch = tensor.getDimSize(0); !ShapedType::isDynamic(batch) && batch != 1)
      return op->emitOpError() << "is ragged, so its tensors have a batch of 1, but one has "
                               << batch;
  for (Value offsets : {ofQueries, ofKeys})
    if (cast<RankedTensorType>(offsets.getType()).getDimSize(0) == 0)
      return op->emitOpError("has no offsets, needs one more than sequences");
  return sameSize(op, "numbers of offsets", {"query", ofQueries.getType().getDimSize(0)},
                  {"keys", ofKeys.getType().getDimSize(0)});
}

LogicalResult lacuna::attn::verifyAttention(Attention op) {
  RankedTensorType query = op.getQuery().getType(), key = op.getKey().getType(),
                   value = op.getValue().getType();
  if (query.getElementType() != key.getElementType() ||
      query.getElementType() != value.getElementType())
    return op->emitOpError() << "element types differ: " << query.getElementType()
                             << " in the query, " << key.getElementType() << " in the keys, "
                             << value.getElementType() << " in the values";
  int64_t queryHeads = query.getDimSize(1), keyHeads = key.getDimSize(1);
  if (!ShapedType::isDynamic(queryHeads) && !ShapedType::isDynamic(keyHeads) &&
      (keyHeads == 0 ? queryHeads != 0 : queryHeads % keyHeads != 0))
    return op->emitOpError() << "query heads must be a multiple of key heads, but there are "
                             << queryHeads << " and " << keyHeads;
  return failure(
      failed(verifyHeadDim(op, "query", query.getDimSize(3))) ||
      failed(verifyHeadDim(op, "keys", key.getDimSize(3))) ||
      failed(verifyHeadDim(op, "values", value.getDimSize(3))) ||
      failed(
          sameSize(op, "head_dims", {"query", query.getDimSize(3)}, {"keys", key.getDimSize(3)})) ||
      failed(sameSize(op, "batch sizes", {"query", query.getDimSize(0)},
                      {"keys", key.getDimSize(0)})) ||
      failed(sameSize(op, "batch sizes", {"query", query.getDimSize(0)},
                      {"values", value.getDimSize(0)})) ||
      failed(sameSize(op, "batch sizes", {"keys", key.getDimSize(0)},
                      {"values", value.getDimSize(0)})) ||
      failed(sameSize(op, "head counts", {"keys", keyHeads}, {"values", value.getDimSize(1)})) ||
      failed(sameSize(op, "sequence lengths", {"keys", key.getDimSize(2)},
                      {"values", value.getDimSize(2)})) ||
      failed(verifyPositions(op, op.getQueryPosition(), "query", query)) ||
      failed(verifyPositions(op, op.getKeyPosition(), "keys", key)) || failed(verifyRagged(op)));
}

LogicalResult lacuna::attn::verifyOutput(Attention op, StringRef what, RankedTensorType type) {
  RankedTensorType query = op.getQuery().getType();
  SmallVector<int64_t> shape(query.getShape());
  shape.back() = op.getValueHeadDim();
  auto yielded = RankedTensorType::get(shape, query.getElementType());
  if (type.getElementType() != yielded.getElementType() ||
      failed(verifyCompatibleShape(type, yielded)))
    return op->emitOpError() << "has " << what << " of the type " << type
                             << ", but an attend of these operands yields " << yielded;
  return success();
}
