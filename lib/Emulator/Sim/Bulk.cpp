//===- Bulk.cpp - Bulk copies: TMA tensors and plain ranges ----------------===//
//
// A load's writes are judged when it is issued: from then on they may happen.
// Its agent is the mbarrier on which it completes, its clock the phase; only
// who has waited for that phase may read. A store's agent is "bulk store of
// warp w", its clock the bulk group.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/AsyncState.h"
#include "lib/Emulator/Sim/Launch.h"
#include "lib/Emulator/Sim/MemoryAccess.h"
#include "lib/Emulator/Sim/Scheduler.h"

#include <algorithm>
#include <cstring>

using namespace lacuna;
using namespace lacuna::emulator;
using ptx::Operand;
using ptx::Space;

static constexpr u32 chunkBytes = 16;

/// A row of a box: where it lies in the box, and the part of it that is inside
/// the tensor.
struct BoxRow {
  u32 offset;       ///< bytes from the start of the box in shared memory
  u64 address;      ///< of the row's first element, inside or not
  u32 first, bytes; ///< the part inside the tensor, in bytes of the row
};

template <class Visit>
static void forEachRow(const TensorMapSpec &map, const std::array<s32, 5> &at, Visit visit) {
  const u32 width = elementBytes(map.element), rowBytes = map.box[0] * width;
  u32 rows = 1;
  for (u32 d = 1; d < map.rank; ++d)
    rows *= map.box[d];
  for (u32 row = 0; row < rows; ++row) {
    u64 address = map.base + static_cast<u64>(s64(at[0]) * width);
    bool inside = true;
    u32 rest = row;
    for (u32 d = 1; d < map.rank; ++d) {
      s64 position = s64(at[d]) + rest % map.box[d];
      rest /= map.box[d];
      inside &= position >= 0 && position < static_cast<s64>(map.dims[d]);
      address += static_cast<u64>(position) * map.strides[d - 1];
    }
    s64 first = std::max<s64>(0, -s64(at[0]));
    s64 last = std::min<s64>(map.box[0], static_cast<s64>(map.dims[0]) - at[0]);
    if (!inside || last <= first)
      first = last = 0;
    visit(BoxRow{row * rowBytes, address, static_cast<u32>(first) * width,
                 static_cast<u32>(last - first) * width});
  }
}

static u32 boxBytes(const TensorMapSpec &map) {
  u32 bytes = elementBytes(map.element);
  for (u32 d = 0; d < map.rank; ++d)
    bytes *= map.box[d];
  return bytes;
}

static u8 *inSharedMemory(Block &block, u32 base, u32 offset, Swizzle swizzle) {
  return block.sharedAt(swizzleAddress(base + offset, swizzle));
}

void lacuna::emulator::performLoad(Block &block, const BulkLoad &load) {
  if (!load.isTensor) {
    std::memcpy(block.sharedAt(load.to), reinterpret_cast<const u8 *>(load.from), load.bytes);
  } else {
    u32 rowBytes = load.map.box[0] * elementBytes(load.map.element);
    forEachRow(load.map, load.at, [&](const BoxRow &row) {
      for (u32 x = 0; x < rowBytes; x += chunkBytes) {
        u8 chunk[chunkBytes] = {};
        u32 first = std::max(x, row.first), last = std::min(x + chunkBytes, row.first + row.bytes);
        if (first < last)
          std::memcpy(chunk + (first - x), reinterpret_cast<const u8 *>(row.address) + first,
                      last - first);
        std::memcpy(inSharedMemory(block, load.to, row.offset + x, load.map.swizzle), chunk,
                    chunkBytes);
      }
    });
  }
  block.async->mbarriers[load.mbarrier].bytes -= load.bytes;
  settleMbarrier(block, load.mbarrier);
}

static void storeBytes(u8 *to, const u8 *from, u32 bytes, bool adds) {
  if (!adds) {
    std::memcpy(to, from, bytes);
    return;
  }
  for (u32 at = 0; at < bytes; at += sizeof(f32)) {
    f32 sum, value;
    std::memcpy(&sum, to + at, sizeof sum);
    std::memcpy(&value, from + at, sizeof value);
    sum += value;
    std::memcpy(to + at, &sum, sizeof sum);
  }
}

void lacuna::emulator::performStore(Warp &warp, const BulkStore &store) {
  Block &block = *warp.block;
  if (!store.isTensor) {
    storeBytes(reinterpret_cast<u8 *>(store.to), block.sharedAt(store.from), store.bytes,
               store.adds);
    return;
  }
  forEachRow(store.map, store.at, [&](const BoxRow &row) {
    for (u32 x = row.first; x < row.first + row.bytes;) {
      u32 within = x % chunkBytes, count = std::min(chunkBytes - within, row.first + row.bytes - x);
      const u8 *chunk =
          inSharedMemory(block, store.from, row.offset + x - within, store.map.swizzle);
      storeBytes(reinterpret_cast<u8 *>(row.address) + x, chunk + within, count, store.adds);
      x += count;
    }
  });
}

//===----------------------------------------------------------------------===//
// Issue
//===----------------------------------------------------------------------===//

static void complain(Warp &warp, int lane, const std::string &message) {
  if (!alreadyReported(warp, ReportKind::Tma))
    report(warp, ReportKind::Tma, lane, message);
}

/// Reads the tensor map a lane points at; false after a report.
static bool readMap(Warp &warp, int lane, u64 address, u32 rank, TensorMapSpec &map) {
  if (address % 64) {
    complain(warp, lane, "the tensor map is not aligned to 64 bytes");
    return false;
  }
  Allocation *holder = warp.block->launch->memory->find(address, sizeof(TensorMap));
  if (!holder || !decodeForEmulator(reinterpret_cast<const u8 *>(address), map)) {
    complain(warp, lane, "the operand is not a tensor map of the emulator");
    return false;
  }
  if (map.rank != rank) {
    complain(warp, lane,
             "the tensor map has rank " + std::to_string(map.rank) + ", the instruction " +
                 std::to_string(rank));
    return false;
  }
  return true;
}

/// Alignment of a box in shared memory, and that it fits.
static bool checkBox(Warp &warp, int lane, u32 address, u32 bytes, Swizzle swizzle) {
  u32 repeat = swizzle == Swizzle::None ? 128 : u32(128) << static_cast<u32>(swizzle);
  if (address % 128) {
    complain(warp, lane, "the box in shared memory is not aligned to 128 bytes");
    return false;
  }
  if (address % repeat)
    complain(warp, lane,
             "the box in shared memory is not aligned to " + std::to_string(repeat) +
                 " bytes, where its swizzle repeats");
  if (address < sharedBase || u64(address) + bytes > warp.block->sharedEnd) {
    reportLazily(warp, ReportKind::OutOfBounds, lane, [&] {
      return "a bulk copy of " + std::to_string(bytes) + " bytes at shared byte " +
             std::to_string(s64(address) - sharedBase) + " exceeds shared memory";
    });
    return false;
  }
  return true;
}

/// Judges the global side of a copy, element by element of what is inside.
static bool touchGlobal(Warp &warp, int lane, u64 address, u32 bytes, bool write, bool adds) {
  Accessor access = genericAccess(warp, static_cast<u32>(lane), write, adds);
  AccessMemo memo;
  return bytes == 0 || accessGlobalRange(warp, lane, address, bytes, access, memo);
}

/// d: mbarrier address (imm: its offset in list[0]); a: shared address; b: map
/// or global address; c: bytes when not a tensor; list: offset of a, offset of
/// the mbarrier, then coordinates.
static Step load(Warp &warp, const Instruction &i) {
  Block &block = *warp.block;
  const u32 rank = i.listSize - 2u;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    BulkLoad copy;
    copy.isTensor = rank > 0;
    copy.to = i.access.wordAddress ? lanes<u32>(warp, i.a)[lane]
                                   : static_cast<u32>(lanes<u64>(warp, i.a)[lane]);
    copy.to += i.list[0];
    u64 source = lanes<u64>(warp, i.b)[lane];
    u32 barrier = (i.access.wideRegister ? static_cast<u32>(lanes<u64>(warp, i.d)[lane])
                                         : lanes<u32>(warp, i.d)[lane]) +
                  i.list[1];
    int m = mbarrierAt(warp, lane, barrier);
    if (m < 0)
      continue;
    copy.mbarrier = static_cast<std::size_t>(m);
    if (!block.async->mbarriers[copy.mbarrier].fenced)
      reportLazily(warp, ReportKind::Proxy, lane, [] {
        return std::string("completes on an mbarrier whose initialisation was not followed by "
                           "fence.mbarrier_init or fence.proxy.async");
      });
    bool readable = true;
    if (copy.isTensor) {
      if (!readMap(warp, lane, source, rank, copy.map))
        continue;
      for (u32 d = 0; d < rank; ++d)
        copy.at[d] = static_cast<s32>(lanes<u32>(warp, i.list[2 + d])[lane]);
      copy.bytes = boxBytes(copy.map);
      if (!checkBox(warp, lane, copy.to, copy.bytes, copy.map.swizzle))
        continue;
      forEachRow(copy.map, copy.at, [&](const BoxRow &row) {
        readable &= touchGlobal(warp, lane, row.address + row.first, row.bytes, false, false);
      });
    } else {
      copy.from = source;
      copy.bytes = lanes<u32>(warp, i.c)[lane];
      if (copy.bytes % chunkBytes || copy.to % chunkBytes || source % chunkBytes) {
        complain(warp, lane, "a bulk copy's addresses and size must be multiples of 16");
        continue;
      }
      readable = touchGlobal(warp, lane, source, copy.bytes, false, false);
    }
    Mbarrier &mbarrier = block.async->mbarriers[copy.mbarrier];
    Accessor write{
        mbarrierAgents + static_cast<u32>(m), mbarrier.phase + 1, manyLanes, true, false, true};
    AccessMemo memo;
    block.worker->sharedBytes += copy.bytes;
    if (!accessSharedRange(warp, lane, copy.to, copy.bytes, write, memo) || !readable)
      continue;
    if (block.launch->options->mode == AsyncMode::Eager)
      performLoad(block, copy);
    else
      block.async->loads.push_back(copy);
  }
  return Step::Next;
}

/// a: shared address; b: map or global address; c: bytes when not a tensor;
/// list: offset of a, 0, then coordinates; option 1: adds.
static Step store(Warp &warp, const Instruction &i) {
  Block &block = *warp.block;
  WarpAsync &own = block.async->warps[warp.id];
  const u32 rank = i.listSize - 2u;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    BulkStore copy;
    copy.isTensor = rank > 0;
    copy.adds = i.option;
    copy.lane = static_cast<u32>(lane);
    copy.from = (i.access.wordAddress ? lanes<u32>(warp, i.a)[lane]
                                      : static_cast<u32>(lanes<u64>(warp, i.a)[lane])) +
                i.list[0];
    u64 target = lanes<u64>(warp, i.b)[lane];
    bool writable = true;
    if (copy.isTensor) {
      if (!readMap(warp, lane, target, rank, copy.map))
        continue;
      if (copy.adds && copy.map.element != TensorElement::F32) {
        complain(warp, lane, "adds f32, but the tensor map holds elements of another type");
        continue;
      }
      for (u32 d = 0; d < rank; ++d)
        copy.at[d] = static_cast<s32>(lanes<u32>(warp, i.list[2 + d])[lane]);
      copy.bytes = boxBytes(copy.map);
      if (!checkBox(warp, lane, copy.from, copy.bytes, copy.map.swizzle))
        continue;
      forEachRow(copy.map, copy.at, [&](const BoxRow &row) {
        writable &= touchGlobal(warp, lane, row.address + row.first, row.bytes, true, copy.adds);
      });
    } else {
      copy.to = target;
      copy.bytes = lanes<u32>(warp, i.c)[lane];
      if (copy.bytes % chunkBytes || copy.from % chunkBytes || target % chunkBytes) {
        complain(warp, lane, "a bulk copy's addresses and size must be multiples of 16");
        continue;
      }
      writable = touchGlobal(warp, lane, target, copy.bytes, true, copy.adds);
    }
    copy.group = own.storesCommitted + 1;
    warp.lastStore = warp.pc;
    Accessor read{bulkAgents + warp.id, copy.group, manyLanes, false, false, true};
    AccessMemo memo;
    block.worker->sharedBytes += copy.bytes;
    if (!accessSharedRange(warp, lane, copy.from, copy.bytes, read, memo) || !writable)
      continue;
    own.stores.push_back(copy);
    if (block.launch->options->mode == AsyncMode::Eager || copy.adds)
      performStore(warp, copy);
  }
  return Step::Next;
}

/// Both directions of either kind of copy.
template <bool loads>
static Step countCopy(Warp &warp, const Instruction &i) {
  Worker &worker = *warp.block->worker;
  const u32 rank = i.listSize - 2u;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (!rank) {
      const u32 bytes = lanes<u32>(warp, i.c)[lane];
      worker.sharedBytes += bytes;
      worker.globalBytesLoaded += loads ? bytes : 0;
      continue;
    }
    TensorMapSpec map;
    if (!readMap(warp, lane, lanes<u64>(warp, i.b)[lane], rank, map))
      continue;
    std::array<s32, 5> at{};
    for (u32 d = 0; d < rank; ++d)
      at[d] = static_cast<s32>(lanes<u32>(warp, i.list[2 + d])[lane]);
    worker.sharedBytes += boxBytes(map);
    if (loads)
      forEachRow(map, at, [&](const BoxRow &row) { worker.globalBytesLoaded += row.bytes; });
  }
  return Step::Next;
}

static Step commit(Warp &warp, const Instruction &) {
  ++warp.block->async->warps[warp.id].storesCommitted;
  return Step::Next;
}

/// imm: groups that may stay pending. (.read differs only in what the hardware
/// may leave unwritten.)
static Step wait(Warp &warp, const Instruction &i) {
  Block &block = *warp.block;
  WarpAsync &own = block.async->warps[warp.id];
  u32 may = static_cast<u32>(i.imm);
  u32 done = own.storesCommitted > may ? own.storesCommitted - may : 0;
  std::erase_if(own.stores, [&](const BulkStore &copy) {
    if (copy.group > done)
      return false;
    if (block.launch->options->mode != AsyncMode::Eager && !copy.adds)
      performStore(warp, copy);
    return true;
  });
  u32 &known = block.clocks.of(warp.id)[bulkAgents + warp.id];
  known = std::max(known, done);
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Binds the shared address to a and its offset to the list; the tensor map or
/// global address to b; coordinates to the list.
static void bindSides(Binder &binder, const Operand &shared, const Operand &global,
                      const Operand *mbarrier) {
  Instruction &out = binder.out;
  binder.usesAsyncProxy();
  bool isTensor = global.kind == Operand::Kind::Address && global.elements.size() > 1;
  binder.address(global);
  if (out.access.wordAddress || out.imm)
    return binder.fail("the global operand must be a plain 64-bit address");
  out.b = out.a;
  std::vector<u32> list{0, 0};
  if (mbarrier) {
    binder.address(*mbarrier);
    out.d = out.a;
    out.access.wideRegister = !out.access.wordAddress;
    list[1] = static_cast<u32>(out.imm);
  }
  binder.address(shared);
  list[0] = static_cast<u32>(out.imm);
  if (isTensor)
    for (const Operand *coordinate : binder.elements(global.elements[1]))
      list.push_back(binder.source(*coordinate, 4));
  bool dimensionsFit = !isTensor || binder.has(std::to_string(list.size() - 2) + "d");
  if (!dimensionsFit)
    return binder.fail("the number of coordinates does not fit");
  binder.setList(std::move(list));
  binder.touches(Space::Shared, chunkBytes);
  binder.touches(Space::Global, isTensor ? 2 : chunkBytes);
}

static void bindTensorLoad(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 3u + binder.has("L2::cache_hint"))
    return binder.fail("wrong number of operands");
  bindSides(binder, operands[0], operands[1], &operands[2]);
}

static void bindTensorStore(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 2u + binder.has("L2::cache_hint"))
    return binder.fail("wrong number of operands");
  bindSides(binder, operands[1], operands[0], nullptr);
  binder.out.option = binder.modifier(1) == "reduce";
}

static void bindRangeLoad(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 4u + binder.has("L2::cache_hint"))
    return binder.fail("wrong number of operands");
  bindSides(binder, operands[0], operands[1], &operands[3]);
  binder.out.c = binder.source(operands[2], 4);
}

static void bindRangeStore(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 3u + binder.has("L2::cache_hint"))
    return binder.fail("wrong number of operands");
  bindSides(binder, operands[1], operands[0], nullptr);
  binder.out.c = binder.source(operands[2], 4);
  binder.out.option = binder.statement.mnemonic() == "cp" && binder.modifier(1) == "reduce";
  if (binder.out.option)
    binder.ordersBlocks();
}

static void bindTensorReduce(Binder &binder) {
  bindTensorStore(binder);
  binder.ordersBlocks();
}

void lacuna::emulator::addBulkRows(InstructionTable &table) {
  const std::string hint = "[.L2::cache_hint]";
  table.add({"cp.async.bulk.tensor.(1d|2d|3d|4d|5d).(shared::cluster|shared::cta).global[.tile]"
             ".mbarrier::complete_tx::bytes" +
                 hint,
             "", load, 0, bindTensorLoad},
            countCopy<true>);
  table.add({"cp.async.bulk.tensor.(1d|2d|3d|4d|5d).global.shared::cta[.tile].bulk_group" + hint,
             "", store, 0, bindTensorStore},
            countCopy<false>);
  table.add({"cp.reduce.async.bulk.tensor.(1d|2d|3d|4d|5d).global.shared::cta.add[.tile]"
             ".bulk_group" +
                 hint,
             "", store, 0, bindTensorReduce},
            countCopy<false>);
  table.add(
      {"cp.async.bulk.(shared::cluster|shared::cta).global.mbarrier::complete_tx::bytes" + hint, "",
       load, 0, bindRangeLoad},
      countCopy<true>);
  table.add({"cp.async.bulk.global.shared::cta.bulk_group" + hint, "", store, 0, bindRangeStore},
            countCopy<false>);
  table.add({"cp.reduce.async.bulk.global.shared::cta.bulk_group" + hint + ".add.f32", "", store, 0,
             bindRangeStore},
            countCopy<false>);
  table.add({"cp.async.bulk.commit_group", "", commit});
  table.add({"cp.async.bulk.wait_group[.read]", "i", wait});
  const std::string prefetch = "cp.async.bulk.prefetch.tensor.(1d|2d|3d|4d|5d).L2.global[.tile]";
  table.add({prefetch, "m", nothing});
  table.add({prefetch + ".L2::cache_hint", "m c8", nothing});
  table.add({"prefetch[.param|.const].tensormap", "m", nothing});
}
