//===- KernelLowering.h - One kernel as an EmitC function ------*- C++ -*-===//
//
// The body is walked once, in order: scalars become C expressions, operations on
// fragments become calls, control flow becomes variables and blocks.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_TILETOEMITC_KERNELLOWERING_H
#define LIB_CONVERSION_TILETOEMITC_KERNELLOWERING_H

#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"
#include "lib/Conversion/TileToEmitC/ScalarCode.h"
#include "lib/Conversion/TileToEmitC/Variables.h"

namespace lacuna {

/// Prints a scheduled kernel before itself, with everything it calls; the kernel
/// itself stays. Fails with a located error on what the scheduled contract lacks.
class KernelLowering {
public:
  /// Prints with `emission`; both outlive this.
  KernelLowering(Emission &emission, tile::KernelOp kernel)
      : emission(emission), kernel(kernel), builder(kernel), variables(kernel),
        scalars(emission, builder, values) {}

  /// Does it, once.
  mlir::LogicalResult run();

private:
  // KernelLowering.cpp: the walk, and operations on fragments.

  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lower(mlir::Operation &op);
  mlir::LogicalResult lowerFragment(mlir::Operation &op, mlir::FailureOr<FragmentCall> call);
  /// What the operands of a call have become.
  llvm::SmallVector<mlir::Value> lookup(const FragmentCall &call);
  /// Gives a tile the value that a function returns.
  void defineTile(mlir::Value result, llvm::StringRef callee, mlir::ValueRange operands);
  /// Gives a tile the variable that a function changes, which holds `changed` before
  /// unless that is null.
  void changeTile(mlir::Value result, mlir::Value changed, llvm::StringRef callee,
                  mlir::ValueRange operands);
  mlir::LogicalResult lowerAwait(tile::AwaitDotsOp op);
  mlir::LogicalResult lowerVote(tile::AnyDiffersOp op);
  /// A function that does its work and says whether something is wrong.
  mlir::LogicalResult lowerVerdict(mlir::Value verdict, llvm::StringRef name,
                                   mlir::FailureOr<FragmentCall> function);
  mlir::Value call(mlir::Location location, mlir::Type type, const llvm::Twine &callee,
                   mlir::ValueRange operands, llvm::StringRef header);
  mlir::Value integer(mlir::Location location, int64_t value);
  void statement(mlir::Location location, llvm::StringRef text, mlir::ValueRange operands = {});
  std::string headerComment();

  // ControlLowering.cpp: branches, loops and roles, and the variables that they leave.

  mlir::LogicalResult lowerIf(mlir::scf::IfOp op);
  mlir::LogicalResult lowerLoop(tile::ForRunsOp op);
  mlir::LogicalResult lowerLoop(mlir::scf::ForOp op);
  void lowerLeave(tile::LeaveOp op);
  mlir::LogicalResult lowerItems(tile::ForItemsOp op);
  /// The producer is the warp group behind the consumers', so that a consumer's
  /// warp index is its place in the tiles.
  mlir::LogicalResult lowerRoles(tile::RolesOp op);
  /// The body of a loop, whose carried values have their initial ones.
  mlir::LogicalResult lowerBody(mlir::Block &body, mlir::ValueRange carried);
  /// Makes results of a loop readable that are read.
  void readResults(mlir::ValueRange results);
  /// Goes on in a block of EmitC, before its end.
  void enter(mlir::Block &body);
  /// The variable that holds `value`, declared here if it has not been yet.
  mlir::Value variableOf(mlir::Value value);
  /// Makes what control flow left in the variable of `value` readable.
  void readVariable(mlir::Value value);
  /// What a variable holds now; another value as it is.
  mlir::Value rvalue(mlir::Value value);
  /// Copies values to the variables of others, all at once.
  void assign(mlir::Location location, mlir::ValueRange targets, mlir::ValueRange sources);

  // PlaceLowering.cpp: where a block, its tensors and its shared memory are.

  void lowerBlockIndex(tile::BlockOp op);
  void lowerReceiveBlock(tile::ReceiveBlockOp op);
  void lowerPiece(tile::PieceOp op);
  void lowerPart(tile::PartOp op);
  void lowerPackHeads(tile::PackHeadsOp op);
  void lowerExtent(tile::DimOp op);
  void lowerTable(tile::TableOp op);
  mlir::LogicalResult lowerRing(tile::AllocOp op);
  /// All are set up behind the last one: what one thread does then stays together.
  void lowerBarriers(tile::AllocBarriersOp op);
  mlir::LogicalResult lowerSlot(tile::SlotOp op);
  /// In units of 16 bytes, as descriptors of products have it.
  mlir::LogicalResult lowerSlotOfRoles(tile::SlotOp op, mlir::Location location);
  /// A variable for a struct that is about to be assigned.
  mlir::Value structVariable(mlir::Operation *op, llvm::StringRef name, llvm::StringRef type);
  /// Gives the results of `op` the members of a struct, in order.
  void readMembers(mlir::Operation &op, mlir::Value variable,
                   llvm::ArrayRef<llvm::StringRef> members);
  /// A place in shared memory that the kernel keeps in a register.
  mlir::Value kept(mlir::Location location, llvm::StringRef callee, int64_t offset);

  Emission &emission;
  tile::KernelOp kernel;
  mlir::OpBuilder builder;
  Variables variables;
  mlir::IRMapping values;
  ScalarCode scalars;
  llvm::DenseMap<mlir::Value, mlir::Value> declared; ///< by leader
  /// By slot: where the rows of each warp group lie, for left operands of products.
  llvm::DenseMap<mlir::Value, mlir::Value> leftPlaces;
};

/// "callee({}, {});" with `count` operands.
std::string callText(llvm::StringRef callee, size_t count);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_KERNELLOWERING_H
