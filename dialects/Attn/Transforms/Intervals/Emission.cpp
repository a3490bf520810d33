//===- Emission.cpp - Intervals of keys as scalar code ----------------------===//
//
// Scalars are any number the user passes (a window of 2^31 - 1 means "all"), so
// a form is computed in i32 only where the ranges of its symbols prove that no
// step can wrap. Otherwise it is computed in i64 and clamped on the way back;
// the clamp changes nothing, because all bounds are clamped to the keys anyway.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/Transforms/Intervals/Emission.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace lacuna::attn::intervals {

namespace {
/// Smallest and largest value, inclusive.
struct Range {
  __int128 low, high;

  static Range of(int64_t value) { return {value, value}; }
  Range operator+(Range other) const { return {low + other.low, high + other.high}; }
  Range operator*(int64_t factor) const {
    __int128 a = low * factor, b = high * factor;
    return {std::min(a, b), std::max(a, b)};
  }
  bool fits(unsigned width) const {
    __int128 half = __int128(1) << (width - 1);
    return low >= -half && high < half;
  }
};

class IntervalEmitter {
public:
  IntervalEmitter(ImplicitLocOpBuilder &builder, const ClosedForm &form, TiledAttention attend)
      : builder(builder), system(form.system), attend(attend), keyCount(form.keys),
        arguments(builder.getInsertionBlock()->getArguments()) {}

  /// visible_begin, visible_end, full_begin, full_end of each pair.
  SmallVector<Value> emit(const Bounds &bounds) {
    SmallVector<Ends> visible, full;
    for (const Hull &hull : bounds.visible)
      visible.push_back(hull.unites ? emitUnited(hull.parts) : emitUnion(hull.parts));
    if (!bounds.hidesAll)
      full = emitGaps(bounds);
    size_t pairs = std::max<size_t>({1, visible.size(), full.size()});
    visible.resize(pairs, {constant(0), constant(0)});
    full.resize(pairs, {constant(0), constant(0)});
    SmallVector<Value> results;
    for (auto [seen, all] : llvm::zip_equal(visible, full))
      results.append({seen.first, seen.second, all.first, all.second});
    return results;
  }

private:
  using Ends = std::pair<Value, Value>;

  //===--------------------------------------------------------------------===//
  // Intervals
  //===--------------------------------------------------------------------===//

  Value beginOf(const Interval &interval) {
    return interval.begins.empty() ? constant(0) : emitExtreme(interval.begins, /*largest=*/true);
  }
  Value endOf(const Interval &interval) {
    return interval.ends.empty() ? keys() : emitExtreme(interval.ends, /*largest=*/false);
  }

  /// From the least begin to the largest end.
  Ends emitUnited(ArrayRef<Interval> parts) {
    Value begin, end;
    for (const Interval &part : parts) {
      Value partBegin = beginOf(part), partEnd = choose(part.conditions, endOf(part), constant(0));
      begin = begin ? min(begin, partBegin) : partBegin;
      end = end ? max(end, partEnd) : partEnd;
    }
    return {begin, end};
  }

  /// The same when some parts are empty: those do not count.
  Ends emitUnion(ArrayRef<Interval> parts) {
    Value begin, end;
    for (const Interval &part : parts) {
      Value partBegin = max(beginOf(part), constant(0)), partEnd = min(endOf(part), keys());
      partEnd = choose(part.conditions, partEnd, constant(0));
      Value some = compare(arith::CmpIPredicate::slt, partBegin, partEnd);
      partBegin = select(some, partBegin, keys());
      partEnd = select(some, partEnd, constant(0));
      begin = begin ? min(begin, partBegin) : partBegin;
      end = end ? max(end, partEnd) : partEnd;
    }
    return {begin, end};
  }

  /// Where nothing is hidden: before the first interval in between, between two of
  /// them, after the last one.
  SmallVector<Ends> emitGaps(const Bounds &bounds) {
    Value begin, end;
    for (const Interval &part : bounds.fromFirst) {
      Value partEnd = choose(part.conditions, endOf(part), constant(0));
      begin = begin ? max(begin, partEnd) : partEnd;
    }
    for (const Interval &part : bounds.toLast) {
      Value partBegin = choose(part.conditions, beginOf(part), keys());
      end = end ? min(end, partBegin) : partBegin;
    }
    Ends outer = {begin ? begin : constant(0), end ? end : keys()};
    size_t count = std::min<size_t>(bounds.between.size() + 1, AttendOp::kMaxIntervalPairs);
    SmallVector<Ends> gaps(count, outer);
    for (auto [number, part] : llvm::enumerate(bounds.between)) {
      auto [partBegin, partEnd] = emitObstruction(part, bounds.between.size() > 1);
      for (auto [gap, ends] : llvm::enumerate(gaps))
        if (gap > number)
          ends.first = max(ends.first, partEnd);
        else
          ends.second = min(ends.second, partBegin);
    }
    return gaps;
  }

  /// Ends of a hidden interval. If it is empty, all keys lie on either side of it,
  /// which without others goes without saying.
  Ends emitObstruction(const Interval &part, bool hasOthers) {
    Value begin = beginOf(part), end = endOf(part);
    Value some = hasOthers ? compare(arith::CmpIPredicate::slt, clamp(begin), clamp(end)) : Value();
    for (const Affine &condition : part.conditions)
      some = some ? builder.createOrFold<arith::AndIOp>(some, holds(condition)) : holds(condition);
    if (!some)
      return {begin, end};
    return {select(some, begin, keys()), select(some, end, constant(0))};
  }

  //===--------------------------------------------------------------------===//
  // Forms
  //===--------------------------------------------------------------------===//

  Range rangeOf(Variable variable) const {
    if (system.isSymbol(variable))
      return {system.symbolOf(variable).low, system.symbolOf(variable).high};
    Range dividend = rangeOf(system.dividendOf(variable));
    int64_t divisor = system.divisorOf(variable);
    // One less than the quotient towards zero is low enough.
    return {dividend.low / divisor - 1, dividend.high / divisor};
  }
  Range rangeOf(const Affine &form) const {
    Range range = Range::of(form.constant);
    for (auto [variable, coefficient] : form.terms)
      range = range + rangeOf(variable) * coefficient;
    return range;
  }

  /// Terms in the order of emission: a positive one first.
  static SmallVector<std::pair<Variable, int64_t>> orderedTerms(const Affine &form) {
    SmallVector<std::pair<Variable, int64_t>> terms(form.terms.begin(), form.terms.end());
    llvm::stable_sort(terms, [](auto a, auto b) { return (a.second > 0) > (b.second > 0); });
    return terms;
  }

  /// Whether no step of emitForm wraps.
  bool isSafe(const Affine &form, unsigned width) const {
    Range sum = Range::of(0);
    for (auto [variable, coefficient] : orderedTerms(form)) {
      Range product = rangeOf(variable) * coefficient;
      sum = sum + product;
      if (!system.isSymbol(variable) && !isSafe(system.dividendOf(variable), width))
        return false;
      if (!rangeOf(variable).fits(width) || !product.fits(width) || !sum.fits(width) ||
          !Range::of(coefficient).fits(width))
        return false;
    }
    return Range::of(form.constant).fits(width) && (sum + Range::of(form.constant)).fits(width);
  }

  unsigned widthFor(ArrayRef<Affine> forms) const {
    bool narrow = llvm::all_of(forms, [&](const Affine &form) { return isSafe(form, 32); });
    return narrow ? 32 : 64;
  }

  Value emitVariable(Variable variable, unsigned width) {
    Value &known = emitted[{variable, width}];
    if (known)
      return known;
    Value value;
    if (!system.isSymbol(variable)) {
      Value dividend = emitForm(system.dividendOf(variable), width);
      Value divisor = constant(system.divisorOf(variable), width);
      bool natural = rangeOf(system.dividendOf(variable)).low >= 0;
      value = natural ? builder.createOrFold<arith::DivUIOp>(dividend, divisor)
                      : builder.createOrFold<arith::FloorDivSIOp>(dividend, divisor);
    } else if (width > 32) {
      value =
          builder.createOrFold<arith::ExtSIOp>(builder.getI64Type(), emitVariable(variable, 32));
    } else {
      value = emitSymbol(system.symbolOf(variable));
    }
    return emitted[{variable, width}] = value;
  }

  Value emitSymbol(const Symbol &symbol) {
    switch (symbol.source) {
    case Symbol::Source::Batch:
      return arguments[0];
    case Symbol::Source::Head:
      return arguments[1];
    case Symbol::Source::First:
      return arguments[2];
    case Symbol::Source::Last:
      return arguments[3];
    case Symbol::Source::Size:
      return arith::IndexCastOp::create(
          builder, builder.getI32Type(),
          tensor::DimOp::create(builder, symbol.value, int64_t(symbol.axis)));
    case Symbol::Source::Scalar: {
      Value value = copyScalar(symbol.value);
      if (value.getType().isInteger(1))
        return arith::ExtUIOp::create(builder, builder.getI32Type(), value);
      return value.getType().isInteger(32)
                 ? value
                 : arith::ExtSIOp::create(builder, builder.getI32Type(), value).getResult();
    }
    }
    llvm_unreachable("all sources are handled");
  }

  /// A scalar that the predicate computes without a key or a query.
  Value copyScalar(Value value) {
    Region &where = attend.getWhere();
    if (!where.isAncestor(value.getParentRegion()))
      return value;
    if (auto argument = dyn_cast<BlockArgument>(value))
      return arguments[argument.getArgNumber()];
    if (Value known = copies.lookupOrNull(value))
      return known;
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands())
      copies.map(operand, copyScalar(operand));
    builder.clone(*op, copies);
    return copies.lookup(value);
  }

  Value emitForm(const Affine &form, unsigned width) {
    Value sum;
    for (auto [variable, coefficient] : orderedTerms(form)) {
      Value value = emitVariable(variable, width);
      if (std::abs(coefficient) != 1 || (!sum && coefficient < 0))
        value = builder.createOrFold<arith::MulIOp>(
            value, constant(sum ? std::abs(coefficient) : coefficient, width));
      if (!sum)
        sum = value;
      else if (coefficient > 0)
        sum = builder.createOrFold<arith::AddIOp>(sum, value);
      else
        sum = builder.createOrFold<arith::SubIOp>(sum, value);
    }
    if (!sum)
      return constant(form.constant, width);
    return form.constant ? builder.createOrFold<arith::AddIOp>(sum, constant(form.constant, width))
                         : sum;
  }

  /// The largest or smallest of some forms, in i32.
  Value emitExtreme(ArrayRef<Affine> forms, bool largest) {
    unsigned width = widthFor(forms);
    Value result;
    for (const Affine &form : forms) {
      Value value = emitForm(form, width);
      result = !result ? value : largest ? max(result, value) : min(result, value);
    }
    if (width == 32)
      return result;
    result = max(min(result, constant(INT32_MAX, 64)), constant(0, 64));
    return arith::TruncIOp::create(builder, builder.getI32Type(), result);
  }

  /// form >= 0
  Value holds(const Affine &form) {
    // Of one variable: the constant goes to the other side, where it cannot wrap.
    Affine alone = form;
    alone.constant = 0;
    bool single = form.terms.size() == 1 && std::abs(form.terms[0].second) == 1;
    int64_t sign = single ? form.terms[0].second : 1, limit = -sign * form.constant;
    if (single && limit >= INT32_MIN && limit <= INT32_MAX) {
      alone.terms[0].second = 1;
      if (isSafe(alone, 32))
        return compare(sign > 0 ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sle,
                       emitForm(alone, 32), constant(limit));
    }
    unsigned width = widthFor(form);
    return compare(arith::CmpIPredicate::sge, emitForm(form, width), constant(0, width));
  }

  Value choose(ArrayRef<Affine> conditions, Value yes, Value no) {
    Value all;
    for (const Affine &condition : conditions) {
      Value each = holds(condition);
      all = all ? builder.createOrFold<arith::AndIOp>(all, each) : each;
    }
    return all ? select(all, yes, no) : yes;
  }

  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  Value constant(int64_t value, unsigned width = 32) {
    Value &known = constants[{value, width}];
    if (!known) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(arguments[0].getOwner());
      known = arith::ConstantIntOp::create(builder, value, width);
    }
    return known;
  }
  Value keys() { return emitForm(keyCount, 32); }
  Value min(Value a, Value b) { return builder.createOrFold<arith::MinSIOp>(a, b); }
  Value max(Value a, Value b) { return builder.createOrFold<arith::MaxSIOp>(a, b); }
  Value clamp(Value bound) { return max(min(bound, keys()), constant(0)); }
  Value select(Value condition, Value yes, Value no) {
    return builder.createOrFold<arith::SelectOp>(condition, yes, no);
  }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return builder.createOrFold<arith::CmpIOp>(predicate, a, b);
  }

  ImplicitLocOpBuilder &builder;
  const System &system;
  TiledAttention attend;
  Affine keyCount;
  Block::BlockArgListType arguments;
  IRMapping copies;
  DenseMap<std::pair<Variable, unsigned>, Value> emitted;
  DenseMap<std::pair<int64_t, unsigned>, Value> constants;
};
} // namespace

void emitIntervals(const ClosedForm &form, TiledAttention attend) {
  ImplicitLocOpBuilder builder(attend.getLoc(), attend.getContext());
  SmallVector<Type> types(4, builder.getI32Type());
  SmallVector<Location> locations(4, attend.getLoc());
  builder.createBlock(&attend.getIntervals(), {}, types, locations);
  SmallVector<Value> results = IntervalEmitter(builder, form, attend).emit(form.bounds);
  YieldOp::create(builder, results);
}

} // namespace lacuna::attn::intervals
