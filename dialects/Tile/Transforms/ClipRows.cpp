//===- ClipRows.cpp - Masks as intervals of rows --------------------------===//
//
// Compared element by element, a causal mask costs as much as a third of a tile's
// softmax. Most masks are an interval of keys in each row, whose bounds a thread
// computes for the two rows it holds; what is left for an element is a comparison
// with a constant.
//
// Sums that may leave 32 bits are computed in 64. Overflow in the predicate itself
// is an error of the spec, so a comparison may be rearranged.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILECLIPROWSPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {

/// factor * column + sum of terms + constant.
struct LinearForm {
  int64_t factor = 0, constant = 0;
  SmallVector<std::pair<Value, int64_t>> terms; ///< each 1 or -1 times

  void add(const LinearForm &other, int64_t sign) {
    factor += sign * other.factor;
    constant += sign * other.constant;
    for (auto [value, times] : other.terms)
      terms.push_back({value, sign * times});
  }
};

/// A bound of the visible columns of a row; `bound` has no column in it.
struct Bound {
  LinearForm bound;
  bool isUpper; ///< columns below it, else columns from it on
};

/// What a mask map says of each row.
class RowInterval {
public:
  explicit RowInterval(MapOp map) : map(map) {}

  /// Fails when the map does anything else than hide what is outside of bounds.
  LogicalResult analyse();
  /// Replaces the map.
  void rewrite();

private:
  bool dependsOnColumn(Value value) const;
  std::optional<LinearForm> formOf(Value value) const;
  LogicalResult addConjuncts(Value condition);
  LogicalResult addComparison(arith::CmpIOp comparison);
  bool isPosition(Value value) const;
  bool fitsWord(const LinearForm &form) const;
  Value emitBound(ImplicitLocOpBuilder &builder, IRMapping &values, const LinearForm &form);
  Value emitRows(bool isUpper);

  MapOp map;
  Value row, column;
  llvm::SmallDenseSet<Value> varying; ///< results that depend on the column
  SmallVector<Bound> bounds;
};

bool RowInterval::dependsOnColumn(Value value) const {
  return value == column || varying.contains(value);
}

std::optional<LinearForm> RowInterval::formOf(Value value) const {
  LinearForm form;
  APInt constant;
  Operation *op = value.getDefiningOp();
  if (value == column) {
    form.factor = 1;
  } else if (matchPattern(value, m_ConstantInt(&constant))) {
    form.constant = constant.getSExtValue();
  } else if (isa_and_nonnull<arith::AddIOp, arith::SubIOp>(op) && map->isProperAncestor(op)) {
    std::optional<LinearForm> left = formOf(op->getOperand(0)), right = formOf(op->getOperand(1));
    if (!left || !right)
      return std::nullopt;
    form = *left;
    form.add(*right, isa<arith::AddIOp>(op) ? 1 : -1);
  } else if (dependsOnColumn(value)) {
    return std::nullopt;
  } else {
    form.terms.push_back({value, 1});
  }
  return form;
}

LogicalResult RowInterval::addComparison(arith::CmpIOp comparison) {
  using Predicate = arith::CmpIPredicate;
  std::optional<LinearForm> form = formOf(comparison.getLhs()), right = formOf(comparison.getRhs());
  if (!form || !right || !comparison.getLhs().getType().isInteger(32))
    return failure();
  form->add(*right, -1); // form < 0, and so on
  Predicate predicate = comparison.getPredicate();
  bool isLess = predicate == Predicate::slt || predicate == Predicate::sle;
  bool isStrict = predicate == Predicate::slt || predicate == Predicate::sgt;
  if (!isLess && predicate != Predicate::sgt && predicate != Predicate::sge)
    return failure();
  if (form->factor != 1 && form->factor != -1)
    return failure();
  // The column is at most, or at least, minus the rest times the factor.
  bool isUpper = isLess == (form->factor == 1);
  LinearForm bound;
  bound.add(*form, -form->factor);
  bound.factor = 0;
  bound.constant += isUpper != isStrict; // upper ones are not in the interval
  bounds.push_back({std::move(bound), isUpper});
  return success();
}

LogicalResult RowInterval::addConjuncts(Value condition) {
  if (auto both = condition.getDefiningOp<arith::AndIOp>())
    return failure(failed(addConjuncts(both.getLhs())) || failed(addConjuncts(both.getRhs())));
  auto comparison = condition.getDefiningOp<arith::CmpIOp>();
  return comparison ? addComparison(comparison) : failure();
}

LogicalResult RowInterval::analyse() {
  auto layout = dyn_cast<FragmentAttr>(map.getType().getEncoding());
  if (!layout || layout.getKind() != FragmentKind::Accumulator || map.getInputs().size() != 1 ||
      map.getInputs()[0].getType() != map.getType() || map.getPositions().size() != 2)
    return failure();
  row = map.getPositions()[0];
  column = map.getPositions()[1];
  Block &body = map.getBody().front();
  for (Operation &op : body.without_terminator()) {
    if (!isa<arith::ArithDialect>(op.getDialect()))
      return failure();
    if (llvm::any_of(op.getOperands(), [&](Value v) { return dependsOnColumn(v); }))
      varying.insert(op.result_begin(), op.result_end());
  }
  auto select = body.getTerminator()->getOperand(0).getDefiningOp<arith::SelectOp>();
  APFloat low(0.0f);
  bool hides = select && select.getTrueValue() == map.getElements()[0] &&
               matchPattern(select.getFalseValue(), m_ConstantFloat(&low)) && low.isInfinity() &&
               low.isNegative();
  if (!hides || failed(addConjuncts(select.getCondition())))
    return failure();
  return success(llvm::any_of(bounds, [](const Bound &bound) { return bound.isUpper; }));
}

/// The row, or its position where heads are packed.
bool RowInterval::isPosition(Value value) const {
  auto division = value.getDefiningOp<arith::DivUIOp>();
  return value == row || (division && division.getLhs() == row);
}

/// Whether neither the sum nor a part of it can leave 32 bits: a position, which is
/// below 2^30, and a small constant; or an extent.
bool RowInterval::fitsWord(const LinearForm &form) const {
  if (form.terms.empty())
    return form.constant == int32_t(form.constant);
  auto [value, sign] = form.terms.front();
  bool isSmall = std::abs(form.constant) < 1 << 29;
  return form.terms.size() == 1 && ((isPosition(value) && isSmall) ||
                                    (value.getDefiningOp<DimOp>() && sign > 0 && !form.constant));
}

Value RowInterval::emitBound(ImplicitLocOpBuilder &builder, IRMapping &values,
                             const LinearForm &form) {
  Type type = builder.getIntegerType(fitsWord(form) ? 32 : 64);
  Value sum;
  for (auto [value, sign] : form.terms) {
    Value term = values.lookupOrDefault(value);
    if (type.isInteger(64))
      term = arith::ExtSIOp::create(builder, type, term);
    if (!sum && sign < 0)
      sum = arith::ConstantIntOp::create(builder, type, 0);
    if (!sum)
      sum = term;
    else if (sign > 0)
      sum = arith::AddIOp::create(builder, sum, term);
    else
      sum = arith::SubIOp::create(builder, sum, term);
  }
  Value constant = arith::ConstantIntOp::create(builder, type, form.constant);
  sum = !sum ? constant : form.constant ? arith::AddIOp::create(builder, sum, constant) : sum;
  Value zero = arith::ConstantIntOp::create(builder, type, 0);
  sum = arith::MaxSIOp::create(builder, sum, zero);
  if (type.isInteger(32))
    return sum;
  Value most = arith::ConstantIntOp::create(builder, type, INT32_MAX);
  sum = arith::MinSIOp::create(builder, sum, most);
  return arith::TruncIOp::create(builder, builder.getI32Type(), sum);
}

/// One bound for every row, the tightest; null when there is none.
Value RowInterval::emitRows(bool isUpper) {
  if (llvm::none_of(bounds, [&](const Bound &bound) { return bound.isUpper == isUpper; }))
    return {};
  ImplicitLocOpBuilder builder(map.getLoc(), map);
  auto layout = cast<FragmentAttr>(map.getType().getEncoding());
  auto type = RankedTensorType::get(map.getType().getDimSize(0), builder.getI32Type(),
                                    FragmentAttr::get(map.getContext(), layout.getAxes().front(),
                                                      FragmentKind::Row, layout.getWarps()));
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder inside(loc, nested);
    IRMapping values;
    values.map(row, element[0]);
    for (Operation &op : map.getBody().front().without_terminator())
      if (llvm::none_of(op.getResults(), [&](Value v) { return varying.contains(v); }))
        inside.clone(op, values);
    Value tightest;
    for (const Bound &bound : bounds) {
      if (bound.isUpper != isUpper)
        continue;
      Value next = emitBound(inside, values, bound.bound);
      if (!tightest)
        tightest = next;
      else if (isUpper)
        tightest = arith::MinSIOp::create(inside, tightest, next);
      else
        tightest = arith::MaxSIOp::create(inside, tightest, next);
    }
    YieldOp::create(inside, tightest);
  };
  return MapOp::create(builder, type, ValueRange(), map.getOrigin().front(), body);
}

void RowInterval::rewrite() {
  Value from = emitRows(/*isUpper=*/false), to = emitRows(/*isUpper=*/true);
  OpBuilder builder(map);
  Value clipped = ClipOp::create(builder, map.getLoc(), map.getType(), map.getInputs().front(),
                                 map.getOrigin().back(), from, to);
  map.replaceAllUsesWith(clipped);
  map.erase();
}

struct ClipRows : impl::TileClipRowsPassBase<ClipRows> {
  using Base::Base;

  void runOnOperation() override {
    // Bounds take registers, of which three warp groups have none to spare.
    auto schedule = getOperation().getSchedule();
    if (schedule && schedule->getWarps() > 8)
      return;
    getOperation().walk([&](MapOp map) {
      RowInterval interval(map);
      if (failed(interval.analyse()))
        return;
      interval.rewrite();
      clippedMaps += 1;
    });
  }
};
} // namespace
} // namespace lacuna::tile
