//===- Wgmma.cpp - Warpgroup matrix products -------------------------------===//
//
// Warp w of a warpgroup computes rows 16w..16w+15 of the 64, so nothing needs
// the four warps together when an operation is issued. But a group of
// operations is complete only for the warpgroup as a whole: a wait of one warp
// waits for the four to have committed the group, and then all of it is done
// for all of them, which kernels rely on when one warp alone releases a buffer.
//
// Registers that wgmma reads or writes while the warp goes on are pinned to
// slots of their own and watched: see checkMatrixRegisters.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/AsyncState.h"
#include "lib/Emulator/Sim/Draw.h"
#include "lib/Emulator/Sim/Launch.h"
#include "lib/Emulator/Sim/MemoryAccess.h"
#include "lib/Emulator/Sim/MmaKernel.h"
#include "lib/Emulator/Sim/Scheduler.h"

#include <algorithm>
#include <cstring>

using namespace lacuna;
using namespace lacuna::emulator;
using ptx::Operand;
using ptx::Space;

static constexpr u32 warpsOfGroup = 4;
static constexpr u32 chunkBytes = 16;

//===----------------------------------------------------------------------===//
// Shared-memory descriptors
//===----------------------------------------------------------------------===//

namespace {

/// A matrix operand in shared memory, as its 64-bit descriptor says.
struct Descriptor {
  u32 start, leading, stride, baseOffset;
  Swizzle swizzle;

  explicit Descriptor(u64 bits)
      : start(static_cast<u32>(bits & 0x3fff) << 4),
        leading(static_cast<u32>(bits >> 16 & 0x3fff) << 4),
        stride(static_cast<u32>(bits >> 32 & 0x3fff) << 4),
        baseOffset(static_cast<u32>(bits >> 49 & 7)) {
    constexpr Swizzle byCode[4] = {Swizzle::None, Swizzle::Bytes128, Swizzle::Bytes64,
                                   Swizzle::Bytes32};
    swizzle = byCode[bits >> 62];
  }

  /// Address of the 16 bytes that hold row `row` (m or n), elements k..k+7, or,
  /// when the operand is stored with k outermost, rows row..row+7 of element k.
  u32 chunk(bool kOutermost, u32 row, u32 k) const {
    bool swizzled = swizzle != Swizzle::None;
    u32 span = chunkBytes << static_cast<u32>(swizzle); // bytes of a swizzled row
    u32 offset;
    if (!kOutermost && swizzled)
      offset = (row & 7) * span + (row >> 3) * stride + k * 2;
    else if (!kOutermost)
      offset = (row & 7) * chunkBytes + (row >> 3) * stride + (k >> 3) * leading;
    else if (swizzled)
      offset =
          row % (span / 2) * 2 + row / (span / 2) * leading + (k & 7) * span + (k >> 3) * stride;
    else
      offset = (row >> 3) * stride + (k & 7) * chunkBytes + (k >> 3) * leading;
    return swizzleAddress(start + offset, swizzle);
  }
};

/// Flags of an instruction.
enum Option : u8 {
  IsBf16 = 1,
  AInRegisters = 2,
  ATransposed = 4, ///< stored with k outermost
  BTransposed = 8,
};

} // namespace

/// The tile of rows row..row+7 and elements k..k+7, row-major.
static void readTile(Block &block, const Descriptor &operand, bool kOutermost, u32 row, u32 k,
                     u16 *tile) {
  for (u32 r = 0; r < 8; ++r) {
    u32 address = kOutermost ? operand.chunk(true, row, k + r) : operand.chunk(false, row + r, k);
    if (address < sharedBase || address + chunkBytes > block.sharedEnd)
      std::memset(tile + 8 * r, 0xff, chunkBytes);
    else
      std::memcpy(tile + 8 * r, block.sharedAt(address), chunkBytes);
  }
  if (kOutermost)
    transposeTile(tile);
}

/// Judges all chunks of an operand that this warp's part of the product reads.
static void touchOperand(Warp &warp, const Descriptor &operand, bool kOutermost, u32 firstRow,
                         u32 rows, AccessMemo &memo) {
  const WarpAsync &own = warp.block->async->warps[warp.id];
  Accessor access{matrixAgents + warp.id, own.matrixCommitted + 1, manyLanes, false, false, true};
  u32 rowStep = kOutermost ? 8 : 1, kStep = kOutermost ? 1 : 8;
  for (u32 row = firstRow; row < firstRow + rows; row += rowStep)
    for (u32 k = 0; k < 16; k += kStep)
      if (!accessSharedRange(warp, -1, operand.chunk(kOutermost, row, k), chunkBytes, access, memo))
        return;
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

/// list: accumulators, then the A fragment when it is in registers; imm: n.
static void performProduct(Warp &warp, const MatrixOp &op) {
  static const f32 zeros[warpSize] = {};
  Block &block = *warp.block;
  const Instruction &i = *op.instruction;
  const u32 n = static_cast<u32>(i.imm);
  const u32 firstRow = warp.id % warpsOfGroup * 16;
  alignas(16) u16 a[4][64], b[2][64];
  MmaOperands operands{};
  for (u32 r = 0; r < 4; ++r) {
    if (i.option & AInRegisters) {
      operands.a[r] = reinterpret_cast<const u16 *>(lanes<u32>(warp, i.list[n / 2 + r]));
      continue;
    }
    readTile(block, Descriptor(op.a), i.option & ATransposed, firstRow + (r & 1) * 8, (r >> 1) * 8,
             a[r]);
    operands.a[r] = a[r];
  }
  Descriptor right(op.b);
  operands.b[0] = b[0];
  operands.b[1] = b[1];
  for (u32 column = 0; column < n; column += 8) {
    readTile(block, right, i.option & BTransposed, column, 0, b[0]);
    readTile(block, right, i.option & BTransposed, column, 8, b[1]);
    for (u32 r = 0; r < 4; ++r) {
      operands.d[r] = lanes<f32>(warp, i.list[column / 2 + r]);
      operands.c[r] = op.accumulate ? operands.d[r] : zeros;
    }
    if (i.option & IsBf16)
      multiplyBf16K16(operands);
    else
      multiplyF16K16(operands);
  }
}

static void countOperands(Warp &warp, const Instruction &i) {
  constexpr u64 rowBytes = 16 * sizeof(u16);
  u64 &bytes = warp.block->worker->sharedBytes;
  bytes += i.a ? 16 * rowBytes : 0;
  bytes += warp.id % warpsOfGroup == 0 ? u64(i.imm) * rowBytes : 0;
}

static Step countTraffic(Warp &warp, const Instruction &i) {
  countOperands(warp, i);
  return Step::Next;
}

/// The traffic, and sums that products of standard normal numbers could add up to.
static Step drawSums(Warp &warp, const Instruction &i) {
  static const f32 zeros[warpSize] = {};
  countOperands(warp, i);
  const bool accumulates = predicate(warp, i.c) >> firstLane(warp) & 1;
  for (u32 r = 0; r < static_cast<u32>(i.imm) / 2; ++r) {
    f32 *sums = lanes<f32>(warp, i.list[r]);
    drawProducts(warp, sums, accumulates ? sums : zeros, 16);
  }
  return Step::Next;
}

/// a, b: descriptors; c: predicate that says whether to accumulate.
static Step multiply(Warp &warp, const Instruction &i) {
  requireConverged(warp);
  Block &block = *warp.block;
  WarpAsync &own = block.async->warps[warp.id];
  int lane = firstLane(warp);
  MatrixOp op{&i, i.a ? lanes<u64>(warp, i.a)[lane] : 0, lanes<u64>(warp, i.b)[lane],
              (predicate(warp, i.c) >> lane & 1) != 0, own.matrixCommitted + 1};
  if (Descriptor(op.b).baseOffset || (i.a && Descriptor(op.a).baseOffset))
    reportLazily(warp, ReportKind::Wgmma, -1,
                 [] { return std::string("descriptors with a base offset are not supported"); });
  countOperands(warp, i);
  if (block.launch->options->checkRaces) {
    AccessMemo memo;
    if (i.a)
      touchOperand(warp, Descriptor(op.a), i.option & ATransposed, warp.id % warpsOfGroup * 16, 16,
                   memo);
    touchOperand(warp, Descriptor(op.b), i.option & BTransposed, 0, static_cast<u32>(i.imm), memo);
  }
  const u32 accumulators = static_cast<u32>(i.imm) / 2;
  const TrackedUse &use = block.code->tracked[i.tracked];
  for (std::size_t r = 0; r < use.pinned.size(); ++r) {
    u32 pinned = use.pinned[r];
    bool isAccumulator = r < accumulators;
    if (own.touched[pinned] == own.fences)
      reportLazily(warp, ReportKind::Wgmma, -1, [&] {
        return std::string(isAccumulator ? "an accumulator" : "an A operand") +
               " register was read or written after the last wgmma.fence";
      });
    (isAccumulator ? own.accumulatorOf : own.operandOf)[pinned] = op.group;
  }
  if (block.launch->options->mode == AsyncMode::Eager)
    performProduct(warp, op);
  own.matrix.push_back(op);
  return Step::Next;
}

void lacuna::emulator::checkMatrixRegisters(Warp &warp, const TrackedUse &use) {
  WarpAsync &own = warp.block->async->warps[warp.id];
  for (u32 pinned : use.pinnedReads) {
    if (own.accumulatorOf[pinned] > own.matrixDone)
      reportLazily(warp, ReportKind::Wgmma, -1, [] {
        return std::string("reads an accumulator of a wgmma that was not waited for");
      });
    own.touched[pinned] = own.fences;
  }
  for (u32 pinned : use.pinnedWrites) {
    if (std::max(own.accumulatorOf[pinned], own.operandOf[pinned]) > own.matrixDone)
      reportLazily(warp, ReportKind::Wgmma, -1, [] {
        return std::string("overwrites a register of a wgmma that was not waited for");
      });
    own.touched[pinned] = own.fences;
  }
}

static Step fenceRegisters(Warp &warp, const Instruction &) {
  requireConverged(warp);
  ++warp.block->async->warps[warp.id].fences;
  return Step::Next;
}

/// Have all warps of the warpgroup committed `group`?
static bool committedByAll(const Block &block, u32 warp, u32 group) {
  u32 first = warp / warpsOfGroup * warpsOfGroup;
  for (u32 w = first; w < first + warpsOfGroup; ++w)
    if (w >= block.warps.size() || block.async->warps[w].matrixCommitted < group)
      return false;
  return true;
}

void lacuna::emulator::wakeMatrixWaits(Block &block) {
  for (Warp &warp : block.warps)
    for (Group &group : warp.parked)
      if (group.condition.kind == Condition::Kind::Matrix &&
          committedByAll(block, warp.id, group.condition.a))
        group.condition = {};
}

static Step commit(Warp &warp, const Instruction &) {
  requireConverged(warp);
  ++warp.block->async->warps[warp.id].matrixCommitted;
  wakeMatrixWaits(*warp.block);
  return Step::Next;
}

/// imm: groups that may stay pending.
static Step wait(Warp &warp, const Instruction &i) {
  requireConverged(warp);
  Block &block = *warp.block;
  WarpAsync &own = block.async->warps[warp.id];
  u32 may = static_cast<u32>(i.imm);
  u32 done = own.matrixCommitted > may ? own.matrixCommitted - may : 0;
  if (!committedByAll(block, warp.id, done))
    return waitFor(warp, warp.pc, {Condition::Kind::Matrix, done});
  u32 first = warp.id / warpsOfGroup * warpsOfGroup;
  u32 *known = block.clocks.of(warp.id);
  for (u32 w = first; w < first + warpsOfGroup; ++w) {
    WarpAsync &one = block.async->warps[w];
    std::erase_if(one.matrix, [&](const MatrixOp &op) {
      if (op.group > done)
        return false;
      if (block.launch->options->mode != AsyncMode::Eager)
        performProduct(block.warps[w], op);
      return true;
    });
    known[matrixAgents + w] = std::max(known[matrixAgents + w], done);
  }
  own.matrixDone = std::max(own.matrixDone, done);
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// "m64n128k16" -> 128, or 0.
static u32 columnsOf(std::string_view shape) {
  if (!shape.starts_with("m64n") || !shape.ends_with("k16"))
    return 0;
  u32 n = 0;
  for (char c : shape.substr(4, shape.size() - 7))
    n = n * 10 + static_cast<u32>(c - '0');
  return n % 8 == 0 && n <= 256 ? n : 0;
}

static void bindMultiply(Binder &binder) {
  // d, a (descriptor or registers), b, scale-d, scale-a, scale-b,
  // [transpose-a,] transpose-b
  const auto &operands = binder.statement.operands;
  Instruction &out = binder.out;
  u32 n = columnsOf(binder.modifier(4));
  if (n == 0)
    return binder.fail("unsupported shape");
  if (operands.size() < 7)
    return binder.fail("wrong number of operands");
  bool inRegisters = operands[1].kind == Operand::Kind::Vector;
  if (operands.size() != (inRegisters ? 7u : 8u))
    return binder.fail("wrong number of operands");
  std::vector<u32> slots;
  for (const Operand *element : binder.elements(operands[0]))
    slots.push_back(binder.destination(*element, 4));
  if (slots.size() != n / 2)
    return binder.fail("there must be " + std::to_string(n / 2) + " accumulators");
  if (inRegisters) {
    for (const Operand *element : binder.elements(operands[1]))
      slots.push_back(binder.source(*element, 4));
    if (slots.size() != n / 2 + 4)
      return binder.fail("there must be 4 registers of A");
  } else {
    out.a = binder.source(operands[1], 8);
  }
  binder.setList(std::move(slots));
  out.b = binder.source(operands[2], 8);
  out.c = binder.predicateSource(operands[3]);
  if (operands[4].value != 1 || operands[5].value != 1)
    return binder.fail("operands may not be scaled by -1");
  out.imm = n;
  bool transposesA = !inRegisters && operands[6].value;
  out.option =
      static_cast<u8>((binder.has("bf16") ? IsBf16 : 0) | (inRegisters ? AInRegisters : 0) |
                      (transposesA ? ATransposed : 0) | (operands.back().value ? BTransposed : 0));
  binder.usesAsyncProxy();
  binder.touches(Space::Shared, chunkBytes);
}

static void bindGroup(Binder &binder) { binder.usesAsyncProxy(); }

void lacuna::emulator::addWgmmaRows(InstructionTable &table) {
  std::string shapes;
  for (u32 n = 8; n <= 256; n += 8)
    shapes += (n > 8 ? "|m64n" : "m64n") + std::to_string(n) + "k16";
  for (const char *type : {"bf16", "f16"}) {
    Row row{"wgmma.mma_async.sync.aligned.(" + shapes + ").f32." + type + "." + type,
            "",
            multiply,
            0,
            bindMultiply,
            true};
    row.readsFirst = true;
    row.asynchronous = true;
    row.traffic = countTraffic;
    row.draw = drawSums;
    table.add(row);
  }
  table.add({"wgmma.fence.sync.aligned", "", fenceRegisters, 0, bindGroup});
  table.add({"wgmma.commit_group.sync.aligned", "", commit, 0, bindGroup});
  table.add({"wgmma.wait_group.sync.aligned", "i", wait, 0, bindGroup});
}
