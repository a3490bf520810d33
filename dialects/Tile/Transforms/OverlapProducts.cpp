//===- OverlapProducts.cpp - Products run while rows are worked on ---------===//
//
// A step of attention is a product, work on its rows, and a second product, each
// waiting for the one before. The second one is delayed by a step: it is started
// behind the first product of the next entry, and both run while the first one's
// rows are worked on. The body stands once: the loop takes one more step, which starts
// the last delayed product and leaves before the work on rows. A copy of that product
// behind the loop would cost an eighth of the time that NVRTC takes for a kernel.
//
// Why the assembler keeps it apart (every product that it has to wait for itself
// is an advisory): each step starts its products and waits for them; registers
// that a product reads are packed behind the wait for the product that read the
// last ones; the first product is started in every step, without keys for as little as
// it can be.
//
// Why it runs while rows are worked on: within straight code, the assembler moves a
// wait for products up to the last one, before the work. So the values of this entry
// are awaited between the work and that wait: no instruction crosses a loop that
// polls a barrier. They have a slot other than the last entry's, and are needed next.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEOVERLAPPRODUCTSPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {

/// A loop whose body starts with a product of slots and ends with one that adds
/// to a carried tile, in the form that tile-specialize-warps gives them.
struct TwoProducts {
  DotOp first, second;
  SlotOp slot; ///< of the second product, filled and released around it
  AwaitFilledOp filled;
  ReleaseOp release;
  SlotOp queries, keys; ///< of the first product
  AwaitFilledOp keysFilled;
  unsigned outputs; ///< number of the carried value that the second one adds to
  unsigned use;     ///< number of the carried value that counts entries
};

/// Number of a carried value, or nothing.
std::optional<unsigned> carriedIndex(ForRunsOp loop, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != &loop.getBody().front() ||
      argument.getArgNumber() < loop.getNumLeading())
    return std::nullopt;
  return argument.getArgNumber() - loop.getNumLeading();
}

/// The map that packs the left operand of a product in the loop, past relabellings.
MapOp packingOf(DotOp dot) {
  Operation *op = dot.getLhs().getDefiningOp();
  while (auto convert = dyn_cast_or_null<ConvertOp>(op))
    op = convert.getSource().getDefiningOp();
  auto map = dyn_cast_or_null<MapOp>(op);
  return map && map->getBlock() == dot->getBlock() ? map : MapOp();
}

std::optional<TwoProducts> match(ForRunsOp loop) {
  SmallVector<DotOp> dots(loop.getBody().getOps<DotOp>());
  if (loop.getAhead() || dots.size() != 2 || dots[0].getAsync() || dots[1].getAsync())
    return std::nullopt;
  TwoProducts match{dots[0], dots[1], {}, {}, {}, {}, {}, {}, 0, 0};
  match.slot = match.second.getRhs().getDefiningOp<SlotOp>();
  if (match.slot && !match.slot->hasOneUse())
    return std::nullopt; // keys that are the values are not held for a step longer
  match.filled =
      match.slot ? dyn_cast_or_null<AwaitFilledOp>(match.slot->getNextNode()) : AwaitFilledOp();
  match.release = dyn_cast_or_null<ReleaseOp>(match.second->getNextNode());
  if (!isa<SharedType>(match.first.getLhs().getType()) || !match.filled || !match.release ||
      !match.second.getResult().hasOneUse())
    return std::nullopt;
  Operation *yield = loop.getBody().front().getTerminator();
  OpOperand &place = *match.second.getResult().getUses().begin();
  std::optional<unsigned> use = carriedIndex(loop, match.slot.getIndex());
  if (place.getOwner() != yield || !use || !packingOf(match.second))
    return std::nullopt;
  if (match.filled.getBarriers().getType().getSlots() == 1)
    return std::nullopt; // values only come when the last ones are released
  match.queries = match.first.getLhs().getDefiningOp<SlotOp>();
  match.keys = match.first.getRhs().getDefiningOp<SlotOp>();
  match.keysFilled =
      match.keys ? dyn_cast_or_null<AwaitFilledOp>(match.keys->getNextNode()) : AwaitFilledOp();
  if (!match.keysFilled || !match.queries || match.queries.getRing().getType().getSlots() != 1 ||
      match.queries.getSlot().getType().getRows() < match.keys.getSlot().getType().getRows())
    return std::nullopt; // queries cannot stand in for keys that do not come
  match.outputs = place.getOperandNumber();
  match.use = *use;
  return match;
}

/// Rewrites one loop.
class SecondProductDelay {
public:
  SecondProductDelay(ForRunsOp loop, const TwoProducts &products)
      : loop(loop), products(products), loc(loop.getLoc()) {}

  void run() {
    OpBuilder builder(loop);
    one = arith::ConstantIntOp::create(builder, loc, 1, 32);
    Value weights = products.second.getLhs();
    if (auto items = loop->getParentOfType<ForItemsOp>())
      builder.setInsertionPoint(items);
    OpenTurnsOp::create(builder, loc);
    builder.setInsertionPoint(loop);
    loop = loop.addCarried(zeroLike(builder, weights), /*drained=*/true);
    outputs = loop.getCarried()[products.outputs];
    use = loop.getCarried()[products.use];
    awaitKeys();
    startBoth();
    finishSecond();
    Operation *yield = loop.getBody().front().getTerminator();
    yield->setOperand(products.outputs, products.second.getAccumulator());
    yield->insertOperands(yield->getNumOperands(), weights);
    finishLast();
    products.release.erase();
    products.second.erase();
    products.filled.erase();
    products.slot.erase();
  }

private:
  static Value zeroLike(OpBuilder &builder, Value tile) {
    auto type = cast<RankedTensorType>(tile.getType());
    Value zero = arith::ConstantOp::create(builder, tile.getLoc(),
                                           builder.getZeroAttr(type.getElementType()));
    return SplatOp::create(builder, tile.getLoc(), type, zero);
  }

  AwaitDotsOp await(OpBuilder &builder, int64_t pending, ValueRange tiles) {
    return AwaitDotsOp::create(builder, loc, tiles.getTypes(), pending, tiles);
  }

  /// In the last step no keys come, and queries stand in for them.
  void awaitKeys() {
    products.keys.getConditionMutable().assign(loop.getValid());
    products.keys.getStandInMutable().assign(products.queries.getRing());
    OpBuilder builder(products.keysFilled);
    auto branch = scf::IfOp::create(builder, loc, loop.getValid(), /*withElseRegion=*/false);
    products.keysFilled->moveBefore(branch.thenBlock()->getTerminator());
  }

  /// Starts to multiply the values of the entry before, which have been awaited.
  Value startSecond(OpBuilder &builder) {
    auto branch = scf::IfOp::create(builder, loc, outputs.getType(), isLater,
                                    /*withElseRegion=*/true);
    OpBuilder inside = branch.getThenBodyBuilder(), otherwise = branch.getElseBodyBuilder();
    Value before = arith::SubIOp::create(inside, loc, use, one);
    Value slot = SlotOp::create(inside, products.slot.getLoc(), products.slot.getRing(), before);
    Value sum = DotOp::create(inside, products.second.getLoc(), loop.getCarried().back(), slot,
                              outputs, /*async=*/true);
    scf::YieldOp::create(inside, loc, sum);
    scf::YieldOp::create(otherwise, loc, outputs);
    return branch.getResult(0);
  }

  /// Releases the values before those of use `useNow`, if there were any.
  void releaseSecond(OpBuilder &builder, Value later, Value useNow) {
    auto branch = scf::IfOp::create(builder, loc, later, /*withElseRegion=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    Value before = arith::SubIOp::create(inside, loc, useNow, one);
    ReleaseOp::create(inside, loc, products.release.getBarriers(), before);
  }

  Value isBehindFirst(OpBuilder &builder, Value useNow) {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, useNow,
                                 loop.getInits()[products.use]);
  }

  /// In turn with the other warp groups, so that one works on rows while another
  /// has the tensor cores. A group stands for each product, be it empty. The last step
  /// is left when both are started.
  void startBoth() {
    OpBuilder builder(products.first);
    AwaitTurnOp::create(builder, loc);
    products.first.setAsync(true);
    builder.setInsertionPointAfter(products.first);
    CommitDotsOp::create(builder, loc);
    isLater = isBehindFirst(builder, use);
    started = startSecond(builder);
    CommitDotsOp::create(builder, loc);
    PassTurnOp::create(builder, loc);
    Value scores = products.first.getResult();
    auto done = await(builder, 1, scores);
    scores.replaceAllUsesExcept(done.getResult(0), done);
    SmallVector<Value> results(loop.getCarried());
    results[products.outputs] = started;
    LeaveOp::create(builder, loc, results);
  }

  /// Waits for the values of this entry, and for the second product before anything
  /// needs its result and before the registers that it reads are packed anew.
  void finishSecond() {
    Block &body = loop.getBody().front();
    MapOp packing = packingOf(products.second);
    Operation *first = packing;
    Operation *starting = started.getDefiningOp();
    for (Operation *user : outputs.getUsers())
      if (Operation *op = body.findAncestorOpInBlock(*user); op != starting)
        first = op->isBeforeInBlock(first) ? op : first;
    OpBuilder builder(first);
    AwaitFilledOp::create(builder, loc, products.filled.getBarriers(), use);
    SmallVector<Value> tiles = {started};
    llvm::append_range(tiles, packing.getInputs());
    auto done = await(builder, 0, tiles);
    outputs.replaceUsesWithIf(done.getResult(0), [&](OpOperand &place) {
      return !starting->isAncestor(place.getOwner());
    });
    packing.getInputsMutable().assign(done.getResults().drop_front());
    keepZero(done.getResult(0));
    releaseSecond(builder, isLater, use);
  }

  /// At the first entry the outputs are what they began with. If that is zero, they
  /// need not be scaled.
  void keepZero(Value complete) {
    auto begin = loop.getInits()[products.outputs].getDefiningOp<SplatOp>();
    if (!begin || !matchPattern(begin.getScalar(), m_PosZeroFloat()))
      return;
    for (Operation *user : complete.getUsers()) {
      auto map = dyn_cast<MapOp>(user);
      auto branch = map ? dyn_cast<scf::IfOp>(map->getParentOp()) : scf::IfOp();
      if (!branch || branch.elseYield().getOperand(0) != complete || !scales(map))
        continue;
      OpBuilder builder(branch);
      branch.getConditionMutable().assign(
          arith::AndIOp::create(builder, loc, branch.getCondition(), isLater));
    }
  }

  /// Whether a map multiplies its first input by its second.
  static bool scales(MapOp map) {
    Block &body = map.getBody().front();
    auto product = body.getTerminator()->getOperand(0).getDefiningOp<arith::MulFOp>();
    return product && llvm::equal(product->getOperands(), body.getArguments());
  }

  /// Waits for the second product of the last entry, if there is one.
  void finishLast() {
    OpBuilder builder(loop.getContext());
    builder.setInsertionPointAfter(loop);
    Value result = loop.getResult(products.outputs), uses = loop.getResult(products.use);
    auto done = await(builder, 0, result);
    result.replaceAllUsesExcept(done.getResult(0), done);
    releaseSecond(builder, isBehindFirst(builder, uses), uses);
  }

  ForRunsOp loop;
  TwoProducts products;
  Location loc;
  Value one, outputs, use, isLater;
  Value started; ///< the outputs, with the second product on its way
};

struct OverlapProducts : impl::TileOverlapProductsPassBase<OverlapProducts> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk([&](RolesOp roles) {
      SmallVector<ForRunsOp> loops;
      roles.getConsumers().walk([&](ForRunsOp loop) { loops.push_back(loop); });
      for (ForRunsOp loop : loops)
        if (std::optional<TwoProducts> products = match(loop)) {
          SecondProductDelay(loop, *products).run();
          overlappedLoops += 1;
        }
    });
  }
};
} // namespace
} // namespace lacuna::tile
