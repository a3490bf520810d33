//===- LoadStore.cpp - ld and st -------------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Launch.h"
#include "lib/Emulator/Sim/MemoryAccess.h"
#include "lib/Emulator/Sim/Scheduler.h"

#include <cstring>
#include <string>

using namespace lacuna::emulator;
using ptx::Operand;
using ptx::Space;

/// Value of `bytes` bytes, extended to a register.
static u64 readElement(const u8 *from, u32 bytes, bool isSigned) {
  u64 value = 0;
  std::memcpy(&value, from, bytes);
  if (isSigned) {
    u32 unused = 64 - 8 * bytes;
    value = static_cast<u64>(static_cast<s64>(value << unused) >> unused);
  }
  return value;
}

/// list: data registers.
static Step load(Warp &warp, const Instruction &i) {
  const Access &shape = i.access;
  AccessMemo memo;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    Accessor access = genericAccess(warp, static_cast<u32>(lane), false, shape.ordered);
    const u8 *place = accessMemory(warp, i, lane, access, memo);
    if (shape.ordered)
      meetThrough(warp, i, lane, true, false, static_cast<Strength>(i.option));
    for (u32 e = 0; e < shape.elements; ++e) {
      // What could not be read is poison.
      u64 value =
          place ? readElement(place + e * shape.elementBytes, shape.elementBytes, shape.signExtend)
                : 0x7fa5dead7fa5dead;
      if (shape.wideRegister)
        lanes<u64>(warp, i.list[e])[lane] = value;
      else
        lanes<u32>(warp, i.list[e])[lane] = static_cast<u32>(value);
    }
  }
  return Step::Next;
}

static Step store(Warp &warp, const Instruction &i) {
  const Access &shape = i.access;
  AccessMemo memo;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    u8 bytes[64];
    for (u32 e = 0; e < shape.elements; ++e) {
      const u8 *value = warp.registers + i.list[e] + lane * (shape.wideRegister ? 8 : 4);
      std::memcpy(bytes + e * shape.elementBytes, value, shape.elementBytes);
    }
    Accessor access = genericAccess(warp, static_cast<u32>(lane), true, shape.ordered);
    if (u8 *place = accessMemory(warp, i, lane, access, memo, bytes))
      std::memcpy(place, bytes, shape.bytes());
    if (shape.ordered)
      meetThrough(warp, i, lane, false, true, static_cast<Strength>(i.option));
  }
  return Step::Next;
}

/// A generic address is taken for one of global memory.
template <bool loads>
static Step countAccess(Warp &warp, const Instruction &i) {
  Worker &worker = *warp.block->worker;
  const u64 bytes = u64(std::popcount(warp.mask)) * i.access.bytes();
  if (i.access.space == Space::Shared)
    worker.sharedBytes += bytes;
  else if (loads && i.access.space != Space::Local)
    worker.globalBytesLoaded += bytes;
  return Step::Next;
}

/// Calls visit(cell) for the cells of shared memory that the lanes access; false as soon as
/// one returns false, or when an address is none of the block's.
template <class Visit>
static bool forCells(Warp &warp, const Instruction &i, Visit visit) {
  Block &block = *warp.block;
  const u32 bytes = i.access.bytes();
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    const u32 address = static_cast<u32>(laneAddress(warp, i, std::countr_zero(rest)));
    if (address < sharedBase || u64(address) + bytes > block.sharedEnd)
      return false;
    const u32 last = (address + bytes - 1) >> block.grainShift;
    for (u32 c = address >> block.grainShift; c <= last; ++c)
      if (!visit(block.cells[c]))
        return false;
  }
  return true;
}

static Step storeAndMark(Warp &warp, const Instruction &i) {
  const Step step = store(warp, i);
  forCells(warp, i, [](Cell &cell) { return cell.written = 1; });
  return step;
}

static Step loadWhenMarked(Warp &warp, const Instruction &i) {
  if (forCells(warp, i, [](const Cell &cell) { return cell.written; }))
    return load(warp, i);
  // It is executed, and counted, when others have been.
  Worker &worker = *warp.block->worker;
  --worker.warpCounts[warp.pc];
  worker.laneCounts[warp.pc] -= std::popcount(warp.mask);
  return waitFor(warp, warp.pc, {});
}

/// ld.param of an entry's parameter: the same for all lanes and always there.
static Step loadParameter(Warp &warp, const Instruction &i) {
  const Access &shape = i.access;
  const u8 *place = reinterpret_cast<const u8 *>(i.imm);
  for (u32 e = 0; e < shape.elements; ++e) {
    u64 value = readElement(place + e * shape.elementBytes, shape.elementBytes, shape.signExtend);
    if (shape.wideRegister) {
      u64 *d = lanes<u64>(warp, i.list[e]);
      forLanes(warp.mask, [=](int l) { d[l] = value; });
    } else {
      u32 *d = lanes<u32>(warp, i.list[e]);
      forLanes(warp.mask, [=](int l) { d[l] = static_cast<u32>(value); });
    }
  }
  return Step::Next;
}

static Space spaceOf(const Binder &binder) {
  if (binder.has("global") || binder.has("const"))
    return Space::Global;
  if (binder.has("shared") || binder.has("shared::cta"))
    return Space::Shared;
  if (binder.has("local"))
    return Space::Local;
  if (binder.has("param") || binder.has("param::entry") || binder.has("param::func"))
    return Space::Param;
  return Space::Generic;
}

static void bindAccess(Binder &binder, const Operand &address, const Operand &data, bool loads) {
  Instruction &out = binder.out;
  std::string_view type = binder.lastType();
  out.access.elementBytes = static_cast<u8>(typeBytes(type));
  out.access.signExtend = type[0] == 's' && out.access.elementBytes < 8;
  out.access.space = spaceOf(binder);
  auto elements = binder.elements(data);
  u32 expected = binder.has("v2") ? 2 : binder.has("v4") ? 4 : binder.has("v8") ? 8 : 1;
  if (elements.size() != expected)
    return binder.fail("the number of registers does not fit the vector");
  out.access.elements = static_cast<u8>(expected);
  std::vector<u32> slots;
  bool wide = false;
  for (const Operand *element : elements)
    slots.push_back(loads ? binder.destinationAnyWidth(*element, out.access.elementBytes, wide)
                          : binder.sourceAnyWidth(*element, out.access.elementBytes, wide));
  out.access.wideRegister = wide;
  if (!wide && out.access.elementBytes > 4)
    return binder.fail("a register is too narrow");
  binder.setList(std::move(slots));
  binder.address(address);
  bool atOnce = binder.has("volatile") || binder.has("relaxed") || binder.has("acquire") ||
                binder.has("release");
  out.access.ordered = atOnce;
  out.option = static_cast<u8>(binder.strength());
  if (out.access.space == Space::Param) {
    // A parameter of the entry is global memory that cannot change; one of a
    // device function is a variable of its thread.
    bool ofEntry = binder.isEntryParameter(address);
    out.access.space = ofEntry ? Space::Global : Space::Local;
    if (ofEntry && loads && address.elements[0].kind == Operand::Kind::Symbol) {
      u64 offset = binder.parameterOffset(address.elements[0]) + static_cast<u64>(address.value);
      if (offset + out.access.bytes() > binder.parameterBytes())
        return binder.fail("reads past the kernel's parameters");
      out.imm = static_cast<s64>(binder.parameterBase() + offset);
      out.execute = loadParameter;
      return;
    }
  }
  binder.touches(out.access.space, out.access.bytes());
  if (atOnce && (out.access.space == Space::Global || out.access.space == Space::Generic))
    binder.ordersBlocks();
}

static void bindLoad(Binder &binder) {
  const auto &operands = binder.statement.operands;
  std::size_t expected = 2 + binder.has("L2::cache_hint");
  if (operands.size() != expected)
    return binder.fail("wrong number of operands");
  bindAccess(binder, operands[1], operands[0], true);
}

static void bindStore(Binder &binder) {
  const auto &operands = binder.statement.operands;
  std::size_t expected = 2 + binder.has("L2::cache_hint");
  if (operands.size() != expected)
    return binder.fail("wrong number of operands");
  bindAccess(binder, operands[0], operands[1], false);
}

void lacuna::emulator::addLoadStoreRows(InstructionTable &table) {
  const std::string types = ".(b8|u8|s8|b16|u16|s16|b32|u32|s32|f32|b64|u64|s64|f64)";
  const std::string scope = "[.cta|.cluster|.gpu|.sys]";
  const std::string evict = "[.L1::evict_normal|.L1::evict_unchanged|.L1::evict_first|"
                            ".L1::evict_last|.L1::no_allocate]";
  const std::string policy = "[.L2::cache_hint]";
  table.add({"ld[.weak|.volatile|.relaxed|.acquire]" + scope +
                 "[.global|.shared|.shared::cta|.local|.const|.param|.param::entry]"
                 "[.nc][.ca|.cg|.cs|.lu|.cv]" +
                 evict + policy + "[.L2::64B|.L2::128B|.L2::256B][.v2|.v4|.v8]" + types,
             "", load, 0, bindLoad, true},
            countAccess<true>, loadWhenMarked);
  table.add({"ldu.global[.v2|.v4]" + types, "", load, 0, bindLoad, true}, countAccess<true>);
  table.add({"st[.weak|.volatile|.relaxed|.release]" + scope +
                 "[.global|.shared|.shared::cta|.local|.param][.wb|.cg|.cs|.wt]" + evict + policy +
                 "[.v2|.v4|.v8]" + types,
             "", store, 0, bindStore},
            countAccess<false>, storeAndMark);
}
