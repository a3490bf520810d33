//===- ControlLowering.cpp - Branches, loops and roles of a kernel ---------===//
//
// What a branch yields or a loop carries lives in a variable (Variables.h). Tiles are
// read and changed there; scalars are loaded where control flow has left them.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/KernelLowering.h"

#include "lib/Conversion/TileToEmitC/RunsLowering.h"
#include "lib/Conversion/TileToEmitC/Types.h"

using namespace mlir;
using namespace lacuna;

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

Value KernelLowering::variableOf(Value value) {
  Value leader = variables.leaderOf(value);
  Value &variable = declared[leader ? leader : value];
  if (!variable) {
    bool isTile = isa<RankedTensorType>(value.getType());
    Type type =
        isTile ? emission.structOf(value.getLoc(), *Fragment::of(value.getLoc(), value.getType()))
               : scalarType(value.getType());
    std::string name = isTile ? tileName(value) : "chosen";
    variable = emitc::VariableOp::create(builder, named(name, value.getLoc()),
                                         emitc::LValueType::get(type),
                                         emitc::OpaqueAttr::get(builder.getContext(), ""));
  }
  return variable;
}

void KernelLowering::readVariable(Value value) {
  if (isa<tile::TokenType>(value.getType()))
    return;
  Value variable = variableOf(value);
  if (isa<RankedTensorType>(value.getType()))
    values.map(value, variable);
  else
    values.map(value,
               emitc::LoadOp::create(builder, value.getLoc(), scalarType(value.getType()), variable)
                   .getResult());
}

Value KernelLowering::rvalue(Value value) {
  auto variable = dyn_cast<emitc::LValueType>(value.getType());
  return variable
             ? Value(emitc::LoadOp::create(builder, value.getLoc(), variable.getValueType(), value))
             : value;
}

void KernelLowering::assign(Location location, ValueRange targets, ValueRange sources) {
  SmallVector<std::pair<Value, Value>> copies;
  for (auto [target, source] : llvm::zip(targets, sources)) {
    if (isa<tile::TokenType>(target.getType()))
      continue;
    Value leader = variables.leaderOf(target);
    if (leader == variables.leaderOf(source) && isa<RankedTensorType>(source.getType()))
      continue;
    copies.push_back({variableOf(target), values.lookup(source)});
  }
  // A variable may be overwritten before it is read, unless all are read first.
  if (copies.size() > 1)
    for (auto &[variable, source] : copies)
      source = rvalue(source);
  for (auto [variable, source] : copies)
    statement(location, "{} = {};", {variable, source});
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

void KernelLowering::enter(Block &body) {
  builder.setInsertionPointToEnd(&body);
  if (body.empty())
    emitc::YieldOp::create(builder, body.getParentOp()->getLoc());
  builder.setInsertionPoint(body.getTerminator());
}

LogicalResult KernelLowering::lowerIf(scf::IfOp op) {
  for (Value result : op.getResults())
    variableOf(result);
  auto branch =
      emitc::IfOp::create(builder, op.getLoc(), values.lookup(op.getCondition()),
                          /*addThenBlock=*/true, /*addElseBlock=*/!op.getElseRegion().empty());
  for (auto [source, target] : llvm::zip(op->getRegions(), branch->getRegions())) {
    if (source.empty())
      continue;
    OpBuilder::InsertionGuard guard(builder);
    Block &body = target.front();
    enter(body);
    if (failed(lowerBlock(source.front())))
      return failure();
    assign(op.getLoc(), op.getResults(), source.front().getTerminator()->getOperands());
    // An else that has nothing left to do is not printed.
    if (&target == &branch.getElseRegion() && llvm::hasSingleElement(body))
      body.erase();
  }
  for (Value result : op.getResults())
    readVariable(result);
  return success();
}

LogicalResult KernelLowering::lowerBody(Block &body, ValueRange carried) {
  for (Value value : carried)
    readVariable(value);
  if (failed(lowerBlock(body)))
    return failure();
  assign(body.getParentOp()->getLoc(), carried, body.getTerminator()->getOperands());
  return success();
}

void KernelLowering::readResults(ValueRange results) {
  for (Value result : results)
    if (!result.use_empty())
      readVariable(result);
}

LogicalResult KernelLowering::lowerLoop(tile::ForRunsOp op) {
  assign(op.getLoc(), op.getCarried(), op.getInits());
  RunsLowering runs(emission, builder, values, kernel.getColumnTile());
  emitc::ForOp loop = runs.open(op);
  if (failed(lowerBody(op.getBody().front(), op.getCarried())))
    return failure();
  runs.close(loop);
  return readResults(op.getResults()), success();
}

LogicalResult KernelLowering::lowerLoop(scf::ForOp op) {
  Location loc = op.getLoc();
  assign(loc, op.getRegionIterArgs(), op.getInitArgs());
  statement(loc, "#pragma unroll 1");
  auto loop = emitc::ForOp::create(builder, loc, values.lookup(op.getLowerBound()),
                                   values.lookup(op.getUpperBound()), values.lookup(op.getStep()));
  builder.setInsertionPoint(loop.getBody()->getTerminator());
  loop.getInductionVar().setLoc(named(nameOf(op.getInductionVar()), loc));
  values.map(op.getInductionVar(), loop.getInductionVar());
  if (failed(lowerBody(*op.getBody(), op.getRegionIterArgs())))
    return failure();
  builder.setInsertionPointAfter(loop);
  return readResults(op.getResults()), success();
}

void KernelLowering::lowerLeave(tile::LeaveOp op) {
  auto loop = cast<tile::ForRunsOp>(op->getParentOp());
  Location loc = op.getLoc();
  Value last = emitc::LogicalNotOp::create(builder, loc, builder.getI1Type(),
                                           values.lookup(loop.getValid()));
  auto branch =
      emitc::IfOp::create(builder, loc, last, /*addThenBlock=*/true, /*addElseBlock=*/false);
  OpBuilder::InsertionGuard guard(builder);
  enter(branch.getThenRegion().front());
  assign(loc, loop.getResults(), op.getValues());
  statement(loc, "break;");
}

LogicalResult KernelLowering::lowerItems(tile::ForItemsOp op) {
  Location loc = op.getLoc();
  assign(loc, op.getCarried(), op.getInits());
  auto number = [&](StringRef name, StringRef callee) {
    return call(named(name, loc), builder.getI32Type(), callee, {}, "block");
  };
  Value first = number("own_item", "lacuna::ownItem");
  Value apart = number("items_apart", "lacuna::itemsApart");
  statement(loc, "#pragma unroll 1");
  OpBuilder::InsertionGuard guard(builder);
  auto loop = emitc::ForOp::create(builder, loc, first, values.lookup(op.getItems()), apart);
  builder.setInsertionPoint(loop.getBody()->getTerminator());
  loop.getInductionVar().setLoc(named("item", loc));
  values.map(op.getItem(), loop.getInductionVar());
  return lowerBody(op.getBody().front(), op.getCarried());
}

LogicalResult KernelLowering::lowerRoles(tile::RolesOp op) {
  emission.include("roles");
  Location loc = op.getLoc();
  Type i1 = builder.getI1Type();
  int64_t warps = kernel.getSchedule()->getWarps();
  std::string consumers = std::to_string(warps);
  auto flag = [&](StringRef name, const std::string &text) -> Value {
    return emitc::CallOpaqueOp::create(builder, named(name, loc), i1, text, ValueRange())
        .getResult(0);
  };
  auto roles =
      emitc::IfOp::create(builder, loc, flag("consumes", "lacuna::warpIsBelow<" + consumers + ">"),
                          /*addThenBlock=*/true, /*addElseBlock=*/true);
  auto lowerRole = [&](Region &target, Region &source, StringRef registers, int64_t count,
                       const std::string &members) -> LogicalResult {
    OpBuilder::InsertionGuard guard(builder);
    enter(target.front());
    statement(loc, ("lacuna::" + registers + "<" + Twine(count) + ">();").str());
    if (!members.empty()) {
      auto only = emitc::IfOp::create(builder, loc, flag("produces", members),
                                      /*addThenBlock=*/true, /*addElseBlock=*/false);
      enter(only.getThenRegion().front());
    }
    return lowerBlock(source.front());
  };
  std::string producers = op.getProducerWarp()
                              ? "lacuna::warpIsBelow<" + std::to_string(warps + 1) + ">"
                              : "lacuna::isElected<" + consumers + ">";
  return failure(failed(lowerRole(roles.getThenRegion(), op.getConsumers(), "takeRegisters",
                                  op.getConsumerRegisters(), {})) ||
                 failed(lowerRole(roles.getElseRegion(), op.getProducer(), "giveRegisters",
                                  op.getProducerRegisters(), producers)));
}
