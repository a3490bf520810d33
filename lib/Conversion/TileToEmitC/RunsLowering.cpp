//===- RunsLowering.cpp - Sources of runs and the loop over them ----------===//
//
// The loop counts entries, whatever the runs come from, so that its steps are
// known before it begins and pipelining needs nothing but the number of a step.
// A union of intervals is put in order once, before the loop.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/RunsLowering.h"

#include "lib/Conversion/TileToEmitC/Types.h"

#include <tuple>

using namespace mlir;
using namespace lacuna;

Value RunsLowering::integer(Location location, int64_t value) {
  return emitc::LiteralOp::create(builder, location, builder.getI32Type(), std::to_string(value));
}

Value RunsLowering::call(Location location, Type type, const Twine &callee, ValueRange operands) {
  emission.include("runs");
  return emitc::CallOpaqueOp::create(builder, location, type, callee.str(), operands).getResult(0);
}

Value RunsLowering::opaque(Location location, StringRef name, const Twine &type,
                           const Twine &callee, ValueRange operands) {
  return call(named(name, location), emitc::OpaqueType::get(builder.getContext(), type.str()),
              callee, operands);
}

Value RunsLowering::variable(Location location, StringRef name, StringRef type, const Twine &callee,
                             ValueRange operands) {
  auto opaqueType = emitc::OpaqueType::get(builder.getContext(), type);
  Value variable =
      emitc::VariableOp::create(builder, named(name, location), emitc::LValueType::get(opaqueType),
                                emitc::OpaqueAttr::get(builder.getContext(), ""));
  assign(location, variable, callee, operands);
  return variable;
}

void RunsLowering::assign(Location location, Value variable, const Twine &callee,
                          ValueRange operands) {
  emission.include("runs");
  SmallVector<Value> all = {variable};
  llvm::append_range(all, operands);
  std::string text = ("{} = " + callee + "({}").str();
  for (size_t i = 1; i < operands.size(); ++i)
    text += ", {}";
  emitc::VerbatimOp::create(builder, location, text + ");", all);
}

Value RunsLowering::valueOf(Value variable) {
  Type type = cast<emitc::LValueType>(variable.getType()).getValueType();
  return emitc::LoadOp::create(builder, variable.getLoc(), type, variable);
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

void RunsLowering::lower(tile::IntervalRunsOp op) {
  Location loc = op.getLoc();
  std::string tile = std::to_string(columnTile);
  SmallVector<Value> bounds;
  for (Value bound : op.getBounds())
    bounds.push_back(values.lookup(bound));
  if (op.getNumPairs() == 1) {
    values.map(op.getRuns(),
               opaque(loc, "runs", "lacuna::Runs", "lacuna::intervalRuns<" + tile + ">", bounds));
    return;
  }
  // Visible intervals in one variable each, and the full ones; sorted by where
  // they begin, a network of neighbours at a time.
  SmallVector<Value> visible, full;
  for (unsigned pair = 0; pair < op.getNumPairs(); ++pair)
    for (auto [intervals, at, name] : {std::tuple(&visible, 0u, "visible"), {&full, 2u, "full"}})
      intervals->push_back(variable(loc, name, "lacuna::Interval", "lacuna::intervalOf",
                                    ArrayRef(bounds).slice(4 * pair + at, 2)));
  for (ArrayRef<Value> intervals : {ArrayRef(visible), ArrayRef(full)})
    for (unsigned last = 1; last < intervals.size(); ++last)
      for (unsigned at = last; at > 0; --at)
        emitc::VerbatimOp::create(builder, loc, "lacuna::sortIntervals({}, {});",
                                  ValueRange{intervals[at - 1], intervals[at]});
  for (unsigned at = 1; at < full.size(); ++at)
    assign(loc, full[at], "lacuna::joined", {full[at - 1], full[at]});
  std::string type = "lacuna::Runs";
  Value runs;
  for (unsigned at = 0; at < full.size(); ++at) {
    SmallVector<Value> operands;
    if (at) {
      operands.push_back(runs);
      type = "lacuna::RunsAnd<" + type + ">";
    }
    operands.append({visible[at], full[at]});
    StringRef callee = at ? "lacuna::addInterval<" : "lacuna::firstInterval<";
    runs = variable(loc, "runs", type, callee + tile + ">", operands);
  }
  values.map(op.getRuns(), valueOf(runs));
}

void RunsLowering::lower(tile::ListRunsOp op) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(values.lookup(operand));
  values.map(op.getRuns(),
             opaque(op.getLoc(), "runs", "lacuna::RunList", "lacuna::listRuns", operands));
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

Value RunsLowering::define(BlockArgument argument, Type type, const Twine &callee,
                           ValueRange operands) {
  Value value = call(named(nameOf(argument), argument.getLoc()), type, callee, operands);
  values.map(argument, value);
  return value;
}

void RunsLowering::defineEntry(BlockArgument key, BlockArgument partial, Value index,
                               Cursor *cursor) {
  SmallVector<Value> entry = {runs, index};
  if (cursor) {
    cursor->place = valueOf(cursor->variable);
    entry = {cursor->place};
  }
  if (!key.use_empty())
    define(key, builder.getI32Type(), "lacuna::entryKey<" + Twine(columnTile) + ">", entry);
  if (partial && !partial.use_empty())
    define(partial, builder.getI1Type(), "lacuna::isPartial", entry);
}

emitc::ForOp RunsLowering::open(tile::ForRunsOp op) {
  Location loc = op.getLoc();
  Type i1 = builder.getI1Type(), i32 = builder.getI32Type();
  runs = values.lookup(op.getRuns());
  int64_t ahead = op.getAhead();
  bool isList = bool(op.getRuns().getDefiningOp<tile::ListRunsOp>());
  Cursor follower, leader;
  for (auto [cursor, name] : {std::pair(&follower, "cursor"), {&leader, "leader"}})
    if (isList && (ahead || cursor == &follower))
      cursor->variable =
          variable(loc, name, "lacuna::Cursor", "lacuna::atRun", {runs, integer(loc, 0)});

  Value steps = call(named("steps", loc), i32, "lacuna::runSteps", {runs, integer(loc, ahead)});
  Value zero = integer(loc, 0), one = integer(loc, 1), entries = steps;
  if (op.getDrained())
    steps = emitc::AddOp::create(builder, named("steps", loc), i32, entries, one);
  emitc::VerbatimOp::create(builder, loc, "#pragma unroll 1");
  auto loop = emitc::ForOp::create(builder, loc, zero, steps, one);
  builder.setInsertionPoint(loop.getBody()->getTerminator());
  Value step = loop.getInductionVar(), now = step;
  step.setLoc(named("step", loc));
  if (ahead) {
    values.map(op.getStep(), step);
    if (isList || !op.getMore().use_empty())
      leader.exists = define(op.getMore(), i1, "lacuna::hasEntry", {runs, step});
    defineEntry(op.getNext(), {}, step, isList ? &leader : nullptr);
    now = emitc::SubOp::create(builder, named("now", loc), i32, step, integer(loc, ahead));
    if (isList || !op.getValid().use_empty())
      follower.exists = define(op.getValid(), i1, "lacuna::hasEntry", {runs, now});
  } else if (op.getDrained()) {
    follower.exists = emitc::CmpOp::create(builder, named(nameOf(op.getValid()), loc), i1,
                                           emitc::CmpPredicate::lt, step, entries);
    values.map(op.getValid(), follower.exists);
  } else if (isList) {
    follower.exists = emitc::LiteralOp::create(builder, loc, i1, "true");
  }
  defineEntry(op.getKey(), op.getPartial(), now, isList ? &follower : nullptr);
  for (const Cursor &cursor : {leader, follower})
    if (cursor.variable)
      cursors.push_back(cursor);
  return loop;
}

void RunsLowering::close(emitc::ForOp loop) {
  for (const Cursor &cursor : cursors)
    assign(loop.getLoc(), cursor.variable, "lacuna::moved", {runs, cursor.place, cursor.exists});
  builder.setInsertionPointAfter(loop);
}
