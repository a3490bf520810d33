//===- KernelLowering.cpp - One kernel as an EmitC function ---------------===//
//
// The body is walked once, in order: scalars become C expressions, operations on
// fragments become calls, control flow becomes variables and blocks. Precondition:
// the kernel obeys the scheduled contract.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/KernelLowering.h"

#include "lib/Conversion/TileToEmitC/PlanFunctions.h"
#include "lib/Conversion/TileToEmitC/RunsLowering.h"
#include "lib/Conversion/TileToEmitC/ScalarCode.h"
#include "lib/Conversion/TileToEmitC/Types.h"
#include "lib/Conversion/TileToEmitC/Variables.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna;

namespace {
class KernelLowering {
public:
  KernelLowering(Emission &emission, tile::KernelOp kernel)
      : emission(emission), kernel(kernel), builder(kernel), variables(kernel),
        scalars(emission, builder, values) {}

  LogicalResult run();

private:
  LogicalResult lowerBlock(Block &block);
  /// Goes on in a block of EmitC, before its end.
  void enter(Block &body);
  /// What the operands of a call have become.
  SmallVector<Value> lookup(const FragmentCall &call);
  LogicalResult lower(Operation &op);
  LogicalResult lowerFragment(Operation &op, FailureOr<FragmentCall> call);
  void defineTile(Value result, StringRef callee, ValueRange operands);
  void changeTile(Value result, Value changed, StringRef callee, ValueRange operands);
  LogicalResult lowerIf(scf::IfOp op);
  /// The body of a loop, whose carried values have their initial ones.
  LogicalResult lowerBody(Block &body, ValueRange carried);
  /// Makes results of a loop readable that are read.
  void readResults(ValueRange results);
  LogicalResult lowerLoop(tile::ForRunsOp op);
  LogicalResult lowerLoop(scf::ForOp op);
  void lowerLeave(tile::LeaveOp op);
  LogicalResult lowerItems(tile::ForItemsOp op);
  LogicalResult lowerRoles(tile::RolesOp op);
  LogicalResult lowerAwait(tile::AwaitDotsOp op);
  LogicalResult lowerVote(tile::AnyDiffersOp op);
  void lowerBarriers(tile::AllocBarriersOp op);
  LogicalResult lowerVerdict(Value verdict, StringRef name, FailureOr<FragmentCall> function);
  void lowerBlockIndex(tile::BlockOp op);
  void lowerPiece(tile::PieceOp op);
  void lowerPart(tile::PartOp op);
  void lowerPackHeads(tile::PackHeadsOp op);
  /// A variable for a struct that is about to be assigned.
  Value structVariable(Operation *op, StringRef name, StringRef type);
  /// Gives the results of `op` the members of a struct, in order.
  void readMembers(Operation &op, Value variable, ArrayRef<StringRef> members);
  LogicalResult lowerSlot(tile::SlotOp op);
  LogicalResult lowerSlotOfRoles(tile::SlotOp op, Location named);
  /// A place in shared memory that the kernel keeps in a register.
  Value kept(Location location, StringRef callee, int64_t offset);

  /// The variable that holds `value`, declared here if it has not been yet.
  Value variableOf(Value value);
  /// Makes what control flow left in the variable of `value` readable.
  void readVariable(Value value);
  /// What a variable holds now; another value as it is.
  Value rvalue(Value value);
  /// Copies values to the variables of others, all at once.
  void assign(Location location, ValueRange targets, ValueRange sources);
  Value call(Location location, Type type, const Twine &callee, ValueRange operands,
             StringRef header);
  Value integer(Location location, int64_t value);
  void statement(Location location, StringRef text, ValueRange operands = {});
  std::string headerComment();

  Emission &emission;
  tile::KernelOp kernel;
  OpBuilder builder;
  Variables variables;
  IRMapping values;
  ScalarCode scalars;
  llvm::DenseMap<Value, Value> declared; ///< by leader
};
} // namespace

Value KernelLowering::integer(Location location, int64_t value) {
  return emitc::LiteralOp::create(builder, location, builder.getI32Type(), std::to_string(value));
}

Value KernelLowering::call(Location location, Type type, const Twine &callee, ValueRange operands,
                           StringRef header) {
  emission.include(header);
  return emitc::CallOpaqueOp::create(builder, location, type, callee.str(), operands).getResult(0);
}

void KernelLowering::statement(Location location, StringRef text, ValueRange operands) {
  emitc::VerbatimOp::create(builder, location, text, operands);
}

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

std::string KernelLowering::headerComment() {
  tile::ScheduleAttr schedule = *kernel.getSchedule();
  std::string text =
      ("// " + kernel.getSymName() + ", from " + tile::placeOf(kernel.getLoc()) + "\n// ").str();
  if (std::optional<StringRef> planned = kernel.getPlans())
    return text +
           ((kernel.getBody().front().getOps<tile::MoveRowsOp>().empty() ? "a part of the plan of "
                                                                         : "moves rows for ") +
            *planned + ", for " + *kernel.getTarget())
               .str();
  return text +
         (Twine(schedule.getQueryTile()) + " queries x " + Twine(schedule.getKeyTile()) +
          " keys, " + Twine(schedule.getWarps()) + " warps" +
          (schedule.getRoles() ? " and their producer, " : ", ") + Twine(schedule.getStages()) +
          " stages, " + (kernel.getRowAxis() == tile::Axis::Key ? "keys" : "queries") + " in " +
          (schedule.getQueryInRegisters() ? "registers" : "shared memory") + ", " +
          Twine(kernel.getSharedBytes().value_or(0)) + " bytes of shared memory, for " +
          *kernel.getTarget())
             .str();
}

LogicalResult KernelLowering::run() {
  if (!kernel.getSchedule() || !kernel.getTarget())
    return kernel.emitOpError("cannot be printed: it has no schedule or no target yet (run the "
                              "schedule passes first)");
  SmallVector<Type> types;
  for (Type type : kernel.getArgumentTypes())
    types.push_back(kernelParameterType(emission, type));
  emission.defineBefore(kernel);
  auto comment = emitc::VerbatimOp::create(builder, kernel.getLoc(), headerComment());
  emission.defineBefore(comment);
  auto function = emitc::FuncOp::create(builder, kernel.getLoc(), kernel.getSymName(),
                                        FunctionType::get(builder.getContext(), types, {}));
  // With the blocks of an SM given, ptxas takes the registers that leaves and no
  // more; without, it may spill to fit more blocks than shared memory does.
  std::string bounds = "__launch_bounds__(" + std::to_string(kernel.getThreads());
  if (std::optional<uint64_t> blocks = kernel.getBlocksPerSm())
    bounds += ", " + std::to_string(*blocks);
  bounds += ")";
  function.setSpecifiersAttr(builder.getStrArrayAttr({"extern \"C\"", "__global__", bounds}));
  Block *entry = function.addEntryBlock();
  for (auto [argument, parameter] :
       llvm::zip(kernel.getBody().getArguments(), entry->getArguments())) {
    parameter.setLoc(named(nameOf(argument), argument.getLoc()));
    values.map(argument, parameter);
  }
  builder.setInsertionPointToStart(entry);
  if (failed(lowerBlock(kernel.getBody().front())))
    return failure();
  emitc::ReturnOp::create(builder, kernel.getLoc(), Value());
  return success();
}

LogicalResult KernelLowering::lowerBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(lower(op)))
      return failure();
  return success();
}

void KernelLowering::enter(Block &body) {
  builder.setInsertionPointToEnd(&body);
  if (body.empty())
    emitc::YieldOp::create(builder, body.getParentOp()->getLoc());
  builder.setInsertionPoint(body.getTerminator());
}

SmallVector<Value> KernelLowering::lookup(const FragmentCall &call) {
  return llvm::map_to_vector(call.operands, [&](Value operand) { return values.lookup(operand); });
}

LogicalResult KernelLowering::lower(Operation &op) {
  Location loc = op.getLoc();
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](scf::IfOp branch) { return lowerIf(branch); })
      .Case<tile::ForRunsOp, scf::ForOp>([&](auto loop) { return lowerLoop(loop); })
      .Case([&](tile::LeaveOp leave) { return lowerLeave(leave), success(); })
      .Case([&](tile::ForItemsOp items) { return lowerItems(items); })
      .Case([&](tile::RolesOp roles) { return lowerRoles(roles); })
      .Case([&](tile::AllocBarriersOp barriers) { return lowerBarriers(barriers), success(); })
      .Case([&](tile::CopyBulkOp copy) { return lowerFragment(op, printCopyBulk(emission, copy)); })
      .Case([&](tile::AwaitDotsOp await) { return lowerAwait(await); })
      .Case([&](tile::AnyDiffersOp differs) { return lowerVote(differs); })
      .Case([&](tile::SplatOp splat) {
        bool unused = llvm::all_of(op.getUsers(), [&](Operation *user) {
          auto dot = dyn_cast<tile::DotOp>(user);
          return dot && startsFromZero(dot);
        });
        return unused ? success() : lowerFragment(op, printSplat(emission, splat));
      })
      .Case([&](tile::MapOp map) { return lowerFragment(op, printMap(emission, map)); })
      .Case([&](tile::ClipOp clip) { return lowerFragment(op, printClip(emission, clip)); })
      .Case([&](tile::ReduceOp reduce) { return lowerFragment(op, printReduce(emission, reduce)); })
      .Case([&](tile::ConvertOp convert) {
        if (!isRelabelling(convert))
          return lowerFragment(op, printConvert(emission, convert));
        values.map(convert.getResult(), values.lookup(convert.getSource()));
        return success();
      })
      .Case([&](tile::DotOp dot) { return lowerFragment(op, printDot(emission, dot)); })
      .Case([&](tile::LoadSharedOp load) {
        return lowerFragment(op, printLoadShared(emission, load));
      })
      .Case(
          [&](tile::CopyAsyncOp copy) { return lowerFragment(op, printCopyAsync(emission, copy)); })
      .Case([&](tile::LoadOp load) { return lowerFragment(op, printLoad(emission, load)); })
      .Case([&](tile::StoreOp store) { return lowerFragment(op, printStore(emission, store)); })
      .Case([&](tile::CommitOp) {
        emission.include("cp_async");
        return statement(loc, "lacuna::commitCopies();"), success();
      })
      .Case([&](tile::WaitOp wait) {
        emission.include("cp_async");
        return statement(loc,
                         "lacuna::waitForCopies<" + std::to_string(wait.getPending()) + ">();"),
               success();
      })
      .Case([&](tile::BarrierOp) {
        emission.include("barrier");
        return statement(loc, "lacuna::blockBarrier();"), success();
      })
      .Case([&](tile::AllocOp alloc) -> LogicalResult {
        if (!alloc.getOffset())
          return op.emitOpError("cannot be printed: shared memory has not been laid out");
        if (kernel.getSchedule()->getRoles())
          values.map(alloc.getRing(), kept(loc, "lacuna::keptRing", *alloc.getOffset()));
        return success();
      })
      .Case([&](tile::SlotOp slot) { return lowerSlot(slot); })
      .Case([&](tile::BlockOp block) { return lowerBlockIndex(block), success(); })
      .Case([&](tile::PieceOp piece) { return lowerPiece(piece), success(); })
      .Case([&](tile::PartOp part) { return lowerPart(part), success(); })
      .Case([&](tile::PackHeadsOp pack) { return lowerPackHeads(pack), success(); })
      .Case([&](tile::DimOp dim) {
        auto view = cast<tile::ViewType>(dim.getView().getType());
        int64_t extent = view.getShape()[dim.getAxis()];
        if (!ShapedType::isDynamic(extent)) {
          values.map(dim.getResult(), integer(loc, extent));
          return success();
        }
        values.map(dim.getResult(), call(named(nameOf(dim.getResult()), loc), builder.getI32Type(),
                                         "lacuna::extent<" + Twine(dim.getAxis()) + ">",
                                         values.lookup(dim.getView()), "view"));
        return success();
      })
      .Case([&](tile::TableOp table) {
        std::string name = nameOf(table.getView());
        Type type = kernelParameterType(emission, table.getView().getType());
        values.map(table.getView(),
                   call(named(name, loc), type,
                        printTable(emission, table, (kernel.getSymName() + "_" + name).str()), {},
                        "global"));
        return success();
      })
      .Case<tile::IntervalRunsOp, tile::ListRunsOp>([&](auto runs) {
        RunsLowering(emission, builder, values, kernel.getColumnTile()).lower(runs);
        return success();
      })
      .Case([&](tile::SummarizeOp summarize) {
        return lowerFragment(op, printSummarize(emission, summarize));
      })
      .Case<tile::OrderRowsOp, tile::SortRowsOp, tile::CompactRowsOp, tile::MoveRowsOp>(
          [&](auto order) { return lowerFragment(op, printOrder(emission, order)); })
      .Case([&](tile::WriteRunsOp runs) {
        return lowerVerdict(runs.getOverflow(), "overflow",
                            printWriteRuns(emission, runs, kernel.getColumnTile()));
      })
      .Case([&](tile::CutSequencesOp cut) {
        return lowerVerdict(cut.getWrong(), "wrong", printCutSequences(emission, cut));
      })
      .Case([&](tile::ExpandBlocksOp expand) {
        return lowerVerdict(expand.getWrong(), "wrong", printExpandBlocks(emission, expand));
      })
      .Default([&](Operation *) {
        if (std::optional<FragmentCall> primitive = callOfRoleOp(emission, op))
          return lowerFragment(op, *primitive);
        return scalars.lower(op);
      });
}

/// "callee({}, {});" with `count` operands.
static std::string callText(StringRef callee, size_t count) {
  std::string text = callee.str() + "(";
  for (size_t i = 0; i < count; ++i)
    text += i ? ", {}" : "{}";
  return text + ");";
}

LogicalResult KernelLowering::lowerFragment(Operation &op, FailureOr<FragmentCall> call) {
  if (failed(call))
    return failure();
  SmallVector<Value> operands = lookup(*call);
  if (call->inPlace)
    return changeTile(op.getResult(0), call->changed, call->callee, operands), success();
  bool hasTile = op.getNumResults() == 1 && isa<RankedTensorType>(op.getResult(0).getType());
  if (hasTile)
    defineTile(op.getResult(0), call->callee, operands);
  else
    statement(op.getLoc(), callText(call->callee, operands.size()), operands);
  return success();
}

/// Gives a tile the value that a function returns.
void KernelLowering::defineTile(Value result, StringRef callee, ValueRange operands) {
  Location loc = result.getLoc();
  bool readsVariables =
      llvm::any_of(operands.getTypes(), [](Type type) { return isa<emitc::LValueType>(type); });
  if (!readsVariables && !variables.leaderOf(result)) {
    Type type = emission.structOf(loc, *Fragment::of(loc, result.getType()));
    values.map(result, emitc::CallOpaqueOp::create(builder, named(tileName(result), loc), type,
                                                   callee, operands)
                           .getResult(0));
    return;
  }
  // Only a statement can read a variable in place of a copy of it.
  SmallVector<Value> all = {variableOf(result)};
  all.append(operands.begin(), operands.end());
  statement(loc, "{} = " + callText(callee, operands.size()), all);
  values.map(result, all.front());
}

/// Gives a tile the variable that a function changes, which holds `changed` before
/// unless that is null.
void KernelLowering::changeTile(Value result, Value changed, StringRef callee,
                                ValueRange operands) {
  Location loc = result.getLoc();
  SmallVector<Value> all = {variableOf(result)};
  if (changed && values.lookup(changed) != all.front())
    statement(loc, "{} = {};", {all.front(), values.lookup(changed)});
  all.append(operands.begin(), operands.end());
  statement(loc, callText(callee, all.size()), all);
  values.map(result, all.front());
}

LogicalResult KernelLowering::lowerAwait(tile::AwaitDotsOp op) {
  FailureOr<SmallVector<std::string>> callees = printAwaitDots(emission, op);
  if (failed(callees))
    return failure();
  if (llvm::all_of(*callees, [](const std::string &callee) { return callee.empty(); })) {
    emission.include("wgmma");
    statement(op.getLoc(), "lacuna::awaitDots<" + std::to_string(op.getPending()) + ">();");
  }
  for (auto [result, started, callee] : llvm::zip(op.getComplete(), op.getStarted(), *callees))
    if (callee.empty())
      values.map(result, values.lookup(started));
    else
      changeTile(result, started, callee, {});
  return success();
}

LogicalResult KernelLowering::lowerVote(tile::AnyDiffersOp op) {
  FailureOr<FragmentCall> vote = printAnyDiffers(emission, op);
  if (failed(vote))
    return failure();
  SmallVector<Value> operands = lookup(*vote);
  for (Value &operand : operands)
    operand = rvalue(operand);
  values.map(op.getResult(),
             emitc::CallOpaqueOp::create(builder, named("differs", op.getLoc()),
                                         builder.getI1Type(), vote->callee, operands)
                 .getResult(0));
  return success();
}

/// A function that does its work and says whether something is wrong.
LogicalResult KernelLowering::lowerVerdict(Value verdict, StringRef name,
                                           FailureOr<FragmentCall> function) {
  if (failed(function))
    return failure();
  values.map(verdict, call(named(name, verdict.getLoc()), builder.getI1Type(), function->callee,
                           lookup(*function), "view"));
  return success();
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

/// The producer is the warp group behind the consumers', so that a consumer's
/// warp index is its place in the tiles.
LogicalResult KernelLowering::lowerRoles(tile::RolesOp op) {
  emission.include("roles");
  Location loc = op.getLoc();
  Type i1 = builder.getI1Type();
  std::string consumers = std::to_string(kernel.getSchedule()->getWarps());
  auto flag = [&](StringRef name, const std::string &text) -> Value {
    return emitc::CallOpaqueOp::create(builder, named(name, loc), i1, text, ValueRange())
        .getResult(0);
  };
  auto roles =
      emitc::IfOp::create(builder, loc, flag("consumes", "lacuna::warpIsBelow<" + consumers + ">"),
                          /*addThenBlock=*/true, /*addElseBlock=*/true);
  auto lowerRole = [&](Region &target, Region &source, StringRef registers, int64_t count,
                       bool elected) -> LogicalResult {
    OpBuilder::InsertionGuard guard(builder);
    enter(target.front());
    statement(loc, ("lacuna::" + registers + "<" + Twine(count) + ">();").str());
    if (elected) {
      auto only = emitc::IfOp::create(builder, loc,
                                      flag("produces", "lacuna::isElected<" + consumers + ">"),
                                      /*addThenBlock=*/true, /*addElseBlock=*/false);
      enter(only.getThenRegion().front());
    }
    return lowerBlock(source.front());
  };
  return failure(failed(lowerRole(roles.getThenRegion(), op.getConsumers(), "takeRegisters",
                                  op.getConsumerRegisters(), false)) ||
                 failed(lowerRole(roles.getElseRegion(), op.getProducer(), "giveRegisters",
                                  op.getProducerRegisters(), true)));
}

/// All are set up behind the last one: what one thread does then stays together.
void KernelLowering::lowerBarriers(tile::AllocBarriersOp op) {
  emission.include("mbarrier");
  values.map(op.getBarriers(), kept(op.getLoc(), "lacuna::keptAddress", *op.getOffset()));
  auto all = llvm::to_vector(op->getBlock()->getOps<tile::AllocBarriersOp>());
  if (op != all.back())
    return;
  for (tile::AllocBarriersOp barriers : all)
    for (int64_t slot = 0; slot < barriers.getBarriers().getType().getSlots(); ++slot)
      statement(barriers.getLoc(),
                "lacuna::initBarrier<" + std::to_string(barriers.getArrivals()) + ">({} + " +
                    std::to_string(8 * slot) + ");",
                values.lookup(barriers.getBarriers()));
  statement(op.getLoc(), "lacuna::fenceBarriers();");
}

Value KernelLowering::structVariable(Operation *op, StringRef name, StringRef type) {
  auto opaque = emitc::OpaqueType::get(op->getContext(), type);
  return emitc::VariableOp::create(builder, named(name, op->getLoc()),
                                   emitc::LValueType::get(opaque),
                                   emitc::OpaqueAttr::get(op->getContext(), ""));
}

void KernelLowering::lowerBlockIndex(tile::BlockOp op) {
  emission.include("block");
  Value block = structVariable(op, "block", "lacuna::Block");
  SmallVector<Value> operands = {block, values.lookup(op.getHeads()), values.lookup(op.getRows()),
                                 op.getGroup() ? values.lookup(op.getGroup())
                                               : integer(op.getLoc(), 1)};
  StringRef callee = op.getOrder()                     ? "blockInOrder"
                     : op.getAxis() == tile::Axis::Key ? "blockOfKeys"
                                                       : "blockOfGrid";
  if (op.getOrder())
    operands.push_back(values.lookup(op.getOrder()));
  if (op.getItem())
    operands.push_back(values.lookup(op.getItem()));
  statement(op.getLoc(),
            "{} = " + callText(("lacuna::" + callee + "<" + Twine(kernel.getRowTile()) + ">").str(),
                               operands.size() - 1),
            operands);
  readMembers(*op, block, {"batch", "head", "first"});
}

void KernelLowering::lowerPiece(tile::PieceOp op) {
  emission.include("ragged");
  Value piece = structVariable(op, "piece", "lacuna::Piece");
  statement(op.getLoc(), "{} = lacuna::loadPiece({}, {});",
            {piece, values.lookup(op.getPieces()), values.lookup(op.getNumber())});
  readMembers(*op, piece, {"sequence", "first", "queryBegin", "queryEnd", "keyBegin", "keyEnd"});
}

void KernelLowering::lowerPart(tile::PartOp op) {
  unsigned bytes = (op.getView().getType().getElementType().getIntOrFloatBitWidth() + 7) / 8;
  values.map(op.getPart(), call(named(nameOf(op.getPart()), op.getLoc()),
                                kernelParameterType(emission, op.getPart().getType()),
                                "lacuna::partOf<" + Twine(op.getAxis()) + ", " + Twine(bytes) + ">",
                                {values.lookup(op.getView()), values.lookup(op.getBegin()),
                                 values.lookup(op.getEnd())},
                                "ragged"));
}

void KernelLowering::lowerPackHeads(tile::PackHeadsOp op) {
  values.map(op.getPacked(), call(named(nameOf(op.getPacked()), op.getLoc()),
                                  kernelParameterType(emission, op.getPacked().getType()),
                                  "lacuna::packHeads<" + Twine(op.getHeads()) + ">",
                                  values.lookup(op.getView()), "heads"));
}

void KernelLowering::readMembers(Operation &op, Value variable, ArrayRef<StringRef> members) {
  auto type = emitc::LValueType::get(builder.getI32Type());
  for (auto [result, member] : llvm::zip_equal(op.getResults(), members)) {
    Location location = named(nameOf(result), op.getLoc());
    Value field = emitc::MemberOp::create(builder, location, type, member, variable);
    values.map(result,
               emitc::LoadOp::create(builder, location, builder.getI32Type(), field).getResult());
  }
}

Value KernelLowering::kept(Location location, StringRef callee, int64_t offset) {
  StringRef name = nameIn(location);
  return call(named(name.empty() ? "ring" : identifier(name), location),
              IntegerType::get(location.getContext(), 32, IntegerType::Unsigned), callee,
              integer(location, offset), "shared");
}

LogicalResult KernelLowering::lowerSlot(tile::SlotOp op) {
  auto ring = cast<tile::RingType>(op.getRing().getType());
  Location location =
      named(nameIn(op.getLoc()).empty() ? axisName(ring.getSlotType().getAxes()[0]).str() + "_slot"
                                        : identifier(nameIn(op.getLoc())),
            op.getLoc());
  if (kernel.getSchedule()->getRoles())
    return lowerSlotOfRoles(op, location);
  auto alloc = op.getRing().getDefiningOp<tile::AllocOp>();
  Type type = IntegerType::get(op.getContext(), 32, IntegerType::Unsigned);
  Value offset = integer(op.getLoc(), *alloc.getOffset());
  if (ring.getSlots() == 1)
    values.map(op.getResult(), call(location, type, "lacuna::sharedAddress", offset, "shared"));
  else
    values.map(op.getResult(), call(location, type,
                                    "lacuna::ringSlot<" + Twine(ring.getSlots()) + ", " +
                                        Twine(ring.getSlotType().getBytes()) + ">",
                                    {offset, values.lookup(op.getIndex())}, "shared"));
  return success();
}

/// In units of 16 bytes, as descriptors of products have it.
LogicalResult KernelLowering::lowerSlotOfRoles(tile::SlotOp op, Location location) {
  auto ring = cast<tile::RingType>(op.getRing().getType());
  Value slot = values.lookup(op.getRing());
  if (ring.getSlots() > 1)
    slot = call(location, slot.getType(),
                "lacuna::keptSlot<" + Twine(ring.getSlots()) + ", " +
                    Twine(ring.getSlotType().getBytes()) + ">",
                {slot, values.lookup(op.getIndex())}, "shared");
  if (op.getStandIn())
    slot = emitc::ConditionalOp::create(builder, location, slot.getType(),
                                        values.lookup(op.getCondition()), slot,
                                        values.lookup(op.getStandIn()));
  bool isLeft = llvm::any_of(op->getUsers(), [&](Operation *user) {
    auto dot = dyn_cast<tile::DotOp>(user);
    return dot && dot.getLhs() == op.getSlot();
  });
  if (isLeft) {
    Type type;
    FailureOr<FragmentCall> places = printLeftPlaces(emission, op, type);
    if (failed(places))
      return failure();
    slot = emitc::CallOpaqueOp::create(builder, location, type, places->callee, slot).getResult(0);
  }
  values.map(op.getResult(), slot);
  return success();
}

LogicalResult lacuna::lowerKernel(Emission &emission, tile::KernelOp kernel) {
  return KernelLowering(emission, kernel).run();
}
