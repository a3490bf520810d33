//===- SpecializeWarps.cpp - A producer that copies, consumers that compute ===//
//
// What a kernel does before its first tile is scalar code, which both roles run.
// From there on everything belongs to the consumers; the producer gets a copy of
// the loop, and of those around it, with nothing in it but the addresses of the loads.
// The two meet only in barriers: a slot is filled when its bytes have arrived, and free
// when every warp group of the consumers has released it.
//
// Vectors that the loop loads along its columns go the same way, for all warps need
// them whole, late, and have no registers to keep them in until then. Other vectors are
// read by those who need them.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/EntryCounters.h"
#include "dialects/Tile/Transforms/Passes.h"
#include "dialects/Tile/Transforms/ResourceModel.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILESPECIALIZEWARPSPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {
/// A load and the memory it got.
struct Transfer {
  LoadOp load;
  SmallVector<Value> maps;   ///< none for a vector
  Value ring, filled, freed; ///< freed: null for a slot that is used once
  SharedType slotType;
};

/// Of a view that tiles are copied from.
constexpr unsigned rowAxis = 2;

/// Whether an operation works on tiles, and so belongs to the consumers.
bool isTileCode(Operation &op) {
  auto isTile = [](Type type) { return isa<RankedTensorType>(type); };
  return isa<ForRunsOp>(op) || llvm::any_of(op.getOperandTypes(), isTile) ||
         llvm::any_of(op.getResultTypes(), isTile);
}

bool isInLoop(LoadOp load) { return isa<ForRunsOp>(load->getParentOp()); }

bool isVector(LoadOp load) { return load.getResult().getType().getRank() == 1; }

/// Whether the tile goes through shared memory.
bool needsRing(LoadOp load) {
  auto layout = dyn_cast<FragmentAttr>(load.getResult().getType().getEncoding());
  return !layout || (layout.getKind() == FragmentKind::Column && isInLoop(load) &&
                     load.getResult().getType().getElementType().isF32());
}

/// The loops around a loop over runs, the outermost first.
SmallVector<scf::ForOp> loopsAround(ForRunsOp loop) {
  SmallVector<scf::ForOp> loops;
  Operation *parent = loop->getParentOp();
  for (; isa<scf::ForOp>(parent); parent = parent->getParentOp())
    loops.insert(loops.begin(), cast<scf::ForOp>(parent));
  return loops;
}

/// The loop, or the outermost one around it.
Operation *outermost(ForRunsOp loop) {
  SmallVector<scf::ForOp> around = loopsAround(loop);
  return around.empty() ? loop.getOperation() : around.front();
}

struct SpecializeWarps : impl::TileSpecializeWarpsPassBase<SpecializeWarps> {
  using Base::Base;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    SmallVector<LoadOp> loads;
    kernel.walk([&](LoadOp load) {
      if (needsRing(load))
        loads.push_back(load);
    });
    if (!kernel.getSchedule() || !kernel.getSchedule()->getRoles() || loads.empty())
      return;
    if (failed(check(kernel, loads)))
      return signalPassFailure();
    specialize(kernel, loads);
  }

  /// What this pass can split.
  LogicalResult check(KernelOp kernel, ArrayRef<LoadOp> loads) {
    ForRunsOp loop;
    for (LoadOp load : loads) {
      auto parent = dyn_cast<ForRunsOp>(load->getParentOp());
      if (!parent && !isa<KernelOp>(load->getParentOp()))
        return load.emitOpError("must stand in the body of the kernel or of its loop over runs");
      if (parent && loop && parent != loop)
        return load.emitOpError("stands in a second loop over runs, which has no producer");
      if (parent && !isa<KernelOp>(outermost(parent)->getParentOp()))
        return load.emitOpError("stands in a loop over runs that the producer cannot have: "
                                "only 'scf.for' may be around it");
      loop = parent ? parent : loop;
      if (isVector(load))
        continue;
      RankedTensorType type = load.getResult().getType();
      if (type.getRank() != 2 || !type.hasStaticShape())
        return load.emitOpError("must load a tile of two static extents; run tile-assign-layouts "
                                "first");
      if (!type.getElementType().isF16() && !type.getElementType().isBF16())
        return load.emitOpError("loads ")
               << type.getElementType() << " for a product, which multiplies f16 or bf16";
      if (load.getIndices().size() != 4)
        return load.emitOpError("has ")
               << load.getIndices().size() << " indices, but the copy engine takes 4";
      PartOp part = partOf(load.getView());
      if (!isa<BlockArgument>(wholeOf(load.getView())) || (part && part.getAxis() != rowAxis))
        return load.emitOpError("reads what is neither an argument of the kernel nor some of the "
                                "rows of one, nor one of packed heads");
      if (int64_t heads = load.getView().getType().getHeads(); type.getDimSize(0) % heads)
        return load.emitOpError("loads ")
               << type.getDimSize(0) << " rows, needs whole groups of " << heads << " heads";
      for (OpOperand &use : load.getResult().getUses())
        if (!isa<DotOp>(use.getOwner()) || use.getOperandNumber() == 2)
          return load.emitOpError("feeds '")
                 << use.getOwner()->getName()
                 << "', but a loaded tile can only be a factor of 'tile.dot'";
    }
    return success();
  }

  void specialize(KernelOp kernel, ArrayRef<LoadOp> loads) {
    Block &body = kernel.getBody().front();
    Operation *first = nullptr;
    for (Operation &op : body.without_terminator())
      if (isTileCode(op)) {
        first = &op;
        break;
      }
    OpBuilder builder(first);
    Location loc = kernel.getLoc();
    zero = arith::ConstantIntOp::create(builder, loc, 0, 32);
    one = arith::ConstantIntOp::create(builder, loc, 1, 32);
    counters.emplace(zero, one);
    SmallVector<Transfer> transfers;
    for (LoadOp load : loads)
      transfers.push_back(allocate(kernel, load, builder));
    for (Transfer &transfer : transfers)
      allocateBarriers(kernel, transfer, builder);
    BarrierOp::create(builder, loc);

    bool copiesVectors = llvm::any_of(loads, isVector);
    RoleRegisters registers = roleRegisters(kernel.getSchedule()->getWarps(), copiesVectors);
    auto roles = RolesOp::create(builder, loc, registers.producer, registers.consumer,
                                 /*producer_warp=*/copiesVectors);
    for (Region &role : roles->getRegions())
      RolesOp::ensureTerminator(role, builder, loc);
    moveToConsumers(body, first, roles);
    fillProducer(roles, transfers);
    for (Transfer &transfer : transfers)
      consume(transfer);
  }

  /// The ring of a load, and the maps of its view.
  Transfer allocate(KernelOp kernel, LoadOp load, OpBuilder &builder) {
    RankedTensorType type = load.getResult().getType();
    Transfer transfer;
    transfer.load = load;
    transfer.slotType =
        SharedType::get(&getContext(), type.getDimSize(0), isVector(load) ? 1 : type.getDimSize(1),
                        type.getElementType(), axesOf(type));
    int64_t slots = isInLoop(load) ? kernel.getSchedule()->getStages() : 1;
    transfer.ring = AllocOp::create(builder, load.getLoc(),
                                    RingType::get(&getContext(), slots, transfer.slotType),
                                    /*offset=*/IntegerAttr());
    if (isVector(load))
      return transfer;
    SmallVector<int64_t> widths = panelColumns(type.getDimSize(1));
    widths.erase(llvm::unique(widths), widths.end());
    for (int64_t width : widths)
      transfer.maps.push_back(
          mapOf(kernel, load.getView(),
                CopyMapType::get(&getContext(), type.getDimSize(0), width, type.getElementType(),
                                 load.getView().getType().getHeads())));
    return transfer;
  }

  void allocateBarriers(KernelOp kernel, Transfer &transfer, OpBuilder &builder) {
    auto type =
        BarriersType::get(&getContext(), cast<RingType>(transfer.ring.getType()).getSlots());
    auto allocate = [&](StringRef state, int64_t arrivals) {
      auto named = dyn_cast<NameLoc>(transfer.load.getLoc());
      StringRef tile =
          named ? named.getName().strref() : stringifyAxis(transfer.slotType.getAxes()[0]);
      Location loc =
          NameLoc::get(builder.getStringAttr(tile + "_" + state), transfer.load.getLoc());
      return AllocBarriersOp::create(builder, loc, type, arrivals, IntegerAttr());
    };
    // Every lane of the producer's warp says that it has filled its part of a vector, and
    // every warp that it has read it; products are read by warp groups.
    int64_t warps = kernel.getSchedule()->getWarps();
    transfer.filled = allocate("filled", isVector(transfer.load) ? 32 : 1);
    if (isInLoop(transfer.load))
      transfer.freed = allocate("freed", isVector(transfer.load) ? warps : warps / 4);
  }

  /// The view before its heads were packed, if they are.
  static Value unpacked(Value view) {
    auto pack = view.getDefiningOp<PackHeadsOp>();
    return pack ? pack.getView() : view;
  }

  /// The part that `view` is, or has packed heads of; null for no part.
  static PartOp partOf(Value view) { return unpacked(view).getDefiningOp<PartOp>(); }

  /// The view that `view` is made of, or itself.
  static Value wholeOf(Value view) {
    PartOp part = partOf(view);
    return part ? part.getView() : unpacked(view);
  }

  /// The argument of the kernel that describes `view`, for boxes of that type.
  Value mapOf(KernelOp kernel, Value view, CopyMapType type) {
    auto whole = cast<BlockArgument>(wholeOf(view));
    Builder builder(&getContext());
    NamedAttrList attributes;
    attributes.set("tile.describes", builder.getI64IntegerAttr(whole.getArgNumber()));
    if (partOf(view))
      attributes.set("tile.parts", builder.getUnitAttr());
    DictionaryAttr wanted = attributes.getDictionary(&getContext());
    unsigned count = kernel.getNumArguments();
    for (unsigned index = 0; index < count; ++index)
      if (kernel.getArgument(index).getType() == type && kernel.getArgAttrDict(index) == wanted)
        return kernel.getArgument(index);
    (void)kernel.insertArgument(count, type, wanted, whole.getLoc());
    return kernel.getArgument(count);
  }

  /// Tile code, and the scalar code that needs its results.
  static void moveToConsumers(Block &body, Operation *first, RolesOp roles) {
    Operation *end = roles.getConsumers().front().getTerminator();
    for (auto it = first->getIterator(); &*it != body.getTerminator();) {
      Operation *op = &*it++;
      if (op == roles.getOperation())
        continue;
      bool follows = llvm::any_of(op->getOperands(), [&](Value operand) {
        return operand.getDefiningOp() && roles->isProperAncestor(operand.getDefiningOp());
      });
      if (follows || isTileCode(*op))
        op->moveBefore(end);
      else
        op->moveBefore(roles);
    }
  }

  /// Where the map of a view has the tile at `indices`: tile.copy_map says how parts lie.
  static SmallVector<Value> placeInMap(OpBuilder &builder, Value view, ValueRange indices) {
    SmallVector<Value> place(indices);
    PartOp part = partOf(view);
    if (!part)
      return place;
    Location loc = part.getLoc();
    Value rows = DimOp::create(builder, loc, part.getView(), rowAxis);
    Value own = arith::SubIOp::create(builder, loc, part.getEnd(), part.getBegin());
    Value before = arith::SubIOp::create(builder, loc, rows, own);
    if (int64_t heads = cast<ViewType>(view.getType()).getHeads(); heads > 1)
      before = arith::MulIOp::create(builder, loc, before,
                                     arith::ConstantIntOp::create(builder, loc, heads, 32));
    place[0] = part.getEnd();
    place[rowAxis] = arith::AddIOp::create(builder, loc, before, place[rowAxis]);
    return place;
  }

  /// Starts one copy.
  void copy(OpBuilder &builder, const Transfer &transfer, Value view, ValueRange indices,
            Value use) {
    Location loc = transfer.ring.getLoc();
    SmallVector<Value> place =
        isVector(transfer.load) ? SmallVector<Value>(indices) : placeInMap(builder, view, indices);
    Value slot = SlotOp::create(builder, loc, transfer.ring, use);
    if (transfer.freed)
      AwaitFreedOp::create(builder, loc, transfer.freed, use);
    if (isVector(transfer.load)) {
      CopyVectorOp::create(builder, loc, view, place, slot, transfer.filled, use);
      return;
    }
    ExpectOp::create(builder, loc, transfer.filled, use, transfer.slotType.getBytes());
    CopyBulkOp::create(builder, loc, transfer.maps, place, slot, transfer.filled, use);
  }

  void fillProducer(RolesOp roles, ArrayRef<Transfer> transfers) {
    OpBuilder builder(roles.getProducer().front().getTerminator());
    ForRunsOp loop;
    for (const Transfer &transfer : transfers) {
      LoadOp load = transfer.load;
      if (isInLoop(load))
        loop = cast<ForRunsOp>(load->getParentOp());
      else
        copy(builder, transfer, load.getView(), load.getIndices(), zero);
    }
    if (!loop)
      return;
    IRMapping mapping;
    mirror(builder, loopsAround(loop), loop, transfers, mapping, zero);
  }

  /// Copies in a loop like `loop`, which stands in loops like `around`. Uses are counted
  /// from `use` on; gives their number behind the outermost loop.
  Value mirror(OpBuilder &builder, ArrayRef<scf::ForOp> around, ForRunsOp loop,
               ArrayRef<Transfer> transfers, IRMapping &mapping, Value use) {
    OpBuilder::InsertionGuard guard(builder);
    auto inMirror = [&](Value value) {
      return cloneAddress(builder, value, outermost(loop), mapping);
    };
    if (around.empty()) {
      auto mirrored = ForRunsOp::create(builder, loop.getLoc(), inMirror(loop.getRuns()), use, 0);
      mapping.map(loop.getKey(), mirrored.getKey());
      mapping.map(loop.getPartial(), mirrored.getPartial());
      builder.setInsertionPointToEnd(&mirrored.getBody().front());
      fillLoop(builder, loop, transfers, mapping, mirrored.getCarried()[0]);
      return mirrored.getResult(0);
    }
    scf::ForOp first = around.front();
    Location loc = first.getLoc();
    auto mirrored =
        scf::ForOp::create(builder, loc, inMirror(first.getLowerBound()),
                           inMirror(first.getUpperBound()), inMirror(first.getStep()), use);
    mapping.map(first.getInductionVar(), mirrored.getInductionVar());
    builder.setInsertionPointToEnd(mirrored.getBody());
    Value uses = mirror(builder, around.drop_front(), loop, transfers, mapping,
                        mirrored.getRegionIterArg(0));
    scf::YieldOp::create(builder, loc, uses);
    return mirrored.getResult(0);
  }

  /// The copies of an entry.
  void fillLoop(OpBuilder &builder, ForRunsOp loop, ArrayRef<Transfer> transfers,
                IRMapping &mapping, Value use) {
    auto inMirror = [&](Value value) {
      return cloneAddress(builder, value, outermost(loop), mapping);
    };
    for (const Transfer &transfer : transfers) {
      LoadOp load = transfer.load;
      if (!isInLoop(load))
        continue;
      auto indices = llvm::map_to_vector(load.getIndices(), inMirror);
      copy(builder, transfer, inMirror(load.getView()), indices, use);
    }
    Value next = arith::AddIOp::create(builder, loop.getLoc(), use, one);
    YieldOp::create(builder, loop.getLoc(), next);
  }

  /// The value in the producer's loop, with the scalar code that computes it.
  static Value cloneAddress(OpBuilder &builder, Value value, Operation *loop, IRMapping &mapping) {
    Operation *op = value.getDefiningOp();
    if (!op || !loop->isProperAncestor(op) || mapping.contains(value))
      return mapping.lookupOrDefault(value);
    for (Value operand : op->getOperands())
      cloneAddress(builder, operand, loop, mapping);
    builder.clone(*op, mapping);
    return mapping.lookup(value);
  }

  /// Products read the slot; it is awaited where the load stood and released
  /// behind the last product.
  void consume(Transfer &transfer) {
    LoadOp load = transfer.load;
    if (isVector(load))
      return consumeVector(transfer);
    Value use = zero;
    if (isInLoop(load))
      use = counters->of(load->getParentOfType<ForRunsOp>());
    OpBuilder builder(load);
    Value slot = SlotOp::create(builder, load.getLoc(), transfer.ring, use);
    AwaitFilledOp::create(builder, load.getLoc(), transfer.filled, use);
    Operation *last = load;
    for (Operation *user : load->getUsers())
      if (Operation *here = load->getBlock()->findAncestorOpInBlock(*user);
          last->isBeforeInBlock(here))
        last = here;
    if (transfer.freed) {
      builder.setInsertionPointAfter(last);
      ReleaseOp::create(builder, load.getLoc(), transfer.freed, use);
    }
    load.getResult().replaceAllUsesWith(slot);
    load.erase();
  }

  /// A vector is awaited and read where it is first needed, by the lanes of a warp, which
  /// meet before they release it, and all other vectors, at the end of the entry.
  void consumeVector(Transfer &transfer) {
    LoadOp load = transfer.load;
    Value use = counters->of(cast<ForRunsOp>(load->getParentOp()));
    Location loc = load.getLoc();
    Operation *first = load->getBlock()->getTerminator();
    for (Operation *user : load->getUsers())
      if (Operation *here = load->getBlock()->findAncestorOpInBlock(*user);
          here->isBeforeInBlock(first))
        first = here;
    OpBuilder builder(first);
    Value slot = SlotOp::create(builder, loc, transfer.ring, use);
    AwaitFilledOp::create(builder, loc, transfer.filled, use);
    load.replaceAllUsesWith(
        LoadSharedOp::create(builder, loc, load.getResult().getType(), slot).getResult());
    builder.setInsertionPoint(load->getBlock()->getTerminator());
    MeetWarpOp &meeting = meetings[load->getBlock()];
    if (!meeting)
      meeting = MeetWarpOp::create(builder, loc);
    ReleaseOp::create(builder, loc, transfer.freed, use);
    load.erase();
  }

  Value zero, one;
  std::optional<EntryCounters> counters;
  llvm::DenseMap<Block *, MeetWarpOp> meetings; ///< before vectors are released
};
} // namespace
} // namespace lacuna::tile
