//===- DeferRowSums.cpp - Add over lanes once, after the loop -------------===//
//
// A thread holds a quarter of a row of scores. The running sum l' = l * a + sum
// may be kept per thread and its four parts added at the end, provided that
// each step maps the parts the way it maps their sum: it must be linear in the
// carried value and in the new sums, with factors that are equal in the four
// lanes. This pass proves that from the scalar program of the map.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEDEFERROWSUMSPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {

/// How a scalar of a map's region depends on the parts of a sum.
enum class Dependence {
  None,   ///< equal in the four lanes of a row
  Linear, ///< a sum of parts times factors that are None; zero is Linear too
  Other,
};

/// Classifies the scalars of one map whose region has a single block.
class LinearityProof {
public:
  LinearityProof(MapOp map, const llvm::SmallDenseSet<unsigned> &partialInputs) {
    for (auto [index, element] : llvm::enumerate(map.getElements()))
      known[element] = partialInputs.contains(index) ? Dependence::Linear : Dependence::None;
    for (Operation &op : map.getBody().front())
      for (Value result : op.getResults())
        known[result] = classify(op);
    yielded = map.getBody().front().getTerminator()->getOperand(0);
  }

  bool succeeds() const { return isLinear(yielded); }

private:
  /// Positions and values from outside the map are the same in all lanes.
  Dependence of(Value value) const {
    auto found = known.find(value);
    return found == known.end() ? Dependence::None : found->second;
  }
  bool isFree(Value value) const { return of(value) == Dependence::None; }
  bool isLinear(Value value) const {
    return of(value) == Dependence::Linear || matchPattern(value, m_AnyZeroFloat());
  }
  bool isProduct(Value a, Value b) const {
    return (isLinear(a) && isFree(b)) || (isFree(a) && isLinear(b));
  }

  Dependence classify(Operation &op) const {
    if (op.getNumRegions() == 0 &&
        llvm::all_of(op.getOperands(), [&](Value v) { return isFree(v); }))
      return Dependence::None;
    bool linear = llvm::TypeSwitch<Operation *, bool>(&op)
                      .Case<arith::AddFOp, arith::SubFOp>([&](auto sum) {
                        return isLinear(sum.getLhs()) && isLinear(sum.getRhs());
                      })
                      .Case([&](arith::MulFOp product) {
                        return isProduct(product.getLhs(), product.getRhs());
                      })
                      .Case([&](math::FmaOp fma) {
                        return isProduct(fma.getA(), fma.getB()) && isLinear(fma.getC());
                      })
                      .Case([&](arith::NegFOp minus) { return isLinear(minus.getOperand()); })
                      .Case([&](arith::SelectOp select) {
                        return isFree(select.getCondition()) && isLinear(select.getTrueValue()) &&
                               isLinear(select.getFalseValue());
                      })
                      .Default(false);
    return linear ? Dependence::Linear : Dependence::Other;
  }

  llvm::SmallDenseMap<Value, Dependence> known;
  Value yielded;
};

struct DeferRowSums : impl::TileDeferRowSumsPassBase<DeferRowSums> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk([&](ForRunsOp loop) {
      for (unsigned index = 0; index < loop.getNumResults(); ++index)
        if (MapOp step = findDeferrable(loop, index)) {
          defer(loop, index, step);
          deferredSums += 1;
        }
    });
  }

  static bool isRow(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    auto layout = type ? dyn_cast_or_null<FragmentAttr>(type.getEncoding()) : FragmentAttr();
    return layout && layout.getKind() == FragmentKind::Row;
  }

  /// A reduction whose parts nobody but `map` sees.
  static ReduceOp sumFor(Value value, MapOp map) {
    auto sum = value.getDefiningOp<ReduceOp>();
    bool owned = sum && sum.getKind() == ReduceKind::Add && isRow(value) &&
                 sum->getBlock() == map->getBlock() &&
                 llvm::all_of(value.getUsers(), [&](Operation *user) { return user == map; });
    return owned ? sum : ReduceOp();
  }

  /// The map that steps carried value `index`, if the sum can be deferred.
  static MapOp findDeferrable(ForRunsOp loop, unsigned index) {
    Block &body = loop.getBody().front();
    Value carried = loop.getCarried()[index];
    auto step = body.getTerminator()->getOperand(index).getDefiningOp<MapOp>();
    if (!step || step->getBlock() != &body || !isRow(carried) || !step.getResult().hasOneUse() ||
        !llvm::all_of(carried.getUsers(), [&](Operation *user) { return user == step; }))
      return {};
    // A splat of zero is its own four parts.
    auto init = loop.getInits()[index].getDefiningOp<SplatOp>();
    if (!init || !matchPattern(init.getScalar(), m_AnyZeroFloat()))
      return {};
    llvm::SmallDenseSet<unsigned> partial;
    bool sums = false;
    for (auto [place, input] : llvm::enumerate(step.getInputs())) {
      bool isSum = bool(sumFor(input, step));
      sums |= isSum;
      if (isSum || input == carried)
        partial.insert(place);
    }
    return sums && LinearityProof(step, partial).succeeds() ? step : MapOp();
  }

  static RankedTensorType withKind(Value value, FragmentKind kind) {
    auto type = cast<RankedTensorType>(value.getType());
    auto layout = cast<FragmentAttr>(type.getEncoding());
    return RankedTensorType::get(
        type.getShape(), type.getElementType(),
        FragmentAttr::get(type.getContext(), layout.getAxes(), kind, layout.getWarps()));
  }

  static void defer(ForRunsOp loop, unsigned index, MapOp step) {
    for (Value input : step.getInputs())
      if (ReduceOp sum = sumFor(input, step))
        input.setType(withKind(input, FragmentKind::PartialRow));
    Value result = loop.getResult(index);
    RankedTensorType whole = cast<RankedTensorType>(result.getType());
    RankedTensorType parts = withKind(result, FragmentKind::PartialRow);

    auto init = loop.getInits()[index].getDefiningOp<SplatOp>();
    OpBuilder before(init);
    Value zero = SplatOp::create(before, init.getLoc(), parts, init.getScalar());
    loop.getInitsMutable()[index].set(zero);
    if (init->use_empty())
      init.erase();
    loop.getCarried()[index].setType(parts);
    step.getResult().setType(parts);
    result.setType(parts);

    OpBuilder after(loop.getContext());
    after.setInsertionPointAfter(loop);
    auto total = ConvertOp::create(after, step.getLoc(), whole, result);
    result.replaceAllUsesExcept(total.getResult(), total);
  }
};
} // namespace
} // namespace lacuna::tile
