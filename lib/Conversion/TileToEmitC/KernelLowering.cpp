//===- KernelLowering.cpp - The walk, and operations on fragments ----------===//
//
// Precondition: the kernel obeys the scheduled contract.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/KernelLowering.h"

#include "lib/Conversion/TileToEmitC/PlanFunctions.h"
#include "lib/Conversion/TileToEmitC/RunsLowering.h"
#include "lib/Conversion/TileToEmitC/Types.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna;

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

SmallVector<Value> KernelLowering::lookup(const FragmentCall &call) {
  SmallVector<Value> operands =
      llvm::map_to_vector(call.operands, [&](Value operand) { return values.lookup(operand); });
  if (call.takesPlaces)
    operands.front() = leftPlaces.lookup(call.operands.front());
  return operands;
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
      .Case([&](tile::AllocMailboxOp mailbox) {
        values.map(mailbox.getMailbox(), kept(loc, "lacuna::keptAddress", *mailbox.getOffset()));
        return success();
      })
      .Case([&](tile::CopyBulkOp copy) { return lowerFragment(op, printCopyBulk(emission, copy)); })
      .Case([&](tile::CopyVectorOp copy) {
        return lowerFragment(op, printCopyVector(emission, copy));
      })
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
      .Case([&](tile::StoreSharedOp store) {
        return lowerFragment(op, printStoreShared(emission, store));
      })
      .Case(
          [&](tile::CopyAsyncOp copy) { return lowerFragment(op, printCopyAsync(emission, copy)); })
      .Case([&](tile::LoadOp load) { return lowerFragment(op, printLoad(emission, load)); })
      .Case([&](tile::StoreOp store) {
        return lowerFragment(op, store.getAdds() ? printAdd(emission, store)
                                                 : printStore(emission, store));
      })
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
      .Case([&](tile::AllocOp alloc) { return lowerRing(alloc); })
      .Case([&](tile::SlotOp slot) { return lowerSlot(slot); })
      .Case([&](tile::BlockOp block) { return lowerBlockIndex(block), success(); })
      .Case([&](tile::ReceiveBlockOp receive) { return lowerReceiveBlock(receive), success(); })
      .Case([&](tile::PieceOp piece) { return lowerPiece(piece), success(); })
      .Case([&](tile::PartOp part) { return lowerPart(part), success(); })
      .Case([&](tile::PackHeadsOp pack) { return lowerPackHeads(pack), success(); })
      .Case([&](tile::DimOp dim) { return lowerExtent(dim), success(); })
      .Case([&](tile::TableOp table) { return lowerTable(table), success(); })
      .Case<tile::IntervalRunsOp, tile::ListRunsOp>([&](auto runs) {
        RunsLowering(emission, builder, values, kernel.getColumnTile()).lower(runs);
        return success();
      })
      .Case([&](tile::SummarizeOp summarize) {
        return lowerFragment(op, printSummarize(emission, summarize));
      })
      .Case<tile::OrderRowsOp, tile::HashRowsOp, tile::SortRowsOp, tile::CompactRowsOp,
            tile::MoveRowsOp>(
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

std::string lacuna::callText(StringRef callee, size_t count) {
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

LogicalResult KernelLowering::lowerVerdict(Value verdict, StringRef name,
                                           FailureOr<FragmentCall> function) {
  if (failed(function))
    return failure();
  values.map(verdict, call(named(name, verdict.getLoc()), builder.getI1Type(), function->callee,
                           lookup(*function), "view"));
  return success();
}
