//===- Obstacle.h - Why a mask has no exact closed form ---------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_INTERVALS_OBSTACLE_H
#define DIALECTS_ATTN_TRANSFORMS_INTERVALS_OBSTACLE_H

#include "mlir/IR/Operation.h"

#include <string>

namespace lacuna::attn::intervals {

/// What stands in the way, in words for the user.
struct Obstacle {
  mlir::Operation *op;
  std::string text; ///< "'attn.load' reads a table at a key"
};

/// Why an op in a predicate is not quasi-affine, if it is not.
Obstacle describeObstacle(mlir::Operation *op);

} // namespace lacuna::attn::intervals

#endif // DIALECTS_ATTN_TRANSFORMS_INTERVALS_OBSTACLE_H
