//===- Matrix.cpp - ldmatrix, stmatrix, movmatrix, mma.sync ----------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Draw.h"
#include "lib/Emulator/Sim/Half.h"
#include "lib/Emulator/Sim/Launch.h"
#include "lib/Emulator/Sim/MemoryAccess.h"
#include "lib/Emulator/Sim/MmaKernel.h"
#include "lib/Emulator/Sim/Scheduler.h"

#include <cstring>

using namespace lacuna::emulator;
using ptx::Operand;
using ptx::Space;

/// Bytes of an 8x8 tile of halves, and of one of its rows.
static constexpr u32 tileBytes = 128, rowBytes = 16;

/// list: registers, one for each tile; option 1: transposed. Lane 8j+r gives
/// the address of row r of tile j.
static Step loadMatrix(Warp &warp, const Instruction &i) {
  requireConverged(warp);
  alignas(16) u8 tiles[4][tileBytes];
  AccessMemo memo;
  // The row of one lane's address goes to four lanes: the warp reads as a whole.
  Accessor access = genericAccess(warp, manyLanes, false);
  for (u32 row = 0; row < 8u * i.listSize; ++row) {
    u8 *to = tiles[row >> 3] + (row & 7) * rowBytes;
    u32 address = static_cast<u32>(laneAddress(warp, i, static_cast<int>(row)));
    const u8 *from = accessShared(warp, static_cast<int>(row), address, rowBytes, access, memo);
    if (from)
      std::memcpy(to, from, rowBytes);
    else
      std::memset(to, 0xff, rowBytes);
  }
  for (u32 t = 0; t < i.listSize; ++t) {
    if (i.option)
      transposeTile(reinterpret_cast<u16 *>(tiles[t]));
    std::memcpy(lanes<u32>(warp, i.list[t]), tiles[t], tileBytes);
  }
  return Step::Next;
}

static Step countTiles(Warp &warp, const Instruction &i) {
  warp.block->worker->sharedBytes += tileBytes * i.listSize;
  return Step::Next;
}

static Step storeMatrix(Warp &warp, const Instruction &i) {
  requireConverged(warp);
  AccessMemo memo;
  Accessor access = genericAccess(warp, manyLanes, true);
  for (u32 t = 0; t < i.listSize; ++t) {
    alignas(16) u8 tile[tileBytes];
    std::memcpy(tile, lanes<u32>(warp, i.list[t]), tileBytes);
    if (i.option)
      transposeTile(reinterpret_cast<u16 *>(tile));
    for (u32 row = 0; row < 8; ++row) {
      int lane = static_cast<int>(8 * t + row);
      u32 address = static_cast<u32>(laneAddress(warp, i, lane));
      if (u8 *to = accessShared(warp, lane, address, rowBytes, access, memo))
        std::memcpy(to, tile + row * rowBytes, rowBytes);
    }
  }
  return Step::Next;
}

static Step transposeRegister(Warp &warp, const Instruction &i) {
  requireConverged(warp);
  alignas(16) u8 tile[tileBytes];
  std::memcpy(tile, lanes<u32>(warp, i.a), tileBytes);
  transposeTile(reinterpret_cast<u16 *>(tile));
  std::memcpy(lanes<u32>(warp, i.d), tile, tileBytes);
  return Step::Next;
}

static void bindMatrix(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 2)
    return binder.fail("two operands are expected");
  bool loads = binder.statement.mnemonic() == "ldmatrix";
  const Operand &data = operands[loads ? 0 : 1], &address = operands[loads ? 1 : 0];
  auto elements = binder.elements(data);
  u32 expected = binder.has("x4") ? 4 : binder.has("x2") ? 2 : 1;
  if (elements.size() != expected)
    return binder.fail("the number of registers does not fit the number of tiles");
  std::vector<u32> slots;
  for (const Operand *element : elements)
    slots.push_back(loads ? binder.destination(*element, 4) : binder.source(*element, 4));
  binder.setList(std::move(slots));
  binder.address(address);
  binder.out.option = binder.has("trans");
  binder.out.access.space = Space::Shared;
  binder.touches(Space::Shared, rowBytes);
}

//===----------------------------------------------------------------------===//
// mma.sync
//===----------------------------------------------------------------------===//

/// list: d0-d3, a0-a3 (or a0, a1), b0, b1 (or b0), c0-c3.
template <auto multiply, int halvesOfK>
static Step multiplyAccumulate(Warp &warp, const Instruction &i) {
  requireConverged(warp);
  const u32 *list = i.list;
  MmaOperands operands{};
  for (int r = 0; r < 4; ++r)
    operands.d[r] = lanes<f32>(warp, *list++);
  for (int r = 0; r < 2 * halvesOfK; ++r)
    operands.a[r] = reinterpret_cast<const u16 *>(lanes<u32>(warp, *list++));
  for (int r = 0; r < halvesOfK; ++r)
    operands.b[r] = reinterpret_cast<const u16 *>(lanes<u32>(warp, *list++));
  for (int r = 0; r < 4; ++r)
    operands.c[r] = lanes<f32>(warp, *list++);
  multiply(operands);
  return Step::Next;
}

/// f16 accumulators: d and c are two registers of pairs.
template <auto multiply, int halvesOfK>
static Step multiplyAccumulateHalf(Warp &warp, const Instruction &i) {
  requireConverged(warp);
  const u32 *list = i.list;
  u32 *d[2];
  alignas(32) f32 sums[4][warpSize];
  MmaOperands operands{};
  for (u32 *&place : d)
    place = lanes<u32>(warp, *list++);
  for (int r = 0; r < 2 * halvesOfK; ++r)
    operands.a[r] = reinterpret_cast<const u16 *>(lanes<u32>(warp, *list++));
  for (int r = 0; r < halvesOfK; ++r)
    operands.b[r] = reinterpret_cast<const u16 *>(lanes<u32>(warp, *list++));
  for (int r = 0; r < 2; ++r) {
    const u32 *c = lanes<u32>(warp, *list++);
    for (int l = 0; l < warpSize; ++l) {
      sums[2 * r][l] = f16{static_cast<u16>(c[l])}.toFloat();
      sums[2 * r + 1][l] = f16{static_cast<u16>(c[l] >> 16)}.toFloat();
    }
  }
  for (int r = 0; r < 4; ++r)
    operands.c[r] = operands.d[r] = sums[r];
  multiply(operands);
  for (int r = 0; r < 2; ++r)
    for (int l = 0; l < warpSize; ++l)
      d[r][l] = f16::fromFloat(sums[2 * r][l]).bits | u32(f16::fromFloat(sums[2 * r + 1][l]).bits)
                                                          << 16;
  return Step::Next;
}

/// What products of standard normal numbers add up to, as it is distributed.
template <int halvesOfK>
static Step drawSums(Warp &warp, const Instruction &i) {
  constexpr u32 operandsBetween = 3 * halvesOfK;
  for (u32 r = 0; r < 4; ++r)
    drawProducts(warp, lanes<f32>(warp, i.list[r]),
                 lanes<f32>(warp, i.list[4 + operandsBetween + r]), 8 * halvesOfK);
  return Step::Next;
}

static void bindMma(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 4)
    return binder.fail("four operands are expected");
  std::size_t halves = binder.has("m16n8k16") ? 2 : 1;
  std::size_t sums = binder.lastType() == "f16" ? 2 : 4;
  std::size_t expected[4] = {sums, 2 * halves, halves, sums};
  std::vector<u32> slots;
  for (std::size_t o = 0; o < 4; ++o) {
    auto elements = binder.elements(operands[o]);
    if (elements.size() != expected[o])
      return binder.fail("operand " + std::to_string(o + 1) + " must have " +
                         std::to_string(expected[o]) + " registers");
    for (const Operand *element : elements)
      slots.push_back(o == 0 ? binder.destination(*element, 4) : binder.source(*element, 4));
  }
  binder.setList(std::move(slots));
}

void lacuna::emulator::addMatrixRows(InstructionTable &table) {
  Row loads{"ldmatrix.sync.aligned.m8n8.(x1|x2|x4)[.trans][.shared|.shared::cta].b16",
            "",
            loadMatrix,
            0,
            bindMatrix,
            true};
  table.add(loads, countTiles);
  table.add({"stmatrix.sync.aligned.m8n8.(x1|x2|x4)[.trans][.shared|.shared::cta].b16", "",
             storeMatrix, 0, bindMatrix},
            countTiles);
  table.add({"movmatrix.sync.aligned.m8n8.trans.b16", "d4 a4", transposeRegister});
  auto multiplies = [&](const char *pattern, Handler handler, Handler draw = nullptr) {
    Row row{pattern, "", handler, 0, bindMma, true};
    row.draw = draw;
    table.add(row);
  };
  multiplies("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32",
             multiplyAccumulate<multiplyBf16K16, 2>, drawSums<2>);
  multiplies("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32",
             multiplyAccumulate<multiplyBf16K8, 1>, drawSums<1>);
  multiplies("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32",
             multiplyAccumulate<multiplyF16K16, 2>, drawSums<2>);
  multiplies("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32",
             multiplyAccumulate<multiplyF16K8, 1>, drawSums<1>);
  multiplies("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16",
             multiplyAccumulateHalf<multiplyF16K16, 2>);
  multiplies("mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16",
             multiplyAccumulateHalf<multiplyF16K8, 1>);
}
