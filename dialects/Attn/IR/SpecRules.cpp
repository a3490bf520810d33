//===- SpecRules.cpp - What a spec may say, in one place ------------------===//
//
// Ops are listed by name: every entry is code that the reference evaluates and
// the kernels can print, so the list is closed on purpose. Not on it are ops
// with several results, ops on vectors, and math that CUDA has no function for.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/SpecRules.h"

#include "dialects/Attn/IR/Attn.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace lacuna::attn {

static const llvm::StringSet<> &scalarOps() {
  static const llvm::StringSet<> names = {
      // integers and bits
      "arith.addi", "arith.subi", "arith.muli", "arith.divsi", "arith.divui", "arith.remsi",
      "arith.remui", "arith.floordivsi", "arith.ceildivsi", "arith.ceildivui", "arith.minsi",
      "arith.minui", "arith.maxsi", "arith.maxui", "arith.andi", "arith.ori", "arith.xori",
      "arith.shli", "arith.shrsi", "arith.shrui", "math.absi", "math.ctlz", "math.cttz",
      "math.ctpop",
      // floats
      "arith.addf", "arith.subf", "arith.mulf", "arith.divf", "arith.remf", "arith.negf",
      "arith.minimumf", "arith.maximumf", "arith.minnumf", "arith.maxnumf", "math.absf",
      "math.ceil", "math.copysign", "math.cos", "math.erf", "math.exp", "math.exp2", "math.expm1",
      "math.floor", "math.fma", "math.log", "math.log10", "math.log1p", "math.log2", "math.powf",
      "math.round", "math.roundeven", "math.rsqrt", "math.sin", "math.sqrt", "math.tanh",
      "math.trunc",
      // choices and conversions
      "arith.constant", "arith.cmpi", "arith.cmpf", "arith.select", "arith.bitcast", "arith.extf",
      "arith.extsi", "arith.extui", "arith.fptosi", "arith.fptoui", "arith.index_cast",
      "arith.index_castui", "arith.sitofp", "arith.truncf", "arith.trunci", "arith.uitofp"};
  return names;
}

bool isRegionScalar(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() &&
           (integer.getWidth() == 1 || integer.getWidth() == 8 || integer.getWidth() == 16 ||
            integer.getWidth() == 32 || integer.getWidth() == 64);
  return isa<IndexType, Float16Type, BFloat16Type, Float32Type>(type);
}

/// tensor.dim reads a property of a tensor, not the tensor.
static bool isConstantDim(Operation *op) {
  auto dim = dyn_cast<tensor::DimOp>(op);
  if (!dim)
    return false;
  std::optional<int64_t> axis = dim.getConstantIndex();
  return axis && *axis >= 0 && *axis < cast<RankedTensorType>(dim.getSource().getType()).getRank();
}

bool isScalarCode(Operation *op) {
  if (isConstantDim(op))
    return true;
  return scalarOps().contains(op->getName().getStringRef()) &&
         llvm::all_of(op->getOperandTypes(), isRegionScalar) &&
         llvm::all_of(op->getResultTypes(), isRegionScalar);
}

/// Names the first operand or result type that scalar code cannot have.
static std::string whyNotScalar(Operation *op) {
  for (TypeRange types : {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types)
      if (!isRegionScalar(type)) {
        std::string text;
        llvm::raw_string_ostream(text)
            << "has the type " << type
            << ", but scalars are i1, i8, i16, i32, i64, f16, bf16, f32 or index";
        return text;
      }
  return {};
}

std::string whyNotInRegion(Operation *op) {
  if (isScalarCode(op) || isa<scf::YieldOp, YieldOp, LoadOp>(op))
    return {};
  if (isa<tensor::DimOp>(op))
    return "needs a constant dimension of its tensor";
  if (scalarOps().contains(op->getName().getStringRef()) || isa<scf::IfOp>(op))
    return whyNotScalar(op);
  if (isa_and_nonnull<AttnDialect>(op->getDialect()))
    return isa<Attention>(op) ? "cannot be nested in another attend" : "";
  if (isa_and_nonnull<scf::SCFDialect>(op->getDialect()))
    return "is not allowed: the only control flow in a region is scf.if";
  return "is not allowed: regions are pure scalar code (arith, math, scf.if, tensor.dim, "
         "attn.load)";
}

std::string whyNotInSpec(Operation *op) {
  if (isScalarCode(op) ||
      isa<Attention, RowWise, ExpandBlocksOp, HashOp, SortOp, CompactOp, GatherOp, ScatterOp>(op) ||
      op->hasTrait<OpTrait::ReturnLike>())
    return {};
  if (isa<tensor::DimOp>(op))
    return "needs a constant dimension of its tensor";
  if (scalarOps().contains(op->getName().getStringRef()))
    return whyNotScalar(op);
  if (isa_and_nonnull<AttnDialect>(op->getDialect()))
    return "is allowed only in a region of attn.attend";
  return "is not allowed: a spec holds scalar arithmetic, tensor.dim and attn ops";
}

/// What has been brought into an order, or back from it, by any number of ops.
static Value unmoved(Value value) {
  while (isa_and_nonnull<GatherOp, ScatterOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

bool isTable(Value value) {
  Operation *op = unmoved(value).getDefiningOp();
  return !op || isa<ExpandBlocksOp, HashOp, SortOp, CompactOp>(op);
}

bool isState(Value value) {
  return isa_and_nonnull<Attention, RowWise>(unmoved(value).getDefiningOp());
}

bool isGradient(Value value) {
  Operation *op = unmoved(value).getDefiningOp();
  return !op || isa<AttendGradOp, BackwardOp, MergeGradOp, SumOp, ZerosOp>(op);
}

std::string whyNotOnHost(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || isa<tensor::DimOp>(op))
    return {};
  if (!isa<arith::ConstantOp, arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::FloorDivSIOp,
           arith::CeilDivSIOp, arith::MinSIOp, arith::MaxSIOp, arith::IndexCastOp, arith::ExtSIOp>(
          op))
    return ("needs '" + op->getName().getStringRef() +
            "', but sizes are sums, products, minima, maxima and quotients rounded down or up "
            "(floordivsi, ceildivsi)")
        .str();
  for (Value operand : op->getOperands())
    if (std::string reason = whyNotOnHost(operand); !reason.empty())
      return reason;
  return {};
}

} // namespace lacuna::attn
