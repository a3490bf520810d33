//===- KernelLowering.h - One kernel as an EmitC function ------*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_KERNELLOWERING_H
#define LIB_CONVERSION_TILETOEMITC_KERNELLOWERING_H

#include "lib/Conversion/TileToEmitC/Emission.h"

namespace lacuna {

/// Prints a scheduled kernel before itself, with everything it calls; the kernel
/// itself stays. Fails with a located error on what the scheduled contract lacks.
mlir::LogicalResult lowerKernel(Emission &emission, tile::KernelOp kernel);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_KERNELLOWERING_H
