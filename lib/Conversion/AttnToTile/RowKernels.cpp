//===- RowKernels.cpp - Kernels that look at no keys ------------------------===//
//
//   delta       rows of do . o, less dlse
//   merge       a_n = exp(lse_n) / sum exp(lse); rows of sum a_n * o_n
//   merge_grad  a_n * do and a_n * (do . (o_n - sum a o) + dlse)
//   sum         of tensors with or without features
//   zeros       with features
//
// Tiles of features are loaded one after the other, where they are used: a thread keeps
// a sum and the tile that is added to it.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/RowKernels.h"

#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/RowIndices.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <numbers>

using namespace mlir;

namespace lacuna {

using tile::Axis;

namespace {
/// Writes the body of a kernel.
class RowKernel {
public:
  /// `views` are what the kernel takes, by value of the spec; rows are those of `like`.
  RowKernel(ImplicitLocOpBuilder &builder, const IRMapping &views, Value like)
      : b(builder), views(views), f32(builder.getF32Type()), rows(tileType(f32, Axis::Query)),
        low(constantF32(builder, -std::numeric_limits<double>::infinity())),
        none(constantF32(builder, 0.0)),
        indices(emitRowIndices(builder, views.lookup(like),
                               std::max<int64_t>(0, rowAxisOf(cast<ShapedType>(like.getType()))))) {
  }

  void emit(attn::DeltaOp op);
  void emit(attn::MergeOp op);
  void emit(attn::MergeGradOp op);
  void emit(attn::SumOp op);
  void emit(attn::ZerosOp op);

private:
  /// What the states of a merge count for: in each row, exp(lse_n - lse).
  struct Weights {
    SmallVector<Value> ofStates;
    Value total, shift; ///< lse = log(total) + shift; total is 0 where no state saw a key
  };

  using Body = llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;
  Value map(RankedTensorType type, ValueRange inputs, Body body) {
    return mapTiles(b, type, inputs, body);
  }
  /// The block's rows of a tensor, in its element type.
  Value load(Value tensor);
  /// Stores rows in the tensor's element type, unless nobody uses it.
  void store(Value tile, Value tensor);
  /// As many elements as `tile` has, of another type.
  static RankedTensorType like(Value tile, Type element) {
    return cast<RankedTensorType>(tile.getType()).clone(element);
  }
  Value add(Value sum, Value term);
  /// Rows of the products of two tiles' elements, added.
  Value dot(Value tile, Value other);
  Weights weigh(ValueRange lses);
  /// weight * tile, and 0 where the weight is 0, whatever the tile is.
  Value scale(Value tile, Value weight);

  ImplicitLocOpBuilder &b;
  const IRMapping &views;
  Type f32;
  RankedTensorType rows; ///< f32
  Value low, none;
  SmallVector<Value> indices; ///< of the block's first row
};
} // namespace

/// A number that may be narrower, as f32.
static Value widened(ImplicitLocOpBuilder &b, Value value) {
  return value.getType().isF32() ? value
                                 : arith::ExtFOp::create(b, b.getF32Type(), value).getResult();
}

Value RowKernel::load(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<Value> at = indices;
  SmallVector<Axis> axes = {Axis::Query};
  if (hasFeatures(type)) {
    at.push_back(arith::ConstantIntOp::create(b, 0, 32));
    axes.push_back(Axis::Feature);
  }
  int64_t features = axes.size() > 1 ? type.getShape().back() : ShapedType::kDynamic;
  return tile::LoadOp::create(b, tileType(type.getElementType(), axes, features),
                              views.lookup(tensor), at);
}

void RowKernel::store(Value tile, Value tensor) {
  Value view = views.lookupOrNull(tensor);
  if (!view)
    return;
  auto type = cast<RankedTensorType>(tensor.getType());
  Type element = type.getElementType();
  if (!element.isF32())
    tile = map(like(tile, element), tile, [&](ImplicitLocOpBuilder &m, ValueRange in) {
      return arith::TruncFOp::create(m, element, in[0]).getResult();
    });
  SmallVector<Value> at = indices;
  if (hasFeatures(type))
    at.push_back(arith::ConstantIntOp::create(b, 0, 32));
  tile::StoreOp::create(b, tile, view, at);
}

Value RowKernel::add(Value sum, Value term) {
  return map(like(sum, f32), {sum, term}, [](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
    return arith::AddFOp::create(m, widened(m, in[0]), widened(m, in[1]));
  });
}

Value RowKernel::dot(Value tile, Value other) {
  Value products =
      map(like(tile, f32), {tile, other}, [](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
        return arith::MulFOp::create(m, widened(m, in[0]), widened(m, in[1]));
      });
  return tile::ReduceOp::create(b, rows, tile::ReduceKind::Add, products);
}

RowKernel::Weights RowKernel::weigh(ValueRange lses) {
  SmallVector<Value> loaded;
  Value largest;
  for (Value lse : lses) {
    loaded.push_back(named("lse", load(lse)));
    largest = largest ? map(rows, {largest, loaded.back()},
                            [](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
                              return arith::MaxNumFOp::create(m, in[0], in[1]);
                            })
                      : loaded.back();
  }
  Weights weights;
  weights.shift = map(rows, largest, [&](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
    Value empty = arith::CmpFOp::create(m, arith::CmpFPredicate::OEQ, in[0], low);
    return arith::SelectOp::create(m, empty, none, in[0]);
  });
  Value log2e = constantF32(b, std::numbers::log2e);
  for (Value lse : loaded) {
    Value weight =
        map(rows, {lse, weights.shift}, [&](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
          Value exponent = arith::MulFOp::create(m, arith::SubFOp::create(m, in[0], in[1]), log2e);
          return math::Exp2Op::create(m, exponent, arith::FastMathFlags::afn);
        });
    weights.ofStates.push_back(weight);
    weights.total = weights.total ? add(weights.total, weight) : weight;
  }
  Value inverse = map(rows, weights.total, [&](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
    Value empty = arith::CmpFOp::create(m, arith::CmpFPredicate::OEQ, in[0], none);
    Value quotient = arith::DivFOp::create(m, constantF32(m, 1.0), in[0]);
    return arith::SelectOp::create(m, empty, none, quotient);
  });
  for (Value &weight : weights.ofStates)
    weight = named("weight", scale(weight, inverse));
  return weights;
}

Value RowKernel::scale(Value tile, Value weight) {
  return map(like(tile, f32), {tile, weight}, [&](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
    Value nothing = arith::CmpFOp::create(m, arith::CmpFPredicate::OEQ, in[1], none);
    Value product = arith::MulFOp::create(m, widened(m, in[0]), in[1]);
    return arith::SelectOp::create(m, nothing, none, product);
  });
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

void RowKernel::emit(attn::DeltaOp op) {
  Value delta =
      dot(named("outputs", load(op.getOutput())), named("gradients", load(op.getOutputGradient())));
  if (op.getLseGradient())
    delta = map(rows, {delta, load(op.getLseGradient())},
                [](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
                  return arith::SubFOp::create(m, in[0], in[1]);
                });
  store(delta, op.getDelta());
}

void RowKernel::emit(attn::MergeOp op) {
  Weights weights = weigh(op.getLses());
  if (!op.getOutput().use_empty()) {
    Value sum;
    for (auto [output, weight] : llvm::zip_equal(op.getOutputs(), weights.ofStates)) {
      Value scaled = scale(load(output), weight);
      sum = sum ? add(sum, scaled) : scaled;
    }
    store(sum, op.getOutput());
  }
  Value ln2 = constantF32(b, std::numbers::ln2);
  Value lse = map(rows, {weights.total, weights.shift},
                  [&](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
                    Value empty = arith::CmpFOp::create(m, arith::CmpFPredicate::OEQ, in[0], none);
                    Value log = math::Log2Op::create(m, in[0], arith::FastMathFlags::afn);
                    Value natural = math::FmaOp::create(m, log, ln2, in[1]);
                    return arith::SelectOp::create(m, empty, low, natural);
                  });
  store(lse, op.getLse());
}

void RowKernel::emit(attn::MergeGradOp op) {
  Weights weights = weigh(op.getLses());
  Value gradient = named("gradients", load(op.getOutputGradient()));
  for (auto [result, weight] : llvm::zip_equal(op.getOutputGradients(), weights.ofStates))
    if (!result.use_empty())
      store(scale(gradient, weight), result);
  if (llvm::all_of(op.getLseGradients(), [](Value result) { return result.use_empty(); }))
    return;
  // do . o is the sum of the states' own, by weight.
  SmallVector<Value> own;
  Value merged;
  for (auto [output, weight] : llvm::zip_equal(op.getOutputs(), weights.ofStates)) {
    own.push_back(dot(load(output), gradient));
    Value part = scale(own.back(), weight);
    merged = merged ? add(merged, part) : part;
  }
  Value ofLse = op.getLseGradient() ? load(op.getLseGradient()) : Value();
  for (auto [result, part, weight] : llvm::zip_equal(op.getLseGradients(), own, weights.ofStates)) {
    Value apart = map(rows, {part, merged}, [](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
      return arith::SubFOp::create(m, in[0], in[1]);
    });
    store(scale(ofLse ? add(apart, ofLse) : apart, weight), result);
  }
}

void RowKernel::emit(attn::SumOp op) {
  Value sum = load(op.getTerms().front());
  for (Value term : op.getTerms().drop_front())
    sum = add(sum, load(term));
  store(sum, op.getSum());
}

void RowKernel::emit(attn::ZerosOp op) {
  int64_t features = op.getZeros().getType().getDimSize(3);
  RankedTensorType type = tileType(f32, {Axis::Query, Axis::Feature}, features);
  store(tile::SplatOp::create(b, type, none), op.getZeros());
}

AttendKernel emitRowKernel(OpBuilder &builder, attn::RowWise op, StringRef name) {
  AttendKernel result;
  result.takesGroup = false;
  SetVector<Value> taken;
  taken.insert_range(op->getOperands());
  taken.insert_range(writtenResults(op));
  result.operands.assign(taken.begin(), taken.end());
  SmallVector<Type> types(llvm::map_range(ValueRange(result.operands).getTypes(), parameterType));
  result.kernel = createKernel(builder, op.getLoc(), name, types);
  Block &body = result.kernel.getBody().front();
  nameArguments(op, result.operands, body.getArguments());
  IRMapping views;
  views.map(ValueRange(result.operands), body.getArguments());
  auto b = ImplicitLocOpBuilder::atBlockBegin(op.getLoc(), &body);
  RowKernel kernel(b, views, op.getRowTensor());
  llvm::TypeSwitch<Operation *>(op)
      .Case<attn::DeltaOp, attn::MergeOp, attn::MergeGradOp, attn::SumOp, attn::ZerosOp>(
          [&](auto rowWise) { kernel.emit(rowWise); });
  tile::ReturnOp::create(b, ValueRange());
  return result;
}

} // namespace lacuna
