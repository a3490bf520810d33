#include "lib/Conversion/AttnToTile/Pullback.h"

#include "lib/Conversion/AttnToTile/Scores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace lacuna {

//===----------------------------------------------------------------------===//
// Sums of rows
//===----------------------------------------------------------------------===//

/// Whether a scalar of a pullback is the same for all columns: it is computed without
/// the gradient, the product and the column's coordinates.
static bool isOfRow(Region &pullback, Value value) {
  if (!pullback.isAncestor(value.getParentRegion()))
    return true;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    constexpr unsigned batch = 2, head = 3, row = 4, rowSlot = 6;
    return llvm::is_contained({batch, head, row, rowSlot}, argument.getArgNumber());
  }
  Operation *made = value.getDefiningOp();
  return made->getNumRegions() == 0 && llvm::all_of(made->getOperands(), [&](Value operand) {
           return isOfRow(pullback, operand);
         });
}

static bool isOfRow(attn::ContributeOp contribution, Region &pullback) {
  return contribution->getParentRegion() == &pullback &&
         llvm::all_of(contribution.getIndices(),
                      [&](Value index) { return isOfRow(pullback, index); });
}

/// Whether the op wants the gradient of its scale.
static bool wantsScale(attn::BackwardOp op) {
  return op.getScale() && op.getGradientOf(op.getScale());
}

bool isSumOfRows(attn::BackwardOp op, Value gradient) {
  WalkResult walk = op.getPullback().walk([&](attn::ContributeOp contribution) {
    bool isOfPairs = op.getGradientOf(contribution.getTarget()) == gradient &&
                     !isOfRow(contribution, op.getPullback());
    return isOfPairs ? WalkResult::interrupt() : WalkResult::advance();
  });
  return !walk.wasInterrupted();
}

Pullback::Pullback(const KernelPlace &place, attn::BackwardOp op) : place(place), op(op) {
  op.getPullback().walk([&](attn::ContributeOp contribution) {
    if (isOfRow(contribution, op.getPullback()))
      ofRows.push_back(contribution);
    else
      ofPairs.insert(contribution);
  });
  if (wantsScale(op))
    ofRows.push_back({});
}

Value Pullback::emitRowSum(ImplicitLocOpBuilder &builder, const Tile &tile, size_t number) {
  Value terms = emitMap(builder, tile, /*adds=*/false, ofRows[number]);
  auto type = cast<RankedTensorType>(terms.getType());
  RankedTensorType rows = tileType(type.getElementType(), tile::axesOf(type).front());
  return tile::ReduceOp::create(builder, rows, tile::ReduceKind::Add, terms);
}

void Pullback::emitRowAddition(ImplicitLocOpBuilder &builder, Value sums, size_t number) {
  Contribution contribution = ofRows[number];
  Value target = contribution ? contribution.getTarget() : op.getScale();
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder b(loc, nested);
    Value exists =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, element[1], place.rows().count);
    auto branch = scf::IfOp::create(b, exists, /*withElseRegion=*/false);
    auto then = ImplicitLocOpBuilder::atBlockBegin(loc, branch.thenBlock());
    Value zero = arith::ConstantIntOp::create(then, 0, 32);
    SmallVector<Value> indices;
    if (contribution && !contribution.getIndices().empty()) {
      ScalarCopier copier(then, place.scope, *place.bits);
      Value nothing = constantF32(then, 0.0);
      // What the indices do not need is never used; they need no column.
      copyClause(then, copier, place, op.getPullback(), {nothing, nothing}, element[1], zero);
      for (Value index : contribution.getIndices())
        indices.push_back(copier.lookup(index));
    } else {
      indices.push_back(zero);
    }
    tile::AtomicAddOp::create(then, element[0], place.scope.lookup(op.getGradientOf(target)),
                              indices);
    tile::YieldOp::create(b, element[0]);
  };
  tile::MapOp::create(builder, sums.getType(), sums, place.first, body);
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// The gradient of the scaled product of an element, or the term that is wanted.
Value Pullback::emitElement(ImplicitLocOpBuilder &builder, const Tile &tile, ValueRange element,
                            bool adds, std::optional<Contribution> wanted) {
  Value pulled = element[0], product = element[1];
  ScalarCopier copier(builder, place.scope, *place.bits);
  if (adds)
    copier.add(ofPairs);
  if (Region &pullback = op.getPullback(); !pullback.empty()) {
    Value scaled =
        tile.scale ? arith::MulFOp::create(builder, product, tile.scale).getResult() : product;
    pulled = copyClause(builder, copier, place, pullback, {pulled, scaled}, element[2], element[3]);
  }
  if (!wanted)
    return pulled;
  if (*wanted)
    return copier.lookup(wanted->getValue());
  return arith::MulFOp::create(builder, pulled, product);
}

/// A map of what emitElement computes where the gradient is not 0, and of 0 elsewhere: a
/// derivative may be infinite where the key is hidden, or a read fail.
Value Pullback::emitMap(ImplicitLocOpBuilder &builder, const Tile &tile, bool adds,
                        std::optional<Contribution> wanted) {
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder b(loc, nested);
    Value zero = constantF32(b, 0.0);
    Value counts = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, element[0], zero);
    if (!adds) {
      Value value = emitElement(b, tile, element, adds, wanted);
      tile::YieldOp::create(b, arith::SelectOp::create(b, counts, value, zero).getResult());
      return;
    }
    // Nothing comes from a row that does not exist.
    Value exists =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, element[2], place.rows().count);
    auto choice = scf::IfOp::create(b, b.getF32Type(), arith::AndIOp::create(b, counts, exists),
                                    /*addThenBlock=*/true, /*addElseBlock=*/true);
    auto then = ImplicitLocOpBuilder::atBlockBegin(loc, choice.thenBlock());
    scf::YieldOp::create(then, emitElement(then, tile, element, adds, wanted));
    auto otherwise = ImplicitLocOpBuilder::atBlockBegin(loc, choice.elseBlock());
    scf::YieldOp::create(otherwise, zero);
    tile::YieldOp::create(b, choice.getResult(0));
  };
  return tile::MapOp::create(builder, tile.gradients.getType(), {tile.gradients, tile.products},
                             {place.first, tile.column}, body);
}

Value Pullback::emit(ImplicitLocOpBuilder &builder, const Tile &tile) {
  if (op.getPullback().empty())
    return tile.gradients;
  return emitMap(builder, tile, /*adds=*/!ofPairs.empty(), std::nullopt);
}

} // namespace lacuna
