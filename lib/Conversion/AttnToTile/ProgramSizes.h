//===- ProgramSizes.h - Sizes that a program reads and checks ---------------===//
//
// Sizes that types do not already prove equal are compared at launch, under the
// names the user gave: "sequence length of %k". Static sizes of arguments are
// promises that every launch checks by itself.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_PROGRAMSIZES_H
#define LIB_CONVERSION_ATTNTOTILE_PROGRAMSIZES_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseSet.h"

namespace lacuna {

/// What a program of a spec knows of values of the spec.
class ProgramSizes {
public:
  /// `body` is the program's, with the arguments of the spec.
  ProgramSizes(mlir::func::FuncOp spec, mlir::Block &body);

  /// Checks the scalars whose value the spec was made for.
  void checkScalars();

protected:
  /// A size of a tensor of the spec, and what it counts.
  struct Size {
    mlir::Value tensor;
    int64_t axis;
    llvm::StringRef what;
  };

  /// Each size is read once.
  mlir::Value extent(Size size);
  /// The program's copy of scalar code of the spec, folded.
  mlir::Value onHost(mlir::Value value);
  /// A constant (index).
  mlir::Value number(int64_t value) { return mlir::arith::ConstantIndexOp::create(builder, value); }
  /// A size as kernels take it.
  mlir::Value asArgument(mlir::Value size) {
    return mlir::arith::IndexCastOp::create(builder, builder.getI32Type(), size);
  }
  /// How many query heads a key head has, at least if there are key heads.
  mlir::Value queryHeadsPerKeyHead(attn::Attention attend);

  /// Checks the sizes of queries, keys, values and what goes with them.
  void expectAttention(attn::TiledAttention attend);
  /// Checks that tensors have the sizes of another, but for features and for axes that it
  /// does not have.
  void expectRowsLike(mlir::ValueRange tensors, mlir::Value like);
  /// Checks that an order is for the batches, heads and rows of a tensor.
  void expectOrder(mlir::Value order, mlir::Value rows);
  /// Checks that the heads of rows that are hashed share those of the projections evenly.
  void expectProjections(attn::HashOp hash);
  /// Counts and offsets have the leading dimensions of their list, and bit maps as
  /// many words as the columns need.
  void expectLists(attn::ExpandBlocksOp op, mlir::Value columns);

  mlir::func::FuncOp spec;
  mlir::ImplicitLocOpBuilder builder;
  mlir::IRMapping values; ///< of the spec -> of the program
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> extents;

private:
  mlir::StringAttr label(Size size);
  template <class ExpectOp>
  void expect(Size lhs, Size rhs);
  void expectEqual(Size lhs, Size rhs);
  void expectDivides(Size lhs, Size rhs);
  void expectPositions(mlir::Value position, mlir::Value described, llvm::StringRef heads);
  void expectHeads(attn::TiledAttention attend);
  void expectOffsets(attn::Attention attend);

  llvm::DenseSet<std::pair<mlir::Value, mlir::Value>> compared; ///< extents, by ops before
};

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_PROGRAMSIZES_H
