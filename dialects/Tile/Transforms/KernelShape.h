//===- KernelShape.h - What the schedule table asks of a kernel --*- C++ -*-===//
#ifndef DIALECTS_TILE_TRANSFORMS_KERNELSHAPE_H
#define DIALECTS_TILE_TRANSFORMS_KERNELSHAPE_H

#include "dialects/Tile/IR/Tile.h"
#include "dialects/Tile/Transforms/Schedule.h"

namespace lacuna::tile {

/// What a kernel computes, by its products, in either contract; the largest head dims
/// among them, or of what it loads if there are none; the vectors that its loop loads
/// along columns; whether its maps over scores read tables; and the heads that its views
/// pack.
AttentionShape shapeOf(KernelOp kernel);

/// The knobs that the attribute `tile.pins` fixes: a dictionary with any of
/// query_tile, key_tile, warps, stages (integers), query_in_registers and
/// roles (bool). Any other entry is an error at the kernel.
mlir::FailureOr<SchedulePins> pinsOf(KernelOp kernel);

/// The dictionary that fixes all knobs.
mlir::DictionaryAttr toPins(mlir::MLIRContext *context, const Schedule &schedule);

/// The numbers of the attribute, and back.
Schedule toSchedule(ScheduleAttr attribute);
ScheduleAttr toAttribute(mlir::MLIRContext *context, const Schedule &schedule);

} // namespace lacuna::tile

#endif // DIALECTS_TILE_TRANSFORMS_KERNELSHAPE_H
