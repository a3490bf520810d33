//===- TileOps.td - All operations of the dialect ---------*- tablegen -*-===//
include "dialects/Tile/IR/TileProgramOps.td"
include "dialects/Tile/IR/TileMemoryOps.td"
include "dialects/Tile/IR/TileComputeOps.td"
include "dialects/Tile/IR/TileControlOps.td"
include "dialects/Tile/IR/TileStatusOps.td"
include "dialects/Tile/IR/TilePlanOps.td"
include "dialects/Tile/IR/TileRaggedOps.td"
include "dialects/Tile/IR/TileRoleOps.td"
