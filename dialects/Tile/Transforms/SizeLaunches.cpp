//===- SizeLaunches.cpp - Launches learn the sizes of their kernels -------===//
//
// A program outlives its kernels: after emission they are text. So what the
// host needs to launch one is copied to the launch, and to the tensors that it
// passes: how their addresses and strides must be aligned. Copy maps, which
// passes add to kernels one by one, are made where kernels are launched.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILESIZELAUNCHESPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

/// Bytes that the address and the strides of a view must be multiples of: 16
/// where tiles or features are read or written together, 8 where pairs are read or written, else
/// the size of an element.
static int64_t alignmentOf(Value view) {
  Type element = cast<ViewType>(view.getType()).getElementType();
  int64_t bytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  for (Operation *user : view.getUsers()) {
    auto store = dyn_cast<StoreOp>(user);
    auto load = dyn_cast<LoadOp>(user);
    auto copy = dyn_cast<CopyAsyncOp>(user);
    if ((copy && !copy.getTarget().getType().isVector()) ||
        (store && store.getValue().getType().getRank() == 2) ||
        (load && load.getResult().getType().getRank() == 2))
      return 16;
    if (isa<MoveRowsOp>(user) && cast<ViewType>(view.getType()).getRank() == 4)
      return MoveRowsOp::kPiece;
    if (auto hash = dyn_cast<HashRowsOp>(user); hash && hash.getBuckets() != view)
      return HashRowsOp::kPiece;
    if (isa<ListRunsOp, WriteRunsOp, PieceOp>(user))
      return 8;
    if (auto cut = dyn_cast<CutSequencesOp>(user); cut && cut.getPieces() == view)
      return 8;
    if (auto part = dyn_cast<PartOp>(user))
      bytes = std::max(bytes, alignmentOf(part.getPart()));
    if (auto pack = dyn_cast<PackHeadsOp>(user))
      bytes = std::max(bytes, alignmentOf(pack.getPacked()));
  }
  return bytes;
}

/// Passes a map for each of the kernel's last arguments that the launch lacks.
static LogicalResult passCopyMaps(LaunchOp launch, KernelOp kernel) {
  OpBuilder builder(launch);
  for (unsigned index = launch.getKernelArguments().size(); index < kernel.getNumArguments();
       ++index) {
    auto view = kernel.getArgAttrOfType<IntegerAttr>(index, "tile.describes");
    if (!view || !isa<ViewType>(kernel.getArgument(view.getInt()).getType()))
      return launch.emitOpError("launches '") << launch.getKernel() << "', whose copy map " << index
                                              << " does not say which view it describes";
    Value map = CopyMapOp::create(builder, launch.getLoc(), kernel.getArgument(index).getType(),
                                  launch.getKernelArguments()[view.getInt()],
                                  bool(kernel.getArgAttr(index, "tile.parts")));
    launch.getKernelArgumentsMutable().append(map);
  }
  return success();
}

/// Raises the alignment of an argument, or of a tensor that the program makes.
static void align(ProgramOp program, Value tensor, int64_t bytes) {
  constexpr StringLiteral name = "tile.alignment";
  auto raised = [&](Attribute known) -> Attribute {
    if (auto integer = dyn_cast_or_null<IntegerAttr>(known))
      bytes = std::max(bytes, integer.getInt());
    return IntegerAttr::get(IntegerType::get(program.getContext(), 64), bytes);
  };
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    unsigned index = argument.getArgNumber();
    program.setArgAttr(index, name, raised(program.getArgAttr(index, name)));
  } else if (Operation *maker = tensor.getDefiningOp()) {
    maker->setAttr(name, raised(maker->getAttr(name)));
  }
}

namespace {
struct SizeLaunches : impl::TileSizeLaunchesPassBase<SizeLaunches> {
  using Base::Base;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    WalkResult walk = getOperation().walk([&](LaunchOp launch) -> WalkResult {
      auto kernel = symbols.lookup<KernelOp>(launch.getKernel());
      if (!kernel)
        return success(); // emitted already, when the sizes were copied
      if (!kernel.getSchedule() || !kernel.getSharedBytes())
        return launch.emitOpError("launches '")
               << launch.getKernel() << "', whose schedule is not complete";
      if (failed(passCopyMaps(launch, kernel)))
        return failure();
      launch.setRowTile(kernel.getRowTile());
      launch.setThreads(kernel.getThreads());
      launch.setSharedBytes(*kernel.getSharedBytes());
      if (kernel.getPersistent())
        launch.setBlocksPerSm(kernel.getBlocksPerSm().value_or(1));
      for (auto [parameter, value] :
           llvm::zip_equal(kernel.getBody().getArguments(), launch.getKernelArguments()))
        if (isa<ViewType>(parameter.getType()))
          align(launch->getParentOfType<ProgramOp>(), value, alignmentOf(parameter));
        else if (auto map = value.getDefiningOp<CopyMapOp>())
          align(launch->getParentOfType<ProgramOp>(), map.getTensor(), 16);
      return success();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
} // namespace lacuna::tile
