#include "lib/Conversion/AttnToTile/BlockLists.h"

#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Tiles.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

SmallVector<Value> listsOf(attn::ExpandBlocksOp op) {
  SmallVector<Value> lists = {op.getList()};
  for (Value numbers : {op.getCounts(), op.getOffsets()})
    if (numbers)
      lists.push_back(numbers);
  return lists;
}

ExpandKernel emitExpandKernel(OpBuilder &builder, attn::ExpandBlocksOp op, StringRef name,
                              StatusBits &bits) {
  Location loc = op.getLoc();
  SmallVector<Value> operands = listsOf(op);
  operands.push_back(op.getBlocks());
  SmallVector<Type> types(llvm::map_range(ValueRange(operands).getTypes(), parameterType));
  types.push_back(tile::StatusType::get(builder.getContext()));
  tile::KernelOp kernel = createKernel(builder, loc, name, types);

  Block &body = kernel.getBody().front();
  Value list = named("list", body.getArgument(0)), counts, offsets;
  if (op.getCounts())
    counts = named("counts", body.getArgument(1));
  if (op.getOffsets())
    offsets = named("offsets", body.getArgument(1));
  Value status = named("status", body.getArguments().back());
  Value blocks = named("blocks", *std::prev(body.args_end(), 2));

  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &body);
  int64_t rank = op.getBlocks().getType().getRank();
  auto extentOrOne = [&](int64_t axis) -> Value {
    return axis < 0 ? arith::ConstantIntOp::create(b, 1, 32).getResult()
                    : extentOf(b, loc, blocks, axis);
  };
  Value batches = extentOrOne(rank - 4), heads = extentOrOne(rank - 3);
  auto block = tile::BlockOp::create(b, batches, heads, extentOrOne(rank - 2));
  Value indices[] = {block.getBatch(), block.getHead(), block.getFirst()};
  Value wrong =
      tile::ExpandBlocksOp::create(b, b.getI1Type(), blocks, ArrayRef(indices).take_back(rank - 1),
                                   list, counts, offsets, op.getBitsAttr());
  tile::ReportOp::create(b, status, bits.ofLists(op), wrong);
  tile::ReturnOp::create(b, ValueRange());
  return {op, kernel};
}

bool readsExpandedBlocks(attn::Attention attend) {
  return attend
      ->walk([](attn::LoadOp load) {
        return load.getTable().getDefiningOp<attn::ExpandBlocksOp>() ? WalkResult::interrupt()
                                                                     : WalkResult::advance();
      })
      .wasInterrupted();
}

} // namespace lacuna
