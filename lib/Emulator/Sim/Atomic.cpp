//===- Atomic.cpp - atom and red -------------------------------------------===//
//
// Lanes perform their operations one after the other. On global memory the
// scheduler lets one block at a time do so, which makes them atomic and their
// order reproducible.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Float.h"
#include "lib/Emulator/Sim/Half.h"
#include "lib/Emulator/Sim/MemoryAccess.h"

#include <cstring>
#include <string>

using namespace lacuna::emulator;
using ptx::Operand;
using ptx::Space;

namespace {

// New memory value from the old one and the operands.
struct AtomicAdd {
  template <class T>
  static T apply(T old, T b, T) {
    return static_cast<T>(old + b);
  }
};
struct AtomicMinimum {
  template <class T>
  static T apply(T old, T b, T) {
    return b < old ? b : old;
  }
};
struct AtomicMaximum {
  template <class T>
  static T apply(T old, T b, T) {
    return b > old ? b : old;
  }
};
struct AtomicAnd {
  template <class T>
  static T apply(T old, T b, T) {
    return old & b;
  }
};
struct AtomicOr {
  template <class T>
  static T apply(T old, T b, T) {
    return old | b;
  }
};
struct AtomicXor {
  template <class T>
  static T apply(T old, T b, T) {
    return old ^ b;
  }
};
struct Exchange {
  template <class T>
  static T apply(T, T b, T) {
    return b;
  }
};
struct CompareAndSwap {
  template <class T>
  static T apply(T old, T b, T c) {
    return old == b ? c : old;
  }
};
struct Increment {
  template <class T>
  static T apply(T old, T b, T) {
    return old >= b ? 0 : old + 1;
  }
};
struct Decrement {
  template <class T>
  static T apply(T old, T b, T) {
    return old == 0 || old > b ? b : old - 1;
  }
};
template <class Half>
Half addHalves(Half a, Half b) {
  return Half::fromFloat(a.toFloat() + b.toFloat());
}
struct AtomicAddHalf {
  template <class Half>
  static Half apply(Half old, Half b, Half) {
    return addHalves(old, b);
  }
  template <class Half>
  static Pair<Half> apply(Pair<Half> old, Pair<Half> b, Pair<Half>) {
    return {addHalves(old.low, b.low), addHalves(old.high, b.high)};
  }
};

/// list: results (0: none), then operands b, then operands c, `elements` each.
template <class T, class Op>
Step atomic(Warp &warp, const Instruction &i) {
  const u32 count = i.access.elements;
  using Register = std::conditional_t<sizeof(T) == 8, u64, u32>;
  auto get = [&](u32 slot, int lane) {
    T value{};
    if (slot)
      std::memcpy(&value, &lanes<Register>(warp, slot)[lane], sizeof(T));
    return value;
  };
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    AccessMemo memo;
    Accessor access = genericAccess(warp, static_cast<u32>(lane), true, true);
    access.modifies = true;
    u8 *place = accessMemory(warp, i, lane, access, memo);
    if (!place)
      continue;
    meetThrough(warp, i, lane, true, true, static_cast<Strength>(i.option));
    for (u32 e = 0; e < count; ++e) {
      T old;
      std::memcpy(&old, place + e * sizeof(T), sizeof(T));
      T value = Op::apply(old, get(i.list[count + e], lane), get(i.list[2 * count + e], lane));
      std::memcpy(place + e * sizeof(T), &value, sizeof(T));
      if (u32 slot = i.list[e]) {
        Register held = 0;
        std::memcpy(&held, &old, sizeof(T));
        lanes<Register>(warp, slot)[lane] = held;
      }
    }
  }
  return Step::Next;
}

void bindAtomic(Binder &binder) {
  const auto &operands = binder.statement.operands;
  bool reduces = binder.statement.mnemonic() == "red";
  std::size_t first = reduces ? 0 : 1;
  bool hint = binder.has("L2::cache_hint");
  bool three = binder.has("cas");
  if (operands.size() != first + 2 + three + hint)
    return binder.fail("wrong number of operands");
  u32 bytes = typeBytes(binder.lastType()), width = bytes == 8 ? 8 : 4;
  auto values = binder.elements(operands[first + 1]);
  u32 count = static_cast<u32>(values.size());
  std::vector<u32> results(count, 0), b, c(count, 0);
  for (const Operand *value : values)
    b.push_back(binder.source(*value, width));
  if (three)
    c[0] = binder.source(operands[first + 2], width);
  if (!reduces) {
    auto places = binder.elements(operands[0]);
    if (places.size() != count)
      return binder.fail("results and operands differ in number");
    for (u32 e = 0; e < count; ++e)
      results[e] = binder.destination(*places[e], width);
  }
  results.insert(results.end(), b.begin(), b.end());
  results.insert(results.end(), c.begin(), c.end());
  binder.setList(std::move(results));
  binder.address(operands[first]);
  Instruction &out = binder.out;
  out.access.elementBytes = static_cast<u8>(bytes);
  out.access.elements = static_cast<u8>(count);
  out.access.space = binder.has("global")                                ? Space::Global
                     : binder.has("shared") || binder.has("shared::cta") ? Space::Shared
                                                                         : Space::Generic;
  binder.touches(out.access.space, out.access.bytes());
  out.option = static_cast<u8>(binder.strength());
  if (out.access.space != Space::Shared)
    binder.ordersBlocks();
}

class AtomicRows {
public:
  explicit AtomicRows(InstructionTable &table) : table(table) {}

  template <class T, class Op>
  void add(const std::string &operation, const std::string &type,
           const std::string &space = "[.global|.shared|.shared::cta]") {
    for (bool answers : {true, false}) {
      if (!answers && (operation == "exch" || operation == "cas"))
        continue; // these are only of use for their result
      std::string pattern =
          answers ? "atom[.relaxed|.acquire|.release|.acq_rel]" : "red[.relaxed|.release]";
      pattern += "[.cta|.cluster|.gpu|.sys]" + space;
      pattern += "." + operation + (operation == "cas" ? "." : "[.L2::cache_hint].") + type;
      Row row{std::move(pattern), "", atomic<T, Op>, 0, bindAtomic};
      row.writesFirst = answers;
      table.add(std::move(row));
    }
  }
  template <class T>
  void addOrder(const std::string &type) {
    add<T, AtomicMinimum>("min", type);
    add<T, AtomicMaximum>("max", type);
  }
  template <class T>
  void addBits(const std::string &type) {
    add<T, AtomicAnd>("and", type);
    add<T, AtomicOr>("or", type);
    add<T, AtomicXor>("xor", type);
    add<T, Exchange>("exch", type);
    add<T, CompareAndSwap>("cas", type);
  }

private:
  InstructionTable &table;
};

} // namespace

void lacuna::emulator::addAtomicRows(InstructionTable &table) {
  AtomicRows rows(table);
  rows.addOrder<u32>("u32");
  rows.addOrder<s32>("s32");
  rows.addOrder<u64>("u64");
  rows.addOrder<s64>("s64");
  rows.add<u32, AtomicAdd>("add", "u32");
  rows.add<s32, AtomicAdd>("add", "s32");
  rows.add<u64, AtomicAdd>("add", "u64");
  rows.addBits<u32>("b32");
  rows.addBits<u64>("b64");
  rows.add<u16, CompareAndSwap>("cas", "b16");
  rows.add<u32, Increment>("inc", "u32");
  rows.add<u32, Decrement>("dec", "u32");
  rows.add<f32, AtomicAdd>("add", "f32");
  rows.add<f64, AtomicAdd>("add", "f64");
  rows.add<f32, AtomicAdd>("add", "(v2|v4).f32", "[.global]");
  rows.add<f16, AtomicAddHalf>("add.noftz", "f16");
  rows.add<bf16, AtomicAddHalf>("add.noftz", "bf16");
  rows.add<Pair<f16>, AtomicAddHalf>("add.noftz", "f16x2");
  rows.add<Pair<bf16>, AtomicAddHalf>("add.noftz", "bf16x2");
}
