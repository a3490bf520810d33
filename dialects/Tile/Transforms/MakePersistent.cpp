//===- MakePersistent.cpp - Blocks stay and compute one item after another --===//
//
// What a block computes is an item of the launch's grid. A kernel with roles stays
// on its SM: each role loops over items, computes its share of the grid anew for
// each, and counts the uses of rings through. So the producer is ahead by a whole
// epilogue, and copies the next item's first tiles while the last one is stored.
//
// Which batch, head and first row an item is, the producer finds out alone and sends
// along with the first slot that is filled for each item. Divisions by run-time numbers
// in the consumers would cost a fiftieth of the time that NVRTC takes for a kernel.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEMAKEPERSISTENTPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {

/// Number of the carried value that counts the entries of a loop: the use of its
/// rings' barriers.
std::optional<unsigned> counterOf(ForRunsOp loop) {
  for (auto [index, carried] : llvm::enumerate(loop.getCarried()))
    if (llvm::any_of(carried.getUsers(),
                     [](Operation *user) { return isa<AwaitFilledOp, AwaitFreedOp>(user); }))
      return index;
  return std::nullopt;
}

/// The one loop over runs of a role, with those around it, and how it counts entries.
struct CountingLoop {
  Operation *outermost = nullptr; ///< null when the role has no such loop
  OpOperand *begin = nullptr;     ///< what it counts from
  Value end;
};

CountingLoop loopOf(Region &role) {
  SmallVector<ForRunsOp> loops;
  role.walk([&](ForRunsOp loop) { loops.push_back(loop); });
  std::optional<unsigned> counter = loops.size() == 1 ? counterOf(loops[0]) : std::nullopt;
  if (!counter)
    return {};
  CountingLoop loop{loops[0], &loops[0].getInitsMutable()[*counter], loops[0].getResult(*counter)};
  while (auto around = dyn_cast<scf::ForOp>(loop.outermost->getParentOp())) {
    auto argument = dyn_cast<BlockArgument>(loop.begin->get());
    OpOperand *init = argument ? around.getTiedLoopInit(argument) : nullptr;
    if (!init)
      return {};
    loop = {around, init, around.getTiedLoopResult(argument)};
  }
  return loop.outermost->getParentRegion() == &role ? loop : CountingLoop();
}

struct MakePersistent : impl::TileMakePersistentPassBase<MakePersistent> {
  using Base::Base;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    Block &body = kernel.getBody().front();
    auto blocks = llvm::to_vector(body.getOps<BlockOp>());
    auto roles = llvm::to_vector(body.getOps<RolesOp>());
    if (kernel.getPersistent() || blocks.size() != 1 || roles.size() != 1 ||
        !loopOf(roles[0].getProducer()).outermost || !loopOf(roles[0].getConsumers()).outermost)
      return;
    block = blocks[0];
    share.clear();
    freed.clear();
    mailbox = {}, carrier = {};
    for (Operation &op : body)
      if (&op == block || (&op != roles[0] && llvm::any_of(op.getOperands(), [&](Value operand) {
            return llvm::is_contained(share, operand.getDefiningOp());
          })))
        share.push_back(&op);

    OpBuilder builder(roles[0]);
    countItems(kernel, builder);
    allocateFreed(kernel, roles[0]);
    loop(roles[0].getProducer());
    loop(roles[0].getConsumers());
    for (Operation *op : llvm::reverse(share))
      op->erase();
    kernel.setPersistent(true);
  }

  /// Items of the grid, before the roles.
  void countItems(KernelOp kernel, OpBuilder &builder) {
    Location loc = block.getLoc();
    int64_t rows = kernel.getRowTile();
    auto constant = [&](int64_t value) {
      return arith::ConstantIntOp::create(builder, loc, value, 32);
    };
    zero = constant(0), one = constant(1);
    Value padded = arith::AddIOp::create(builder, loc, block.getRows(), constant(rows - 1));
    Value tiles = arith::DivUIOp::create(builder, loc, padded, constant(rows));
    Value heads = arith::MulIOp::create(builder, loc, block.getBatches(), block.getHeads());
    items = arith::MulIOp::create(builder, loc, heads, tiles);
  }

  /// Slots that were filled once are filled for each item, and the mailbox with the first
  /// of them. So they are freed too, by every warp: where an item has no entries, nothing else
  /// holds the warps of a group together, and one that lags would miss the next item's phase.
  void allocateFreed(KernelOp kernel, RolesOp roles) {
    for (auto expect : roles.getProducer().getOps<ExpectOp>()) {
      auto filled = expect.getBarriers().getDefiningOp<AllocBarriersOp>();
      OpBuilder builder(filled->getContext());
      builder.setInsertionPointAfter(filled);
      Location loc = filled.getLoc();
      if (auto named = dyn_cast<NameLoc>(loc)) {
        StringRef name = named.getName().strref();
        name.consume_back("_filled");
        loc = NameLoc::get(builder.getStringAttr(name + "_freed"), named.getChildLoc());
      }
      freed[filled.getBarriers()] =
          AllocBarriersOp::create(builder, loc, filled.getBarriers().getType(),
                                  kernel.getSchedule()->getWarps(), IntegerAttr());
      if (mailbox)
        continue;
      carrier = filled.getBarriers();
      mailbox = AllocMailboxOp::create(
          builder, NameLoc::get(builder.getStringAttr("mailbox"), block.getLoc()), IntegerAttr());
    }
  }

  /// Puts what a role does into a loop over items, which counts entries and items.
  void loop(Region &role) {
    Block &body = role.front();
    CountingLoop counting = loopOf(role);
    OpBuilder builder = OpBuilder::atBlockBegin(&body);
    Location loc = counting.outermost->getLoc();
    auto loop = ForItemsOp::create(builder, loc, items, ValueRange{zero, zero});
    Block &inside = loop.getBody().front();
    Value entries = loop.getCarried()[0], item = loop.getCarried()[1];
    inside.getOperations().splice(inside.end(), body.getOperations(), std::next(body.begin()),
                                  std::prev(body.end()));
    useEachItem(inside, counting.outermost, item);
    counting.begin->set(entries);

    builder.setInsertionPointToStart(&inside);
    IRMapping mapping;
    receiveBlock(inside, builder, mapping);
    for (Operation *op : share) {
      if (mapping.lookupOrNull(op))
        continue;
      Operation *copy = builder.clone(*op, mapping);
      if (op == block)
        cast<BlockOp>(copy).getItemMutable().assign(loop.getItem());
    }
    for (Operation *op : share)
      op->replaceUsesWithIf(mapping.lookup(op)->getResults(),
                            [&](OpOperand &use) { return loop->isAncestor(use.getOwner()); });
    builder.setInsertionPointToEnd(&inside);
    Value next = arith::AddIOp::create(builder, loc, item, one);
    YieldOp::create(builder, loc, ValueRange{counting.end, next});
  }

  /// The slots that are filled for each item.
  void useEachItem(Block &inside, Operation *loop, Value item) {
    for (Operation &op : inside)
      if (auto expect = dyn_cast<ExpectOp>(op)) {
        OpBuilder builder(expect);
        AwaitFreedOp::create(builder, op.getLoc(), freed.lookup(expect.getBarriers()), item);
        if (expect.getBarriers() == carrier)
          SendBlockOp::create(builder, block.getLoc(), block.getBatch(), block.getHead(),
                              block.getFirst(), mailbox);
        expect.getUseMutable().assign(item);
      } else if (auto copy = dyn_cast<CopyBulkOp>(op)) {
        copy.getUseMutable().assign(item);
      } else if (auto await = dyn_cast<AwaitFilledOp>(op)) {
        OpBuilder builder(loop->getContext());
        builder.setInsertionPointAfter(loop);
        ReleaseOp::create(builder, op.getLoc(), freed.lookup(await.getBarriers()), item);
        await.getUseMutable().assign(item);
      }
  }

  /// Consumers take the block's part of the grid from the mailbox, once it is filled.
  void receiveBlock(Block &inside, OpBuilder &builder, IRMapping &mapping) {
    for (auto await : inside.getOps<AwaitFilledOp>())
      if (await.getBarriers() == carrier) {
        await->moveBefore(&inside, inside.begin());
        builder.setInsertionPointAfter(await);
        auto received = ReceiveBlockOp::create(builder, block.getLoc(), mailbox);
        mapping.map(block.getOperation(), received.getOperation());
        mapping.map(block->getResults(), received->getResults());
        return;
      }
  }

  BlockOp block;
  Value mailbox, carrier;         ///< and the barriers that say that it is filled
  SmallVector<Operation *> share; ///< what the block's part of the grid is computed by
  Value zero, one, items;
  llvm::DenseMap<Value, Value> freed; ///< by barriers that say filled
};
} // namespace
} // namespace lacuna::tile
