//===- Predicate.h - A predicate as integer constraints ---------------------===//
//
// Evaluates the `where` region of an attend symbolically. What is called a query here,
// and in the files around, is a row, and a key is a column: of an attn.backward by key
// it is the other way round. A boolean becomes two
// sets of (query, key): where it may be true, and where it may be false. What is
// not quasi-affine (a table read at a key, a float, a product of two unknowns)
// may be either, so that both sets stay sound and the rest of the predicate
// still counts.
//
// As everywhere, integer arithmetic of a region is taken not to overflow.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_INTERVALS_PREDICATE_H
#define DIALECTS_ATTN_TRANSFORMS_INTERVALS_PREDICATE_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Intervals/Obstacle.h"
#include "dialects/Attn/Transforms/Intervals/System.h"

#include "llvm/ADT/DenseMap.h"

namespace lacuna::attn::intervals {

/// Where a boolean may be true and where it may be false. The two overlap where
/// nothing is known.
struct Truth {
  Disjunction yes, no;
};

/// Evaluates one attend; fills the context of its system.
class Predicate {
public:
  /// The attend has a `where` region, and the positions of its rows are no table.
  Predicate(System &system, TiledAttention attend);

  /// The sets of the region's result.
  Truth evaluate();

  /// The first reason met why the sets may be larger than they are; nothing: they
  /// are exact.
  const std::optional<Obstacle> &getObstacle() const { return obstacle; }

  /// Sequence length of the columns.
  Affine keys() const { return keyCount; }

private:
  /// A value where the guard holds; nothing: any value.
  struct Case {
    Conjunction guard;
    std::optional<Affine> value;
  };
  using Cases = llvm::SmallVector<Case, 1>;
  using Unary = llvm::function_ref<std::optional<Affine>(const Affine &)>;
  using Binary = llvm::function_ref<std::optional<Affine>(const Affine &, const Affine &)>;

  void addPositions();
  Affine sizeOf(mlir::Value tensor, unsigned axis);
  Affine uniform(mlir::Value value);
  bool isInvariant(mlir::Value value);
  std::optional<Affine> asSymbol(mlir::Value value);

  Cases integer(mlir::Value value);
  Cases fromOp(mlir::OpResult result);
  Cases fromDivision(mlir::Operation *op);
  Cases choose(const Truth &condition, const Cases &yes, const Cases &no);
  Cases extremum(mlir::Operation *op, bool largest);
  Cases splitBySign(const Cases &of, Unary notNegative, Unary negative);
  Cases map(const Cases &a, Unary function);
  Cases combine(const Cases &a, const Cases &b, Binary function);
  Cases unknown(mlir::Operation *op);
  Cases limited(Cases cases);

  Truth boolean(mlir::Value value);
  Truth fromFlagOp(mlir::OpResult result);
  Truth both(const Truth &a, const Truth &b);
  Truth either(const Truth &a, const Truth &b);
  Truth differ(const Truth &a, const Truth &b);
  Truth compare(mlir::arith::CmpIOp op);
  Truth compareCases(mlir::Operation *op, mlir::arith::CmpIPredicate predicate, const Cases &a,
                     const Cases &b);
  Truth compareForms(mlir::arith::CmpIPredicate predicate, const Affine &a, const Affine &b);
  Truth anything(mlir::Operation *op);
  Disjunction tooMany();
  void hinder(mlir::Operation *op);

  Disjunction conjoin(const Disjunction &a, const Disjunction &b);
  Disjunction unite(const Disjunction &a, const Disjunction &b);

  System &system;
  TiledAttention attend;
  mlir::Region &region;
  std::optional<Obstacle> obstacle;
  Affine keyCount;
  llvm::DenseMap<mlir::Value, Cases> integers;
  llvm::DenseMap<mlir::Value, Truth> booleans;
  llvm::DenseMap<mlir::Value, bool> invariants;
};

} // namespace lacuna::attn::intervals

#endif // DIALECTS_ATTN_TRANSFORMS_INTERVALS_PREDICATE_H
