//===- Move.cpp - mov, packing, selp, addresses ----------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Lanes.h"

using namespace lacuna::emulator;
using ptx::Operand;

namespace {
struct Unchanged {
  template <class T>
  static T apply(T a) {
    return a;
  }
};
} // namespace

static Step movePredicate(Warp &warp, const Instruction &i) {
  setPredicate(warp, i.d, predicate(warp, i.a));
  return Step::Next;
}

template <class T>
static Step select(Warp &warp, const Instruction &i) {
  T *d = lanes<T>(warp, i.d);
  const T *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  u32 chosen = predicate(warp, i.c);
  forLanes(warp.mask, [=](int l) { d[l] = chosen >> l & 1 ? a[l] : b[l]; });
  return Step::Next;
}

/// list: parts, lowest first; option: bits of each part.
template <class T>
static Step pack(Warp &warp, const Instruction &i) {
  T *d = lanes<T>(warp, i.d);
  u32 bits = i.option;
  u32 low = bits == 32 ? ~u32(0) : (u32(1) << bits) - 1;
  const u32 *parts[8];
  for (u32 p = 0; p < i.listSize; ++p)
    parts[p] = lanes<u32>(warp, i.list[p]);
  u32 count = i.listSize;
  forLanes(warp.mask, [=](int l) {
    T value = 0;
    for (u32 p = 0; p < count; ++p)
      value |= static_cast<T>(parts[p][l] & low) << (p * bits);
    d[l] = value;
  });
  return Step::Next;
}

template <class T>
static Step unpack(Warp &warp, const Instruction &i) {
  u32 bits = i.option;
  u32 low = bits == 32 ? ~u32(0) : (u32(1) << bits) - 1;
  // A part may be the slot of the whole: read it before any is written.
  T whole[warpSize];
  const T *a = lanes<T>(warp, i.a);
  for (int l = 0; l < warpSize; ++l)
    whole[l] = a[l];
  for (u32 p = 0; p < i.listSize; ++p) {
    u32 *d = lanes<u32>(warp, i.list[p]);
    forLanes(warp.mask, [&](int l) { d[l] = static_cast<u32>(whole[l] >> (p * bits)) & low; });
  }
  return Step::Next;
}

/// %clock and its like: grows with every read and with the work done, and is
/// the same in every run.
template <class T>
static Step readClock(Warp &warp, const Instruction &i) {
  Block &block = *warp.block;
  T now = static_cast<T>(block.executed + ++block.clockReads);
  T *d = lanes<T>(warp, i.d);
  forLanes(warp.mask, [=](int l) { d[l] = now; });
  return Step::Next;
}

static bool isClock(const Operand &operand) {
  return operand.kind == Operand::Kind::Special &&
         (operand.name == "%clock" || operand.name == "%clock64" || operand.name == "%globaltimer");
}

static void bindMove(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 2)
    return binder.fail("two operands are expected");
  u32 bytes = typeBytes(binder.lastType());
  u32 width = bytes == 8 ? 8 : 4;
  bool packs = operands[1].kind == Operand::Kind::Vector;
  bool unpacks = operands[0].kind == Operand::Kind::Vector;
  if (!packs && !unpacks) {
    binder.out.d = binder.destination(operands[0], width);
    if (isClock(operands[1])) {
      binder.out.execute = width == 8 ? readClock<u64> : readClock<u32>;
      return;
    }
    binder.out.a = binder.source(operands[1], width);
    binder.out.execute = width == 8 ? unary<u64, Unchanged> : unary<u32, Unchanged>;
    return;
  }
  auto parts = binder.elements(operands[packs ? 1 : 0]);
  if (parts.size() < 2 || bytes % parts.size() != 0)
    return binder.fail("cannot be split into " + std::to_string(parts.size()) + " parts");
  std::vector<u32> slots;
  for (const Operand *part : parts)
    slots.push_back(packs ? binder.source(*part, 4) : binder.destination(*part, 4));
  binder.setList(std::move(slots));
  binder.out.option = static_cast<u8>(bytes * 8 / parts.size());
  if (packs) {
    binder.out.d = binder.destination(operands[0], width);
    binder.out.execute = width == 8 ? pack<u64> : pack<u32>;
  } else {
    binder.out.a = binder.source(operands[1], width);
    binder.out.execute = width == 8 ? unpack<u64> : unpack<u32>;
  }
}

/// cvta: generic addresses of shared and local memory carry a window in their
/// high bits, all others are as they are.
static Step toGeneric(Warp &warp, const Instruction &i) {
  u64 *d = lanes<u64>(warp, i.d);
  const u64 *a = lanes<u64>(warp, i.a);
  u64 window = static_cast<u64>(i.imm);
  forLanes(warp.mask, [=](int l) { d[l] = a[l] | window; });
  return Step::Next;
}

static Step fromGeneric(Warp &warp, const Instruction &i) {
  u64 *d = lanes<u64>(warp, i.d);
  const u64 *a = lanes<u64>(warp, i.a);
  u64 window = static_cast<u64>(i.imm);
  forLanes(warp.mask, [=](int l) { d[l] = a[l] & ~window; });
  return Step::Next;
}

static void bindAddressConversion(Binder &binder) {
  binder.out.imm = static_cast<s64>(binder.has("shared")  ? sharedWindow
                                    : binder.has("local") ? localWindow
                                                          : 0);
}

/// isspacep: d: predicate; option: 0 global, 1 shared, 2 local.
static Step isInSpace(Warp &warp, const Instruction &i) {
  const u64 *a = lanes<u64>(warp, i.a);
  u32 result = 0;
  forLanes(warp.mask, [&](int l) {
    u64 window = a[l] & windowMask;
    u32 space = window == sharedWindow ? 1 : window == localWindow ? 2 : 0;
    result |= static_cast<u32>(space == i.option) << l;
  });
  setPredicate(warp, i.d, result);
  return Step::Next;
}

void lacuna::emulator::addMoveRows(InstructionTable &table) {
  auto copies = [&](Row row) {
    row.copies = true;
    table.add(std::move(row));
  };
  copies({"mov.pred", "dp ap", movePredicate});
  copies({"mov.(b16|u16|s16|b32|u32|s32|f32|b64|u64|s64|f64)", "", nullptr, 0, bindMove, true});
  copies({"selp.(b16|u16|s16|b32|u32|s32|f32)", "d4 a4 b4 cp", select<u32>});
  copies({"selp.(b64|u64|s64|f64)", "d8 a8 b8 cp", select<u64>});
  table.add({"cvta.to.(global|const|param|shared|local).u64", "d8 a8", fromGeneric, 0,
             bindAddressConversion});
  table.add(
      {"cvta.(global|const|param|shared|local).u64", "d8 a8", toGeneric, 0, bindAddressConversion});
  table.add({"isspacep.global", "dp a8", isInSpace, 0});
  table.add({"isspacep.shared", "dp a8", isInSpace, 1});
  table.add({"isspacep.local", "dp a8", isInSpace, 2});
}
