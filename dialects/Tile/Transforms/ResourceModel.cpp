//===- ResourceModel.cpp - What a schedule needs of a target --------------===//
//
// Shared memory is arithmetic. Registers are a sum over the values that live
// at the widest point of the loop: the sums that it adds to, the scores, in a backward
// kernel their gradient, too, and, if they stay there, the operands of rows; plus a
// constant for addresses, bounds and operands in flight, which a test holds against
// what NVRTC reports for every target and head dim.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/ResourceModel.h"

#include <algorithm>

using namespace lacuna;
using namespace lacuna::tile;

static std::int64_t roundUp(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::string lacuna::tile::toString(const Schedule &schedule) {
  return "query_tile = " + std::to_string(schedule.queryTile) +
         ", key_tile = " + std::to_string(schedule.keyTile) +
         ", warps = " + std::to_string(schedule.warps) +
         ", stages = " + std::to_string(schedule.stages);
}

std::int64_t lacuna::tile::paddedFeatures(std::int64_t features) { return roundUp(features, 16); }

/// Features of the operands of rows, which a block keeps, padded.
static std::int64_t keptFeatures(const AttentionShape &shape) {
  return paddedFeatures(shape.queryFeatures) +
         (shape.hasScoreGradient() ? paddedFeatures(shape.valueFeatures) : 0);
}

/// Features of the sums that the loop adds to, padded.
static std::int64_t summedFeatures(const AttentionShape &shape) {
  const bool sumsValue = shape.work != Work::QueryGradient && shape.work != Work::KeyGradient;
  return (shape.hasScoreGradient() ? paddedFeatures(shape.queryFeatures) : 0) +
         (sumsValue ? paddedFeatures(shape.valueFeatures) : 0);
}

/// Registers of a thread in a backward kernel with `rowBlocks` blocks of 16 rows a warp.
static std::int64_t predictGradientRegisters(const Schedule &schedule, const AttentionShape &shape,
                                             std::int64_t rowBlocks) {
  if (shape.work == Work::RowSums) // two tiles of 16-bit elements
    return rowBlocks * paddedFeatures(shape.valueFeatures) / 2 + 40;
  const std::int64_t columns = shape.columnTile(schedule);
  const std::int64_t scores = rowBlocks * columns / 2 * (shape.hasScoreGradient() ? 2 : 1);
  const std::int64_t sums = rowBlocks * summedFeatures(shape) / 2;
  // With roles, weights or vectors are read by a statement while scores are there. Where
  // gradients of queries are added, weights have gone into a product before.
  if (schedule.roles)
    return sums + scores + (shape.work == Work::AllGradients ? 0 : columns / 4) + 30 +
           (shape.readsTables ? 20 : 0);
  const std::int64_t vectors = shape.columnVectors ? columns / 4 : 0; // read one by one
  const std::int64_t kept = rowBlocks * (schedule.queryInRegisters ? keptFeatures(shape) / 4 : 4);
  // Each block of rows has loads of tables of its own in flight.
  const std::int64_t tables = shape.readsTables ? 20 + 24 * (rowBlocks - 1) : 0;
  const std::int64_t rest = 44 + 16 * rowBlocks;
  // What is added to columns, when nothing is left of scores.
  const std::int64_t added = shape.work == Work::AllGradients
                                 ? columns * paddedFeatures(shape.queryFeatures) /
                                       (32 * std::max<std::int64_t>(1, schedule.warps))
                                 : 0;
  return sums + kept + rest + std::max(scores + vectors + tables, added);
}

static std::int64_t predictRegisters(const Schedule &schedule, const AttentionShape &shape) {
  const std::int64_t queryFeatures = paddedFeatures(shape.queryFeatures);
  // Blocks of 16 rows per warp; a thread holds 1/32 of each.
  const std::int64_t rowBlocks =
      shape.rowTile(schedule) / std::max<std::int64_t>(1, schedule.warps) / 16;
  if (shape.work != Work::Outputs)
    return predictGradientRegisters(schedule, shape, rowBlocks);
  const std::int64_t outputs = rowBlocks * summedFeatures(shape) / 2;
  const std::int64_t scores = rowBlocks * schedule.keyTile / 2;
  // With roles, queries stay in shared memory and weights are read by a product
  // while the next scores are worked on.
  if (schedule.roles)
    return outputs + scores + schedule.keyTile / 4 + 30 + (shape.readsTables ? 20 : 0);
  const std::int64_t queries = rowBlocks * (schedule.queryInRegisters ? queryFeatures / 4 : 4);
  // Statistics and addresses of rows, operands in flight, bounds; fitted to what
  // ptxas needs without spilling over head dims, masks and score functions.
  // Loads of tables are in flight for some elements at once.
  const std::int64_t rest = 44 + 24 * rowBlocks + (shape.readsTables ? 24 : 0);
  return outputs + scores + queries + rest;
}

RoleRegisters lacuna::tile::roleRegisters(std::int64_t warps, bool copiesVectors) {
  // All threads start with the same share, and the producer's warp group gives
  // up what a thread that starts copies does not need.
  if (warps > 8)
    return {32, 160};
  return copiesVectors ? RoleRegisters{56, 224} : RoleRegisters{24, 240};
}

static RoleRegisters registersOfRoles(const Schedule &schedule, const AttentionShape &shape) {
  return roleRegisters(schedule.warps, shape.columnVectors > 0);
}

static std::int64_t sharedBytes(const Schedule &schedule, const AttentionShape &shape) {
  if (shape.work == Work::RowSums)
    return 0;
  auto ring = [&](std::int64_t slots, std::int64_t rows, std::int64_t features) {
    return roundUp(slots * rows * paddedFeatures(features) * shape.elementBytes, sharedAlignment);
  };
  const std::int64_t rows = shape.rowTile(schedule), columns = shape.columnTile(schedule);
  return shape.columnVectors * roundUp(schedule.stages * columns * 4, sharedAlignment) +
         ring(1, rows, shape.queryFeatures) +
         (shape.hasScoreGradient() ? ring(1, rows, shape.valueFeatures) : 0) +
         ring(schedule.stages, columns, shape.queryFeatures) +
         ring(schedule.stages, columns, shape.valueFeatures) +
         (shape.work == Work::AllGradients ? ring(1, rows, columns) : 0) +
         // Barriers that say filled and freed, for every ring.
         (schedule.roles ? mailboxBytes + 2 * barrierBytes *
                                              ((2 + shape.columnVectors) * schedule.stages +
                                               (shape.hasScoreGradient() ? 2 : 1))
                         : 0);
}

Resources lacuna::tile::predictResources(const Schedule &schedule, const AttentionShape &shape,
                                         const TargetInfo &target) {
  Resources needs;
  needs.threads = 32 * schedule.warps + (schedule.roles ? warpGroupThreads : 0);
  needs.registersPerThread = predictRegisters(schedule, shape);
  needs.sharedBytes = sharedBytes(schedule, shape);
  // Registers are handed out to warps in units of 256.
  const std::int64_t registersPerBlock =
      schedule.roles ? registersOfRoles(schedule, shape).producer * warpGroupThreads +
                           registersOfRoles(schedule, shape).consumer * 32 * schedule.warps
                     : schedule.warps * roundUp(needs.registersPerThread * 32, 256);
  if (needs.threads < 1 || registersPerBlock < 1)
    return needs;
  needs.blocksPerSm = std::min<std::int64_t>(
      {std::int64_t(target.blocksPerSm), std::int64_t(target.threadsPerSm) / needs.threads,
       std::int64_t(target.registersPerSm) / registersPerBlock,
       std::int64_t(target.sharedBytesPerSm) / (needs.sharedBytes + target.sharedBytesReserved)});
  return needs;
}

/// Rules that hold on every target.
static std::optional<std::string> findShapeObstacle(const Schedule &schedule,
                                                    const AttentionShape &shape) {
  for (std::int64_t tile : {schedule.queryTile, schedule.keyTile})
    if (tile > 1024)
      return "has a tile of " + std::to_string(tile) + ", must be at most 1024";
  if (schedule.warps < 1 || schedule.warps > 16)
    return "has " + std::to_string(schedule.warps) + " warps, must have from 1 to 16";
  const std::string row = shape.hasKeyRows() ? "key" : "query";
  const std::string column = shape.hasKeyRows() ? "query" : "key";
  const std::int64_t rows = shape.rowTile(schedule), columns = shape.columnTile(schedule);
  if (rows < 1 || rows % (16 * schedule.warps))
    return "gives " + std::to_string(schedule.warps) + " warps " + std::to_string(rows) + " " +
           row + " rows, needs a multiple of 16 for each";
  // Slots of 32 rows begin at multiples of 1024 bytes, whatever the features.
  if (columns < 1 || columns % 32)
    return "has " + column + " tiles of " + std::to_string(columns) + ", must be a multiple of 32";
  if (schedule.stages < 2 || schedule.stages > 4)
    return "has " + std::to_string(schedule.stages) + " stages, must have from 2 to 4";
  return std::nullopt;
}

/// Rules for products that sum over the rows of the kernel: those of a tile of columns are
/// dealt to the warps.
static std::optional<std::string> findDealObstacle(const Schedule &schedule,
                                                   const AttentionShape &shape) {
  const std::int64_t columns = shape.columnTile(schedule);
  // They are one panel of shared memory, and the rows of a product by wgmma.
  if (columns > 64 || (schedule.roles && columns != 64))
    return "has query tiles of " + std::to_string(columns) + ", must be " +
           (schedule.roles ? "64" : "at most 64") + " where gradients of queries are added";
  const std::int64_t warps = warpsSharingRows(columns, schedule.warps);
  const std::int64_t features = paddedFeatures(shape.queryFeatures);
  const std::int64_t share = warps ? features / warps : 0;
  // Each share of features begins where a panel of shared memory can be entered.
  const bool isDealt = warps == 1 || (warps && features % 64 == 0 && share % 16 == 0 &&
                                      (64 % share == 0 || share % 64 == 0));
  if (!isDealt)
    return "cannot deal gradients of " + std::to_string(columns) + " queries of " +
           std::to_string(features) + " features to " + std::to_string(schedule.warps) + " warps";
  return std::nullopt;
}

/// Rules of schedules with roles.
static std::optional<std::string>
findRolesObstacle(const Schedule &schedule, const AttentionShape &shape, const TargetInfo &target) {
  if (target.family != TargetFamily::Sm90)
    return "has roles, which kernels for " + std::string(target.name) + " cannot have";
  if (schedule.warps != 8 && schedule.warps != 12)
    return "has " + std::to_string(schedule.warps) + " warps, must have 8 or 12 with roles";
  const std::int64_t rows = shape.rowTile(schedule), columns = shape.columnTile(schedule);
  if (rows != 16 * schedule.warps)
    return "has " + std::to_string(rows) + (shape.hasKeyRows() ? " key" : " query") +
           " rows, must have 16 for each warp with roles";
  if (schedule.queryTile % shape.heads)
    return "has " + std::to_string(schedule.queryTile) + " query rows, must have a multiple of " +
           std::to_string(shape.heads) + ", the heads computed together, with roles";
  if (columns > 256)
    return "has " + std::string(shape.hasKeyRows() ? "query" : "key") + " tiles of " +
           std::to_string(columns) + ", must be at most 256 with roles";
  if (schedule.queryInRegisters)
    return "keeps queries in registers, which stay in shared memory with roles";
  return std::nullopt;
}

std::optional<std::string> lacuna::tile::findObstacle(const Schedule &schedule,
                                                      const AttentionShape &shape,
                                                      const TargetInfo &target) {
  if (schedule.roles && shape.work == Work::RowSums)
    return "has roles, which a kernel without products does not need";
  if (auto obstacle = findShapeObstacle(schedule, shape))
    return obstacle;
  if (shape.work == Work::AllGradients)
    if (auto obstacle = findDealObstacle(schedule, shape))
      return obstacle;
  if (schedule.roles)
    if (auto obstacle = findRolesObstacle(schedule, shape, target))
      return obstacle;
  const Resources needs = predictResources(schedule, shape, target);
  const std::string name(target.name);
  if (needs.sharedBytes > target.sharedBytesPerBlock)
    return "needs " + std::to_string(needs.sharedBytes) + " bytes of shared memory per block, " +
           name + " has " + std::to_string(target.sharedBytesPerBlock);
  const std::int64_t registers = schedule.roles ? registersOfRoles(schedule, shape).consumer
                                                : std::int64_t(target.registersPerThread);
  if (needs.registersPerThread > registers)
    return "needs about " + std::to_string(needs.registersPerThread) + " registers per thread, " +
           name + " has " + std::to_string(registers) +
           (schedule.roles ? " for each of " + std::to_string(schedule.warps) + " warps" : "");
  if (needs.blocksPerSm < 1)
    return "needs about " + std::to_string(needs.registersPerThread * needs.threads) +
           " registers per block, " + name + " has " + std::to_string(target.registersPerSm);
  return std::nullopt;
}
