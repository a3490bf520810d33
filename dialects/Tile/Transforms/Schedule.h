//===- Schedule.h - A schedule as plain numbers ------------------*- C++ -*-===//
//
// The numbers of #tile.schedule without MLIR, so that the resource model and
// the schedule table build and test alone.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_TRANSFORMS_SCHEDULE_H
#define DIALECTS_TILE_TRANSFORMS_SCHEDULE_H

#include "dialects/Tile/IR/WarpShares.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lacuna::tile {

/// See #tile.schedule.
struct Schedule {
  std::int64_t queryTile = 0; ///< queries of a score tile
  std::int64_t keyTile = 0;   ///< keys of a score tile
  std::int64_t warps = 0;     ///< warps of a block
  std::int64_t stages = 0;    ///< slots of the rings that the loop fills
  bool queryInRegisters = false;
  bool roles = false; ///< whether a further warp group copies what the warps compute with

  bool operator==(const Schedule &) const = default;
};

/// What a user fixed of a schedule; the rest is free.
struct SchedulePins {
  std::optional<std::int64_t> queryTile, keyTile, warps, stages;
  std::optional<bool> queryInRegisters = {}, roles = {};

  bool any() const { return queryTile || keyTile || warps || stages || queryInRegisters || roles; }
};

/// What a kernel computes. Rows are keys where gradients of keys or values are, else
/// queries.
enum class Work {
  Outputs,           ///< of the forward pass
  RowSums,           ///< no product: sums over the features of queries
  QueryGradient,     ///< scores and their gradient, then that of queries
  KeyGradient,       ///< the same for keys
  ValueGradient,     ///< scores, then the gradient of values
  KeyValueGradients, ///< both
  AllGradients,      ///< both, and that of queries, added tile by tile
};

/// Sizes of one attention that decide what a schedule needs.
struct AttentionShape {
  std::int64_t queryFeatures = 0; ///< head dim of queries and keys
  std::int64_t valueFeatures = 0; ///< head dim of values and outputs
  std::int64_t elementBytes = 2;  ///< of queries, keys and values
  bool readsTables = false;       ///< whether mask or score read memory per element
  std::int64_t heads = 1;         ///< query heads whose rows lie in one tile
  Work work = Work::Outputs;
  std::int64_t columnVectors = 0; ///< that the loop loads, a value for each column

  bool hasKeyRows() const { return work >= Work::KeyGradient; }
  /// Whether the loop computes the gradient of scores, too, to add to that of queries or
  /// keys.
  bool hasScoreGradient() const {
    return work == Work::QueryGradient || work == Work::KeyGradient ||
           work == Work::KeyValueGradients || work == Work::AllGradients;
  }
  /// Extents of a score tile along the rows of the kernel, and along the other axis.
  std::int64_t rowTile(const Schedule &schedule) const {
    return hasKeyRows() ? schedule.keyTile : schedule.queryTile;
  }
  std::int64_t columnTile(const Schedule &schedule) const {
    return hasKeyRows() ? schedule.queryTile : schedule.keyTile;
  }
};

/// "query_tile = 64, key_tile = 64, warps = 4, stages = 2": the knobs that a user
/// may pin, as attn.schedule takes them.
std::string toString(const Schedule &schedule);

} // namespace lacuna::tile

#endif // DIALECTS_TILE_TRANSFORMS_SCHEDULE_H
