//===- CrossLane.cpp - shfl, vote, match, redux, elect ---------------------===//
//
// These exchange values between the lanes named in a member mask, all of which
// must execute the instruction together.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Scheduler.h"

#include <string>

using namespace lacuna::emulator;
using ptx::Operand;

/// Reports members that are alive but not here, and executing lanes that are
/// no members.
static void checkMembers(Warp &warp, const u32 *members) {
  u32 first = members[firstLane(warp)];
  bool uniform = true;
  forLanes(warp.mask, [&](int l) { uniform &= members[l] == first; });
  if (uniform && (first & warp.live) == warp.mask)
    return;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    u32 mask = members[lane];
    if (!(mask >> lane & 1))
      reportLazily(warp, ReportKind::Divergence, lane,
                   [] { return std::string("executing lane is not in its own member mask"); });
    else if (mask & warp.live & ~warp.mask)
      reportLazily(warp, ReportKind::Divergence, lane, [&] {
        return "member mask names lane " +
               std::to_string(std::countr_zero(mask & warp.live & ~warp.mask)) +
               ", which does not execute this instruction";
      });
  }
}

namespace {
enum Shuffle : u8 { Xor, Up, Down, Index };
} // namespace

/// list: member mask, predicate result or none.
static Step shuffle(Warp &warp, const Instruction &i) {
  const u32 *a = lanes<u32>(warp, i.a), *b = lanes<u32>(warp, i.b), *c = lanes<u32>(warp, i.c);
  checkMembers(warp, lanes<u32>(warp, i.list[0]));
  u32 result[warpSize], valid = 0;
  for (int lane = 0; lane < warpSize; ++lane) {
    if (!(warp.mask >> lane & 1))
      continue;
    s32 clamp = c[lane] & 31, segment = c[lane] >> 8 & 31, offset = b[lane] & 31;
    s32 most = (lane & segment) | (clamp & ~segment), least = lane & segment;
    s32 source;
    bool inside;
    switch (i.option) {
    case Up:
      source = lane - offset;
      inside = source >= most;
      break;
    case Down:
      source = lane + offset;
      inside = source <= most;
      break;
    case Xor:
      source = lane ^ offset;
      inside = source <= most;
      break;
    default:
      source = least | (offset & ~segment);
      inside = source <= most;
      break;
    }
    if (!inside)
      source = lane;
    valid |= u32(inside) << lane;
    if (!(warp.mask >> source & 1))
      reportLazily(warp, ReportKind::Divergence, lane, [&] {
        return "takes the value of lane " + std::to_string(source) +
               ", which does not execute this instruction";
      });
    result[lane] = a[source];
  }
  u32 *d = lanes<u32>(warp, i.d);
  forLanes(warp.mask, [&](int l) { d[l] = result[l]; });
  if (i.listSize > 1)
    setPredicate(warp, i.list[1], valid);
  return Step::Next;
}

static void bindShuffle(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 5)
    return binder.fail("five operands are expected");
  bool pair = operands[0].kind == Operand::Kind::Pair;
  binder.out.d = binder.destination(pair ? operands[0].elements[0] : operands[0], 4);
  binder.out.a = binder.source(operands[1], 4);
  binder.out.b = binder.source(operands[2], 4);
  binder.out.c = binder.source(operands[3], 4);
  std::vector<u32> list{binder.source(operands[4], 4)};
  if (pair)
    list.push_back(binder.predicateDestination(operands[0].elements[1]));
  binder.setList(std::move(list));
}

namespace {
enum Vote : u8 { Ballot, Any, All, Uniform };
} // namespace

/// a: predicate, negated when imm; b: member mask or none.
static Step vote(Warp &warp, const Instruction &i) {
  if (i.b)
    checkMembers(warp, lanes<u32>(warp, i.b));
  u32 holds = predicate(warp, i.a);
  holds = (i.imm ? ~holds : holds) & warp.mask;
  if (i.option == Ballot) {
    u32 *d = lanes<u32>(warp, i.d);
    forLanes(warp.mask, [=](int l) { d[l] = holds; });
    return Step::Next;
  }
  bool result = i.option == Any   ? holds != 0
                : i.option == All ? holds == warp.mask
                                  : holds == 0 || holds == warp.mask;
  setPredicate(warp, i.d, result ? allLanes : 0);
  return Step::Next;
}

static void bindVote(Binder &binder) {
  const auto &operands = binder.statement.operands;
  bool sync = binder.has("sync"), ballot = binder.has("ballot");
  if (operands.size() != 2u + sync)
    return binder.fail("wrong number of operands");
  binder.out.d =
      ballot ? binder.destination(operands[0], 4) : binder.predicateDestination(operands[0]);
  binder.out.a = binder.predicateSource(operands[1]);
  binder.out.imm = operands[1].negated;
  if (sync)
    binder.out.b = binder.source(operands[2], 4);
  binder.out.option = ballot ? Ballot : binder.has("any") ? Any : binder.has("all") ? All : Uniform;
}

static Step activeMask(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  forLanes(warp.mask, [&](int l) { d[l] = warp.mask; });
  return Step::Next;
}

/// match: option 1: all (list[1]: predicate or none), 0: any. list[0]: members.
template <class T>
static Step match(Warp &warp, const Instruction &i) {
  const T *a = lanes<T>(warp, i.a);
  const u32 *members = lanes<u32>(warp, i.list[0]);
  checkMembers(warp, members);
  u32 result[warpSize] = {}, all = 0;
  forLanes(warp.mask, [&](int l) {
    u32 same = 0;
    forLanes(warp.mask & members[l], [&](int other) { same |= u32(a[other] == a[l]) << other; });
    bool every = same == (warp.mask & members[l]);
    all |= u32(every) << l;
    result[l] = i.option ? (every ? same : 0) : same;
  });
  u32 *d = lanes<u32>(warp, i.d);
  forLanes(warp.mask, [&](int l) { d[l] = result[l]; });
  if (i.listSize > 1)
    setPredicate(warp, i.list[1], all);
  return Step::Next;
}

static void bindMatch(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 3)
    return binder.fail("three operands are expected");
  bool pair = operands[0].kind == Operand::Kind::Pair;
  binder.out.d = binder.destination(pair ? operands[0].elements[0] : operands[0], 4);
  binder.out.a = binder.source(operands[1], typeBytes(binder.lastType()));
  std::vector<u32> list{binder.source(operands[2], 4)};
  if (pair)
    list.push_back(binder.predicateDestination(operands[0].elements[1]));
  binder.setList(std::move(list));
}

namespace {
struct ReduceAdd {
  static u32 apply(u32 a, u32 b) { return a + b; }
};
struct ReduceAnd {
  static u32 apply(u32 a, u32 b) { return a & b; }
};
struct ReduceOr {
  static u32 apply(u32 a, u32 b) { return a | b; }
};
struct ReduceXor {
  static u32 apply(u32 a, u32 b) { return a ^ b; }
};
template <class T>
struct ReduceMinimum {
  static u32 apply(u32 a, u32 b) { return static_cast<T>(a) < static_cast<T>(b) ? a : b; }
};
template <class T>
struct ReduceMaximum {
  static u32 apply(u32 a, u32 b) { return static_cast<T>(a) > static_cast<T>(b) ? a : b; }
};
} // namespace

/// redux: over the members; b: member mask.
template <class Op>
static Step reduce(Warp &warp, const Instruction &i) {
  const u32 *a = lanes<u32>(warp, i.a);
  checkMembers(warp, lanes<u32>(warp, i.b));
  u32 result = a[firstLane(warp)];
  forLanes(warp.mask & (warp.mask - 1), [&](int l) { result = Op::apply(result, a[l]); });
  u32 *d = lanes<u32>(warp, i.d);
  forLanes(warp.mask, [=](int l) { d[l] = result; });
  return Step::Next;
}

/// elect: one member, the lowest. d: its number or none; list[0]: predicate.
static Step elect(Warp &warp, const Instruction &i) {
  checkMembers(warp, lanes<u32>(warp, i.a));
  u32 leader = static_cast<u32>(firstLane(warp));
  u32 *d = lanes<u32>(warp, i.d);
  forLanes(warp.mask, [=](int l) { d[l] = leader; });
  setPredicate(warp, i.list[0], u32(1) << leader);
  return Step::Next;
}

static void bindElect(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 2 || operands[0].kind != Operand::Kind::Pair)
    return binder.fail("operands are d|p, mask");
  binder.out.d = binder.destination(operands[0].elements[0], 4);
  binder.setList({binder.predicateDestination(operands[0].elements[1])});
  binder.out.a = binder.source(operands[1], 4);
}

void lacuna::emulator::addCrossLaneRows(InstructionTable &table) {
  auto writing = [&](Row row) {
    row.writesFirst = true;
    table.add(std::move(row));
  };
  writing({"shfl.sync.bfly.b32", "", shuffle, Xor, bindShuffle});
  writing({"shfl.sync.up.b32", "", shuffle, Up, bindShuffle});
  writing({"shfl.sync.down.b32", "", shuffle, Down, bindShuffle});
  writing({"shfl.sync.idx.b32", "", shuffle, Index, bindShuffle});
  writing({"vote.sync.ballot.b32", "", vote, 0, bindVote});
  writing({"vote.sync.(any|all|uni).pred", "", vote, 0, bindVote});
  writing({"activemask.b32", "d4", activeMask});
  writing({"match.any.sync.b32", "", match<u32>, 0, bindMatch});
  writing({"match.all.sync.b32", "", match<u32>, 1, bindMatch});
  writing({"match.any.sync.b64", "", match<u64>, 0, bindMatch});
  writing({"match.all.sync.b64", "", match<u64>, 1, bindMatch});
  table.add({"redux.sync.add.(u32|s32)", "d4 a4 b4", reduce<ReduceAdd>});
  table.add({"redux.sync.min.u32", "d4 a4 b4", reduce<ReduceMinimum<u32>>});
  table.add({"redux.sync.min.s32", "d4 a4 b4", reduce<ReduceMinimum<s32>>});
  table.add({"redux.sync.max.u32", "d4 a4 b4", reduce<ReduceMaximum<u32>>});
  table.add({"redux.sync.max.s32", "d4 a4 b4", reduce<ReduceMaximum<s32>>});
  table.add({"redux.sync.and.b32", "d4 a4 b4", reduce<ReduceAnd>});
  table.add({"redux.sync.or.b32", "d4 a4 b4", reduce<ReduceOr>});
  table.add({"redux.sync.xor.b32", "d4 a4 b4", reduce<ReduceXor>});
  writing({"elect.sync", "", elect, 0, bindElect});
}
