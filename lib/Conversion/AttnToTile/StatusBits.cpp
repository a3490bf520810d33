//===- StatusBits.cpp - What the bits of a program's status mean ------------===//
#include "lib/Conversion/AttnToTile/StatusBits.h"

#include "dialects/Tile/IR/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace lacuna {

static constexpr size_t wordBits = 32;

unsigned StatusBits::of(std::string meaning) {
  const std::string *known = llvm::find(texts, meaning);
  if (known != texts.end())
    return known - texts.begin();
  if (texts.size() == wordBits)
    return wordBits - 1;
  if (texts.size() == wordBits - 1)
    meaning = "one of too many checks to tell apart failed";
  texts.push_back(std::move(meaning));
  return texts.size() - 1;
}

unsigned StatusBits::ofTable(Value table, Location loc) {
  auto [known, isNew] = tables.try_emplace(table);
  if (isNew)
    known->second = of("an index of " + std::string(isa<BlockArgument>(table) ? "table " : "") +
                       nameInSpec(table) + " is out of range (" + tile::placeOf(loc) + ")");
  return known->second;
}

unsigned StatusBits::ofLists(attn::ExpandBlocksOp op) {
  auto [known, isNew] = lists.try_emplace(op);
  if (isNew) {
    std::string what = "a block of " + nameInSpec(op.getList());
    if (Value counts = op.getCounts())
      what += " or a count of " + nameInSpec(counts);
    if (Value offsets = op.getOffsets())
      what += " or an offset of " + nameInSpec(offsets);
    known->second = of(what + " is out of range (" + tile::placeOf(op.getLoc()) + ")");
  }
  return known->second;
}

unsigned StatusBits::ofOffsets(attn::Attention attend) {
  std::string queries = nameInSpec(attend.getQueryOffsets()),
              keys = nameInSpec(attend.getKeyOffsets());
  return of("offsets of " + queries + (keys == queries ? "" : " or " + keys) +
            " do not ascend from 0 to the number of rows (" + tile::placeOf(attend.getLoc()) + ")");
}

std::string nameInSpec(Value value) {
  if (auto expand = value.getDefiningOp<attn::ExpandBlocksOp>())
    return "the blocks of " + nameInSpec(expand.getList());
  if (auto gather = value.getDefiningOp<attn::GatherOp>())
    return nameInSpec(gather.getSource()) + " by " + nameInSpec(gather.getOrder());
  if (auto scatter = value.getDefiningOp<attn::ScatterOp>())
    return nameInSpec(scatter.getSource()) + " back from " + nameInSpec(scatter.getOrder());
  if (auto hash = value.getDefiningOp<attn::HashOp>())
    return "the buckets of " + nameInSpec(hash.getRows());
  if (Operation *maker = value.getDefiningOp();
      isa_and_nonnull<attn::SortOp, attn::CompactOp>(maker))
    return (cast<OpResult>(value).getResultNumber() ? "the count of " : "the order of ") +
           nameInSpec(maker->getOperand(0));
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return "a result of an attend";
  auto spec = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  auto name =
      spec ? spec.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "attn.name") : StringAttr();
  return name ? ("%" + name.getValue().ltrim('%')).str()
              : ("argument " + Twine(argument.getArgNumber())).str();
}

} // namespace lacuna
