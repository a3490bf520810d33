#include "dialects/Attn/IR/HeadSharing.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace lacuna::attn;

std::optional<int64_t> lacuna::attn::queryHeadsPerKeyHead(Attention attend) {
  int64_t queryHeads = attend.getQuery().getType().getDimSize(1);
  int64_t keyHeads = attend.getKey().getType().getDimSize(1);
  if (ShapedType::isDynamic(queryHeads) || ShapedType::isDynamic(keyHeads) || keyHeads == 0)
    return std::nullopt;
  return queryHeads / keyHeads;
}

int64_t lacuna::attn::headsTogether(TiledAttention attend) {
  ScheduleAttr schedule = attend.getScheduleAttr();
  return schedule ? std::max<int64_t>(1, schedule.getHeads()) : 1;
}

Operation *lacuna::attn::findHeadUse(Region &clause, unsigned batchArgument, int64_t heads) {
  if (clause.empty() || heads == 1)
    return nullptr;
  for (OpOperand &use : clause.getArgument(batchArgument + 1).getUses()) {
    Operation *user = use.getOwner();
    APInt divisor;
    bool findsKeyHead = isa<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp>(user) &&
                        use.getOperandNumber() == 0 &&
                        matchPattern(user->getOperand(1), m_ConstantInt(&divisor)) &&
                        divisor.isStrictlyPositive() && divisor.getSExtValue() % heads == 0;
    if (!findsKeyHead)
      return user;
  }
  return nullptr;
}

std::optional<SharingObstacle> lacuna::attn::findSharingObstacle(TiledAttention attend,
                                                                 int64_t heads) {
  if (std::optional<int64_t> known = queryHeadsPerKeyHead(attend); known && *known != heads)
    return SharingObstacle{attend, "a key head has " + std::to_string(*known) + " query heads"};
  if (attend.getMode() == Mode::Baked)
    return SharingObstacle{attend, "baked runs are those of tiles of one head"};
  auto positions = attend.getQueryPosition()
                       ? dyn_cast<RankedTensorType>(attend.getQueryPosition().getType())
                       : RankedTensorType();
  if (positions && positions.getRank() > 2)
    return SharingObstacle{attend, "every query head has positions of its own"};
  if (Operation *use = findHeadUse(attend.getWhere(), 0, heads))
    return SharingObstacle{use, "the mask tells query heads of a key head apart"};
  return std::nullopt;
}
