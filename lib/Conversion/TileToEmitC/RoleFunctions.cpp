//===- RoleFunctions.cpp - What passes between roles, as calls ------------===//
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"
#include "lib/Conversion/TileToEmitC/SharedTile.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna;

/// The call, which one lane of a producer that is a warp makes for all.
static FragmentCall startByOne(Emission &emission, Operation &op, FragmentCall call) {
  auto roles = op.getParentOfType<tile::RolesOp>();
  if (!roles || !roles.getProducerWarp())
    return call;
  emission.include("roles");
  int64_t consumers = op.getParentOfType<tile::KernelOp>().getSchedule()->getWarps();
  call.callee = "if (lacuna::isElected<" + std::to_string(consumers) + ">())\n  " + call.callee;
  return call;
}

std::optional<FragmentCall> lacuna::callOfRoleOp(Emission &emission, Operation &op) {
  auto call = [&](StringRef header, const Twine &callee, ValueRange operands) {
    emission.include(header);
    FragmentCall result;
    result.callee = ("lacuna::" + callee).str();
    result.operands.append(operands.begin(), operands.end());
    return std::optional(result);
  };
  auto ofRing = [&](StringRef name, auto use) {
    int64_t slots = use.getBarriers().getType().getSlots();
    return call("mbarrier", name + "<" + Twine(slots) + ">", use->getOperands());
  };
  auto turn = [&](StringRef name) {
    auto kernel = op.getParentOfType<tile::KernelOp>();
    return call("roles", name + "<" + Twine(kernel.getSchedule()->getWarps() / 4) + ">", {});
  };
  return llvm::TypeSwitch<Operation *, std::optional<FragmentCall>>(&op)
      .Case([&](tile::AwaitFilledOp await) { return ofRing("awaitFilled", await); })
      .Case([&](tile::AwaitFreedOp await) { return ofRing("awaitFreed", await); })
      .Case([&](tile::ReleaseOp release) {
        auto kernel = op.getParentOfType<tile::KernelOp>();
        auto barriers = release.getBarriers().getDefiningOp<tile::AllocBarriersOp>();
        int64_t slots = release.getBarriers().getType().getSlots();
        int64_t threads = 32 * kernel.getSchedule()->getWarps() / barriers.getArrivals();
        return call("mbarrier", "releaseSlot<" + Twine(slots) + ", " + Twine(threads) + ">",
                    release->getOperands());
      })
      .Case([&](tile::MeetWarpOp) { return call("roles", "meetWarp", {}); })
      .Case([&](tile::ExpectOp expect) {
        int64_t slots = expect.getBarriers().getType().getSlots();
        std::string callee =
            "expectBytes<" + std::to_string(slots) + ", " + std::to_string(expect.getBytes()) + ">";
        return startByOne(emission, op, *call("mbarrier", callee, expect->getOperands()));
      })
      .Case([&](tile::SendBlockOp send) {
        return startByOne(emission, op, *call("roles", "sendBlock", send->getOperands()));
      })
      .Case([&](tile::CommitDotsOp) {
        bool isConditional = isa_and_nonnull<scf::IfOp>(op.getPrevNode());
        return call("wgmma", isConditional ? "commitConditionalDots" : "commitDots", {});
      })
      .Case([&](tile::MeetOp meet) {
        int64_t threads = 32 * op.getParentOfType<tile::KernelOp>().getSchedule()->getWarps();
        StringRef name = meet.getPublishing() ? "publishAndMeet" : "meet";
        return call("roles", name + "<" + Twine(threads) + ">", {});
      })
      .Case([&](tile::OpenTurnsOp) { return turn("openTurns"); })
      .Case([&](tile::AwaitTurnOp) { return call("roles", "awaitTurn", {}); })
      .Case([&](tile::PassTurnOp) { return turn("passTurn"); })
      .Default(std::optional<FragmentCall>());
}

FailureOr<FragmentCall> lacuna::printCopyBulk(Emission &emission, tile::CopyBulkOp op) {
  emission.include("copy_bulk");
  emission.include("mbarrier");
  tile::SharedType target = op.getTarget().getType();
  std::string parameters;
  for (size_t map = 0; map < op.getMaps().size(); ++map)
    parameters += "const lacuna::CopyMap &map" + std::to_string(map) + ", ";
  parameters += "int32_t batch, int32_t head, int32_t row, int32_t column, uint32_t slot, "
                "uint32_t barriers, uint32_t use";
  std::string body = "  const uint32_t barrier = lacuna::barrierOf<" +
                     std::to_string(op.getBarriers().getType().getSlots()) + ">(barriers, use);\n";
  // A box of packed heads begins with the first head of a position.
  int64_t heads = cast<tile::CopyMapType>(op.getMaps().front().getType()).getHeads();
  std::string row = heads > 1 ? ", 0, row / " + std::to_string(heads) : ", row";
  int64_t map = -1, width = 0;
  for (const Panel &panel : panelsOf(target)) {
    map += panel.width != width;
    width = panel.width;
    body += "  lacuna::copyBulk(map" + std::to_string(map) + ", 16 * slot + " +
            std::to_string(panel.offset) + ", barrier, column + " +
            std::to_string(panel.firstColumn) + row + ", head, batch);\n";
  }
  FragmentCall call;
  call.callee = emission.function(
      op.getLoc(),
      ("copy_bulk_" + Twine(target.getRows()) + "x" + Twine(target.getColumns())).str(),
      "void $(" + parameters + ") {\n" + body + "}\n");
  call.operands.append(op.getMaps().begin(), op.getMaps().end());
  call.operands.append(op.getIndices().begin(), op.getIndices().end());
  call.operands.append({op.getTarget(), op.getBarriers(), op.getUse()});
  return startByOne(emission, *op, std::move(call));
}

/// "void f(T &x) { asm volatile(statement : "+f"(x.x0), ...); }"
static FailureOr<std::string> printTied(Emission &emission, Location loc, Type type,
                                        const Twine &name, const Twine &statement) {
  FailureOr<Fragment> fragment = Fragment::of(loc, type);
  if (failed(fragment))
    return failure();
  emission.structOf(loc, *fragment);
  std::string text =
      "void $(" + fragment->structName() + " &x) {\n  asm volatile(\"" + statement.str() +
      "\"\n      : " +
      registerOperands(fragment->isPacked() ? "+r" : "+f", "x", fragment->registers()) +
      "\n      :\n      : \"memory\");\n}\n";
  return emission.function(loc, (name + "_" + fragment->noun()).str(), text);
}

/// Whether all that reads the registers of a tile is asm statements, which stay behind
/// the statement that waits for them anyway.
static bool isReadByStatements(Value tile, llvm::DenseSet<Value> &seen) {
  if (!seen.insert(tile).second)
    return true;
  return llvm::all_of(tile.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    auto follow = [&](Value value) { return isReadByStatements(value, seen); };
    return llvm::TypeSwitch<Operation *, bool>(user)
        .Case([](tile::MapOp map) { return isMapStatement(map); })
        .Case<tile::DotOp, tile::ClipOp, tile::ReduceOp, tile::AwaitDotsOp>(
            [](auto) { return true; })
        .Case([&](scf::YieldOp yield) {
          return follow(yield->getParentOp()->getResult(use.getOperandNumber()));
        })
        .Case([&](tile::LeaveOp leave) {
          return follow(leave->getParentOp()->getResult(use.getOperandNumber()));
        })
        .Case([&](tile::YieldOp yield) {
          auto loop = dyn_cast<tile::ForRunsOp>(yield->getParentOp());
          return loop && follow(loop.getCarried()[use.getOperandNumber()]) &&
                 follow(loop.getResult(use.getOperandNumber()));
        })
        .Default(false);
  });
}

FailureOr<SmallVector<std::string>> lacuna::printAwaitDots(Emission &emission,
                                                           tile::AwaitDotsOp op) {
  SmallVector<std::string> callees;
  std::string wait = "wgmma.wait_group.sync.aligned " + std::to_string(op.getPending()) + ";";
  bool waits = false;
  for (auto [tile, complete] : llvm::zip(op.getStarted(), op.getComplete())) {
    llvm::DenseSet<Value> seen;
    if (isReadByStatements(complete, seen)) {
      callees.push_back({});
      continue;
    }
    FailureOr<std::string> callee =
        printTied(emission, op.getLoc(), tile.getType(), waits ? "after" : "await",
                  waits ? Twine() : Twine(wait));
    if (failed(callee))
      return failure();
    callees.push_back(*callee);
    waits = true;
  }
  return callees;
}

FailureOr<FragmentCall> lacuna::printAnyDiffers(Emission &emission, tile::AnyDiffersOp op) {
  FailureOr<Fragment> fragment = Fragment::of(op.getLoc(), op.getLhs().getType());
  if (failed(fragment))
    return failure();
  emission.structOf(op.getLoc(), *fragment);
  emission.include("shuffle");
  std::string differs;
  for (int64_t i = 0; i < fragment->registers(); ++i) {
    std::string field = ".x" + std::to_string(i);
    differs += (i ? " || x" : "x") + field + " != y" + field;
  }
  std::string type = fragment->parameterType();
  FragmentCall call;
  call.callee = emission.function(op.getLoc(), ("any_differs_" + fragment->noun()).str(),
                                  "bool $(" + type + "x, " + type +
                                      "y) {\n  return lacuna::anyLane(" + differs + ");\n}\n");
  call.operands.append({op.getLhs(), op.getRhs()});
  return call;
}
