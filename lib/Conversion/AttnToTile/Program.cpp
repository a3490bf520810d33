//===- Program.cpp - The host's side of a spec ------------------------------===//
//
// Sizes that types do not already prove equal are compared at launch, under the
// names the user gave: "sequence length of %k". Static sizes of arguments are
// promises that every launch checks by itself.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Program.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace lacuna {

namespace {
class ProgramEmitter {
public:
  ProgramEmitter(func::FuncOp spec, Block &body, const StatusBits &bits)
      : spec(spec), builder(ImplicitLocOpBuilder::atBlockBegin(spec.getLoc(), &body)), bits(bits) {
    values.map(spec.getArguments(), body.getArguments());
  }

  void emitLaunch(attn::AttendOp attend, const AttendKernel &kernel) {
    builder.setLoc(attend.getLoc());
    Value q = attend.getQuery(), k = attend.getKey(), v = attend.getValue();
    expectEqual({q, 0, "batch"}, {k, 0, "batch"});
    expectEqual({q, 0, "batch"}, {v, 0, "batch"});
    expectEqual({k, 1, "key heads"}, {v, 1, "key heads"});
    expectDivides({k, 1, "key heads"}, {q, 1, "query heads"});
    expectEqual({k, 2, "sequence length"}, {v, 2, "sequence length"});
    expectPositions(attend.getQueryPosition(), q, "query heads");
    expectPositions(attend.getKeyPosition(), k, "key heads");

    for (Value result : attend.getResults())
      if (!result.use_empty())
        values.map(result, emptyLike(cast<RankedTensorType>(result.getType()), q));
    SmallVector<Value> operands(
        llvm::map_range(kernel.operands, [&](Value operand) { return values.lookup(operand); }));
    if (kernel.takesStatus)
      operands.push_back(statusWord());
    tile::KernelOp target = kernel.kernel;
    Value batches = extent({q, 0, ""}), heads = extent({q, 1, ""}), queries = extent({q, 2, ""});
    tile::LaunchOp::create(builder, FlatSymbolRefAttr::get(target.getSymNameAttr()), batches, heads,
                           queries, operands, IntegerAttr(), IntegerAttr(), IntegerAttr(),
                           UnitAttr());
  }

  void emitReturn() {
    Operation *end = spec.front().getTerminator();
    builder.setLoc(end->getLoc());
    SmallVector<Value> results(
        llvm::map_range(end->getOperands(), [&](Value result) { return values.lookup(result); }));
    tile::ReturnOp::create(builder, results);
  }

private:
  /// A size of a tensor of the spec, and what it counts.
  struct Size {
    Value tensor;
    int64_t axis;
    StringRef what;
  };

  static int64_t staticSize(Size size) {
    return cast<RankedTensorType>(size.tensor.getType()).getDimSize(size.axis);
  }
  static bool isDynamic(Size size) { return ShapedType::isDynamic(staticSize(size)); }

  /// Each size is read once.
  Value extent(Size size) {
    Value &known = extents[{size.tensor, size.axis}];
    if (!known)
      known = builder.createOrFold<tensor::DimOp>(values.lookup(size.tensor), size.axis);
    return known;
  }

  /// The status that all kernels share.
  Value statusWord() {
    if (!status) {
      SmallVector<StringRef> meanings(bits.meanings().begin(), bits.meanings().end());
      status = tile::StatusOp::create(builder, builder.getStrArrayAttr(meanings));
    }
    return status;
  }

  /// "sequence length of %k".
  StringAttr label(Size size) {
    return builder.getStringAttr(size.what + " of " + nameInSpec(size.tensor));
  }

  template <class ExpectOp>
  void expect(Size lhs, Size rhs) {
    if (!isDynamic(lhs) && !isDynamic(rhs)) // the verifier has compared them
      return;
    Value left = extent(lhs), right = extent(rhs);
    ExpectOp::create(builder, left, label(lhs), right, label(rhs));
  }
  void expectEqual(Size lhs, Size rhs) {
    if (lhs.tensor != rhs.tensor || lhs.axis != rhs.axis)
      expect<tile::ExpectEqualOp>(lhs, rhs);
  }
  void expectDivides(Size lhs, Size rhs) {
    if (lhs.tensor != rhs.tensor || lhs.axis != rhs.axis)
      expect<tile::ExpectDividesOp>(lhs, rhs);
  }

  /// A table of positions ends in the dimensions of what it describes.
  void expectPositions(Value position, Value described, StringRef heads) {
    auto table = position ? dyn_cast<RankedTensorType>(position.getType()) : RankedTensorType();
    if (!table)
      return;
    int64_t rank = table.getRank();
    expectEqual({position, rank - 1, "positions"}, {described, 2, "sequence length"});
    if (rank > 1)
      expectEqual({position, 0, "batch"}, {described, 0, "batch"});
    if (rank > 2)
      expectEqual({position, 1, heads}, {described, 1, heads});
  }

  /// Results have the leading sizes of the query; other sizes are static.
  Value emptyLike(RankedTensorType type, Value query) {
    SmallVector<Value> dynamic;
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (type.isDynamicDim(axis))
        dynamic.push_back(extent({query, axis, ""}));
    return tensor::EmptyOp::create(builder, type, dynamic);
  }

  func::FuncOp spec;
  ImplicitLocOpBuilder builder;
  const StatusBits &bits;
  Value status;
  IRMapping values;
  DenseMap<std::pair<Value, int64_t>, Value> extents;
};
} // namespace

void emitProgram(OpBuilder &builder, func::FuncOp spec,
                 ArrayRef<std::pair<attn::AttendOp, AttendKernel>> kernels,
                 const StatusBits &bits) {
  OperationState state(spec.getLoc(), tile::ProgramOp::getOperationName());
  auto &properties = state.getOrAddProperties<tile::ProgramOp::Properties>();
  properties.sym_name = spec.getSymNameAttr();
  properties.function_type = TypeAttr::get(spec.getFunctionType());
  Block &body = state.addRegion()->emplaceBlock();
  for (BlockArgument argument : spec.getArguments())
    body.addArgument(argument.getType(), argument.getLoc());
  auto program = cast<tile::ProgramOp>(builder.create(state));
  for (unsigned index = 0; index < spec.getNumArguments(); ++index)
    if (auto name = spec.getArgAttrOfType<StringAttr>(index, "attn.name"))
      program.setArgAttr(index, "tile.name", name);

  ProgramEmitter emitter(spec, body, bits);
  for (auto &[attend, kernel] : kernels)
    emitter.emitLaunch(attend, kernel);
  emitter.emitReturn();
}

} // namespace lacuna
