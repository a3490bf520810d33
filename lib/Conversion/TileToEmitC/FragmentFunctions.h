//===- FragmentFunctions.h - One function per fragment operation -*- C++ -*-===//
//
// Each function here prints what its operation means for one thread, unrolled
// over the registers of its fragments, as a force-inlined CUDA function, and says
// how the kernel calls it. Functions that do the same are printed once.
//
// Scalars in structs instead of arrays, and one asm statement for a whole
// product, are what NVRTC compiles fastest.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_TILETOEMITC_FRAGMENTFUNCTIONS_H
#define LIB_CONVERSION_TILETOEMITC_FRAGMENTFUNCTIONS_H

#include "lib/Conversion/TileToEmitC/Emission.h"

namespace lacuna {

/// How the kernel calls a printed function.
struct FragmentCall {
  std::string callee;
  /// Values of the tile dialect, in the order of the parameters.
  llvm::SmallVector<mlir::Value> operands;
  /// The result is no value of the function: its first parameter is a reference to
  /// where it belongs, and to what `changed` was before, unless that is null. NVRTC
  /// would take long to see that 64 registers which pass through stay where they are.
  bool inPlace = false;
  mlir::Value changed = {};
  /// The first parameter is the places of a slot's rows (printLeftPlaces), not the slot.
  bool takesPlaces = false;
};

/// `F32x32 splat_scores(float value)`
mlir::FailureOr<FragmentCall> printSplat(Emission &emission, tile::SplatOp op);

/// `F32x32 select_scores(const F32x32 &x, int32_t i, int32_t j, int32_t keys)`: the
/// scalar program becomes a function of its own, called for every element.
mlir::FailureOr<FragmentCall> printMap(Emission &emission, tile::MapOp op);

/// Whether a map is printed as one asm statement, which changes a tile in place or packs
/// it, see MapStatement.cpp.
bool isMapStatement(tile::MapOp op);

/// The tile whose registers the statement changes; null if it packs.
mlir::Value changedBy(tile::MapOp op);

/// `void mulf_outputs(F32x64 &x, const F32x2 &y)`, `void truncf_weights(Bf16x64 &r,
/// const F32x64 &x)`: a map that is a statement.
mlir::FailureOr<FragmentCall> printMapStatement(Emission &emission, tile::MapOp op,
                                                llvm::StringRef name);

/// `void clip_scores(F32x32 &x, const I32x2 &to, int32_t j)`: columns in groups, so that a
/// warp all of whose rows see a group, or none, compares nothing in it.
mlir::FailureOr<FragmentCall> printClip(Emission &emission, tile::ClipOp op);

/// `F32x2 max_of_scores(const F32x32 &x)`
mlir::FailureOr<FragmentCall> printReduce(Emission &emission, tile::ReduceOp op);

/// `F32x2 sum_over_lanes(const F32x2 &x)`; a relabelling of registers has no function:
/// the callee is empty.
mlir::FailureOr<FragmentCall> printConvert(Emission &emission, tile::ConvertOp op);

/// `void dot_scores(F32x32 &d, uint32_t query, uint32_t key)`: one asm statement. An
/// accumulator that is a splat of zero is not read.
mlir::FailureOr<FragmentCall> printDot(Emission &emission, tile::DotOp op);

/// The same by wgmma, for the warp groups of a kernel with roles.
mlir::FailureOr<FragmentCall> printWarpGroupDot(Emission &emission, tile::DotOp op);

/// `Places8 places_of_query(uint32_t slot)`: where the warp group's rows of a left
/// operand lie, one place for each 16 features; `type` is that of the result.
mlir::FailureOr<FragmentCall> printLeftPlaces(Emission &emission, tile::SlotOp op,
                                              mlir::Type &type);

/// `void copy_bulk_128x96(const lacuna::CopyMap &map0, ..., int32_t batch, ...,
/// uint32_t slot, uint32_t barriers, uint32_t use)`
mlir::FailureOr<FragmentCall> printCopyBulk(Emission &emission, tile::CopyBulkOp op);

/// The primitive that a barrier, a group of products or a turn is; none for another
/// operation.
std::optional<FragmentCall> callOfRoleOp(Emission &emission, mlir::Operation &op);

/// For each tile, the function that changes it in place; the first waits:
/// `void await_scores(F32x64 &x)`, `void after_outputs(F32x64 &x)`. No name where
/// statements read the tile, which stay behind the wait anyway.
mlir::FailureOr<llvm::SmallVector<std::string>> printAwaitDots(Emission &emission,
                                                               tile::AwaitDotsOp op);

/// `bool any_differs_rows(const F32x2 &x, const F32x2 &y)`
mlir::FailureOr<FragmentCall> printAnyDiffers(Emission &emission, tile::AnyDiffersOp op);

/// `Bf16x64 load_query(uint32_t slot)`
mlir::FailureOr<FragmentCall> printLoadShared(Emission &emission, tile::LoadSharedOp op);

/// `void share_weights(uint32_t slot, const Bf16x64 &x)`
mlir::FailureOr<FragmentCall> printStoreShared(Emission &emission, tile::StoreSharedOp op);

/// `void copy_64x128(const lacuna::View<4> &view, int32_t i0, ..., uint32_t slot)`
mlir::FailureOr<FragmentCall> printCopyAsync(Emission &emission, tile::CopyAsyncOp op);

/// `void copy_vector_64(const lacuna::View<3> &view, int32_t i0, ..., uint32_t slot,
/// uint32_t barriers, uint32_t use)`
mlir::FailureOr<FragmentCall> printCopyVector(Emission &emission, tile::CopyVectorOp op);

/// `F32x2 load_rows(const lacuna::View<3> &view, int32_t i0, ...)`
mlir::FailureOr<FragmentCall> printLoad(Emission &emission, tile::LoadOp op);

/// `void store_outputs(const lacuna::View<4> &view, int32_t i0, ..., const Bf16x64 &x)`
mlir::FailureOr<FragmentCall> printStore(Emission &emission, tile::StoreOp op);

/// `void add_outputs(const lacuna::View<4> &view, int32_t i0, ..., const F32x32 &x)`: the
/// store of a tile that adds.
mlir::FailureOr<FragmentCall> printAdd(Emission &emission, tile::StoreOp op);

/// `"+f"(d.x0), "+f"(d.x1), ...`: registers of a struct as operands of asm.
std::string registerOperands(llvm::StringRef constraint, llvm::StringRef variable, int64_t count);

/// "{%0, %1, %2, %3}" with the text of `name` before each number.
std::string registerGroup(llvm::StringRef name, int64_t first, int64_t count);

/// `lacuna::View<3> $()`, whose elements are part of the module. Returns its name,
/// `wanted` if that is free.
std::string printTable(Emission &emission, tile::TableOp op, llvm::StringRef wanted);

/// Whether a dot starts from zero, so that its accumulator needs no registers.
bool startsFromZero(tile::DotOp op);

/// "query" for a tile or slot with these axes: its first axis.
llvm::StringRef axisName(tile::Axis axis);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_FRAGMENTFUNCTIONS_H
