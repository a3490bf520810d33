//===- PipelineRuns.cpp - Copies run ahead of the products ----------------===//
//
// Software pipelining by predication: the loop looks `stages - 1` entries
// ahead, copies of a later entry are started under `more`, and products are
// computed under `valid`. Nothing is peeled off, so the body is printed once.
//
// Why one wait and one barrier an iteration suffice. With d = stages - 1 the
// group of entry t - d is followed by d - 1 groups when step t begins, so
// waiting for at most d - 1 = stages - 2 pending ones makes it complete. The
// barrier then shows it to every warp, and tells that every warp has computed
// entry t - d - 1, whose slot entry t takes.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEPIPELINEPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {

/// What tile-place-operands makes of a load.
struct SynchronousCopy {
  AllocOp ring;
  SlotOp slot;
  CopyAsyncOp copy;
  CommitOp commit;
  WaitOp wait;
  BarrierOp barrier;

  void eraseSynchronisation() {
    barrier.erase();
    wait.erase();
    commit.erase();
  }
};

/// The synchronous copy that begins with `copy`, if it is one.
std::optional<SynchronousCopy> matchCopy(CopyAsyncOp copy) {
  SynchronousCopy match;
  match.copy = copy;
  match.slot = copy.getTarget().getDefiningOp<SlotOp>();
  match.ring = match.slot ? match.slot.getRing().getDefiningOp<AllocOp>() : AllocOp();
  match.commit = dyn_cast_or_null<CommitOp>(copy->getNextNode());
  match.wait = match.commit ? dyn_cast_or_null<WaitOp>(match.commit->getNextNode()) : WaitOp();
  match.barrier = match.wait ? dyn_cast_or_null<BarrierOp>(match.wait->getNextNode()) : BarrierOp();
  if (!match.ring || !match.barrier || match.wait.getPending() != 0 ||
      match.commit.getTokens() != ValueRange(copy.getToken()) ||
      match.ring.getRing().getType().getSlots() != 1 || !match.ring.getRing().hasOneUse() ||
      match.slot->getBlock() != copy->getBlock())
    return std::nullopt;
  return match;
}

/// A loop in the synchronous form.
struct SynchronousLoop {
  BarrierOp guard;
  SmallVector<SynchronousCopy> copies;
  /// What the indices of copies are computed by, in order.
  SmallVector<Operation *> addressing;
};

/// Collects the operations of `body` that `value` is computed by. They must be
/// free of side effects and know nothing of the entry but its key.
LogicalResult collectAddressing(Value value, ForRunsOp loop, SetVector<Operation *> &found) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return success(argument.getOwner() != &loop.getBody().front() || argument == loop.getKey());
  Operation *op = value.getDefiningOp();
  if (op->getBlock() != &loop.getBody().front())
    return success();
  if (op->getNumRegions() || !isMemoryEffectFree(op))
    return failure();
  for (Value operand : op->getOperands())
    if (failed(collectAddressing(operand, loop, found)))
      return failure();
  found.insert(op);
  return success();
}

/// Whether warps meet there for a product that reads what they stored themselves
/// (tile-exchange-operands): that has nothing to do with copies.
bool isExchange(Operation *op) {
  auto dot = dyn_cast_or_null<DotOp>(op->getNextNode());
  auto slot = dot ? dot.getLhs().getDefiningOp<SlotOp>() : SlotOp();
  return isa<BarrierOp>(op) && slot && llvm::any_of(slot->getUsers(), llvm::IsaPred<StoreSharedOp>);
}

/// Reads the loop, or says why it cannot be pipelined.
FailureOr<SynchronousLoop> matchLoop(ForRunsOp loop, StringRef &reason) {
  SynchronousLoop match;
  Block &body = loop.getBody().front();
  match.guard = dyn_cast<BarrierOp>(&body.front());
  llvm::SmallPtrSet<Operation *, 8> expected;
  if (match.guard)
    expected.insert(match.guard);
  SetVector<Operation *> addressing;
  for (CopyAsyncOp copy : body.getOps<CopyAsyncOp>()) {
    std::optional<SynchronousCopy> synchronous = matchCopy(copy);
    if (!synchronous || !match.guard) {
      reason = "its copies are not in the form that tile-place-operands gives them";
      return failure();
    }
    for (Value index : copy.getIndices())
      if (failed(collectAddressing(index, loop, addressing))) {
        reason = "the address of a copy depends on what the loop computes";
        return failure();
      }
    expected.insert({copy, synchronous->commit, synchronous->wait, synchronous->barrier});
    match.copies.push_back(*synchronous);
  }
  WalkResult walk = body.walk([&](Operation *op) -> WalkResult {
    return failure(isa<CopyAsyncOp, CommitOp, WaitOp, BarrierOp>(op) && !expected.contains(op) &&
                   !isExchange(op));
  });
  if (walk.wasInterrupted()) {
    reason = "its body synchronises by itself";
    return failure();
  }
  match.addressing = addressing.takeVector();
  llvm::sort(match.addressing, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return match;
}

struct Pipeline : impl::TilePipelinePassBase<Pipeline> {
  using Base::Base;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    std::optional<ScheduleAttr> schedule = kernel.getSchedule();
    SmallVector<ForRunsOp> loops;
    kernel.walk([&](ForRunsOp loop) {
      if (loop.getAhead() == 0 && !loop.getBody().getOps<CopyAsyncOp>().empty())
        loops.push_back(loop);
    });
    if (loops.empty())
      return;
    if (!schedule) {
      kernel.emitOpError("has no schedule; run tile-choose-schedule first");
      return signalPassFailure();
    }
    llvm::SmallPtrSet<Operation *, 2> piped;
    for (ForRunsOp loop : loops) {
      StringRef reason;
      FailureOr<SynchronousLoop> match = matchLoop(loop, reason);
      if (failed(match)) {
        loop.emitRemark("is not pipelined: ") << reason;
        continue;
      }
      piped.insert(pipelineLoop(loop, *match, schedule->getStages()));
      pipelinedLoops += 1;
    }
    joinFirstGroup(kernel, piped);
    joinWaits(kernel);
  }

  ForRunsOp pipelineLoop(ForRunsOp loop, SynchronousLoop &match, int64_t stages) {
    Location loc = loop.getLoc();
    OpBuilder builder(loop);
    int64_t ahead = stages - 1;
    auto piped = ForRunsOp::create(builder, loc, loop.getRuns(), loop.getInits(), ahead);
    Block &body = piped.getBody().front();
    builder.setInsertionPointToEnd(&body);
    WaitOp::create(builder, loc, stages - 2);
    BarrierOp::create(builder, loc);
    startCopies(builder, piped, loop, match, stages);
    CommitOp::create(builder, loc, ValueRange());
    auto valid = scf::IfOp::create(builder, loc, loop.getResultTypes(), piped.getValid(),
                                   /*withElseRegion=*/loop.getNumResults() != 0);
    YieldOp::create(builder, loc, valid.getResults());

    if (loop.getNumResults()) {
      OpBuilder otherwise = OpBuilder::atBlockEnd(valid.elseBlock());
      scf::YieldOp::create(otherwise, loc, ValueRange(piped.getCarried()));
    }
    moveProducts(valid, piped, loop, match, ahead);
    loop.replaceAllUsesWith(piped.getResults());
    loop.erase();
    return piped;
  }

  /// Starts the copies of entry `step`, if there is one.
  void startCopies(OpBuilder &builder, ForRunsOp piped, ForRunsOp loop, SynchronousLoop &match,
                   int64_t stages) {
    auto more = scf::IfOp::create(builder, loop.getLoc(), piped.getMore(),
                                  /*withElseRegion=*/false);
    OpBuilder inside = more.getThenBodyBuilder();
    IRMapping mapping;
    mapping.map(loop.getKey(), piped.getNext());
    for (Operation *op : match.addressing)
      inside.clone(*op, mapping);
    for (SynchronousCopy &copy : match.copies) {
      Value ring = copy.ring.getRing();
      ring.setType(RingType::get(&getContext(), stages, copy.slot.getSlot().getType()));
      Location loc = copy.copy.getLoc();
      Value slot = SlotOp::create(inside, loc, ring, piped.getStep());
      SmallVector<Value> indices;
      for (Value index : copy.copy.getIndices())
        indices.push_back(mapping.lookupOrDefault(index));
      CopyAsyncOp::create(inside, loc, copy.copy.getView(), indices, slot);
    }
  }

  /// Computes with entry `step - ahead`, if there is one.
  void moveProducts(scf::IfOp valid, ForRunsOp piped, ForRunsOp loop, SynchronousLoop &match,
                    int64_t ahead) {
    Block *products = valid.thenBlock();
    OpBuilder builder = OpBuilder::atBlockBegin(products);
    Location loc = loop.getLoc();
    Value distance =
        arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(int32_t(ahead)));
    Value back = arith::SubIOp::create(builder, loc, piped.getStep(), distance);
    for (SynchronousCopy &copy : match.copies) {
      Value slot = SlotOp::create(builder, copy.slot.getLoc(), copy.ring.getRing(), back);
      copy.eraseSynchronisation();
      copy.copy.erase();
      copy.slot.replaceAllUsesWith(slot);
      copy.slot.erase();
    }
    match.guard.erase();
    // Only copies needed some of these.
    for (Operation *op : llvm::reverse(match.addressing))
      if (op->use_empty())
        op->erase();

    Block &old = loop.getBody().front();
    Operation *yield = old.getTerminator();
    if (loop.getNumResults()) {
      OpBuilder end = OpBuilder::atBlockEnd(products);
      scf::YieldOp::create(end, yield->getLoc(), yield->getOperands());
    }
    yield->erase();
    products->getOperations().splice(products->getTerminator()->getIterator(), old.getOperations());
    loop.getKey().replaceAllUsesWith(piped.getKey());
    loop.getPartial().replaceAllUsesWith(piped.getPartial());
    for (auto [before, now] : llvm::zip_equal(loop.getCarried(), piped.getCarried()))
      before.replaceAllUsesWith(now);
  }

  /// A tile copied before a loop and read only inside of such needs no wait of its
  /// own: its copies join the group of the loop's first commit, which every
  /// product waits for. So they are under way together with the first columns.
  void joinFirstGroup(KernelOp kernel, const llvm::SmallPtrSetImpl<Operation *> &piped) {
    Block &body = kernel.getBody().front();
    for (CopyAsyncOp copy : llvm::to_vector(body.getOps<CopyAsyncOp>())) {
      std::optional<SynchronousCopy> match = matchCopy(copy);
      if (match && llvm::all_of(match->slot->getUsers(), [&](Operation *user) {
            return user == copy || piped.contains(user->getParentOfType<ForRunsOp>());
          }))
        match->eraseSynchronisation();
    }
  }

  /// Tiles that are read into registers before the loop are waited for together.
  static void joinWaits(KernelOp kernel) {
    Block &body = kernel.getBody().front();
    SmallVector<SynchronousCopy> copies;
    for (CopyAsyncOp copy : body.getOps<CopyAsyncOp>())
      if (std::optional<SynchronousCopy> match = matchCopy(copy))
        copies.push_back(*match);
    if (copies.empty())
      return;
    SynchronousCopy last = copies.pop_back_val();
    Operation *end = last.barrier;
    for (SynchronousCopy &copy : copies) {
      SmallVector<Operation *> reads;
      for (Operation *user : copy.slot->getUsers())
        if (user != copy.copy)
          reads.push_back(user);
      bool canWait = llvm::all_of(reads, [&](Operation *read) {
        return isa<LoadSharedOp>(read) && llvm::all_of(read->getUsers(), [&](Operation *user) {
                 return last.barrier->isBeforeInBlock(body.findAncestorOpInBlock(*user));
               });
      });
      if (!canWait)
        continue;
      for (Operation *read : reads) {
        read->moveAfter(end);
        end = read;
      }
      copy.eraseSynchronisation();
    }
  }
};
} // namespace
} // namespace lacuna::tile
