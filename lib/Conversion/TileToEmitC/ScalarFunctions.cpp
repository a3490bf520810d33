//===- ScalarFunctions.cpp - Conversions and functions of scalars ---------===//
#include "lib/Conversion/TileToEmitC/ScalarCode.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna;

namespace {
/// How an operation that C++ has no operator for is called.
struct Callee {
  StringRef name;
  StringRef header = {};      ///< of ours; empty for what NVRTC knows
  bool isUnsigned = false;    ///< operands are cast
  StringRef approximate = {}; ///< what `fastmath<afn>` calls instead, from math.cuh
};
} // namespace

static const llvm::StringMap<Callee> &callees() {
  static const llvm::StringMap<Callee> table = {
      {"arith.floordivsi", {"lacuna::floorDivide", "integer"}},
      {"arith.ceildivsi", {"lacuna::ceilDivide", "integer"}},
      {"arith.ceildivui", {"lacuna::ceilDivide", "integer", true}},
      {"arith.minsi", {"lacuna::smaller", "integer"}},
      {"arith.minui", {"lacuna::smaller", "integer", true}},
      {"arith.maxsi", {"lacuna::larger", "integer"}},
      {"arith.maxui", {"lacuna::larger", "integer", true}},
      {"math.absi", {"lacuna::absolute", "integer"}},
      {"math.ctlz", {"lacuna::leadingZeros", "integer", true}},
      {"math.cttz", {"lacuna::trailingZeros", "integer", true}},
      {"math.ctpop", {"lacuna::countOnes", "integer", true}},
      {"arith.remf", {"fmodf"}},
      {"arith.minimumf", {"lacuna::minimumOrNan", "math"}},
      {"arith.maximumf", {"lacuna::maximumOrNan", "math"}},
      {"arith.minnumf", {"fminf"}},
      {"arith.maxnumf", {"fmaxf"}},
      {"math.absf", {"fabsf"}},
      {"math.ceil", {"ceilf"}},
      {"math.copysign", {"copysignf"}},
      {"math.cos", {"cosf", "", false, "__cosf"}},
      {"math.erf", {"erff"}},
      {"math.exp", {"expf", "", false, "__expf"}},
      {"math.exp2", {"exp2f", "", false, "lacuna::approximateExp2"}},
      {"math.expm1", {"expm1f"}},
      {"math.floor", {"floorf"}},
      {"math.fma", {"fmaf"}},
      {"math.log", {"logf", "", false, "__logf"}},
      {"math.log10", {"log10f", "", false, "__log10f"}},
      {"math.log1p", {"log1pf"}},
      {"math.log2", {"log2f", "", false, "lacuna::approximateLog2"}},
      {"math.powf", {"powf", "", false, "__powf"}},
      {"math.round", {"roundf"}},
      {"math.roundeven", {"rintf"}},
      {"math.rsqrt", {"rsqrtf"}},
      {"math.sin", {"sinf", "", false, "__sinf"}},
      {"math.sqrt", {"sqrtf"}},
      {"math.tanh", {"tanhf", "", false, "lacuna::approximateTanh"}},
      {"math.trunc", {"truncf"}},
  };
  return table;
}

/// The callee with its template argument: literals of all widths are int in C++,
/// and narrow operands are promoted, so T is not left to deduction.
static std::string instantiated(const Callee &callee, Type operand) {
  auto integer = dyn_cast<IntegerType>(operand);
  if (callee.header != "integer" || !integer)
    return callee.name.str();
  std::string type = integer.getWidth() == 1 ? "bool"
                                             : (integer.isUnsigned() ? "uint" : "int") +
                                                   std::to_string(integer.getWidth()) + "_t";
  return callee.name.str() + "<" + type + ">";
}

Value ScalarCode::lowerFunction(Operation &op) {
  auto entry = callees().find(op.getName().getStringRef());
  if (entry == callees().end())
    return {};
  const Callee &callee = entry->second;
  SmallVector<Value> operands;
  for (unsigned i = 0; i < op.getNumOperands(); ++i)
    operands.push_back(callee.isUnsigned ? asUnsigned(operand(op, i)) : operand(op, i));
  Type type = scalarType(op.getResult(0).getType());
  auto fast = dyn_cast<arith::ArithFastMathInterface>(op);
  if (fast && !callee.approximate.empty() &&
      arith::bitEnumContainsAny(fast.getFastMathFlagsAttr().getValue(), arith::FastMathFlags::afn))
    return call(op.getLoc(), type, callee.approximate, operands,
                callee.approximate.starts_with("lacuna") ? "math" : "");
  std::string name = instantiated(callee, operands[0].getType());
  if (!callee.isUnsigned)
    return call(op.getLoc(), type, name, operands, callee.header);
  // The counts of bits are int, the others unsigned like their operands.
  Type result = isa<math::CountLeadingZerosOp, math::CountTrailingZerosOp, math::CtPopOp>(op)
                    ? Type(builder.getI32Type())
                    : operands[0].getType();
  return cast(op.getLoc(), type, call(op.getLoc(), result, name, operands, callee.header));
}

Value ScalarCode::lowerConversion(Operation &op) {
  if (op.getNumOperands() != 1)
    return {};
  Location loc = op.getLoc();
  Value value = operand(op, 0);
  Type type = scalarType(op.getResult(0).getType());
  return llvm::TypeSwitch<Operation *, Value>(&op)
      .Case([&](arith::BitcastOp bitcast) { return lowerBitcast(bitcast); })
      // A narrow float is held in a float; whoever called rounds the result.
      .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return value; })
      .Case<arith::SIToFPOp, arith::ExtSIOp>([&](auto) -> Value {
        if (!value.getType().isInteger(1))
          return cast(loc, type, value);
        // The one bit is the sign: true is -1.
        return emitc::UnaryMinusOp::create(builder, loc, type, cast(loc, type, value));
      })
      .Case<arith::UIToFPOp, arith::ExtUIOp, arith::IndexCastUIOp>(
          [&](auto) { return cast(loc, type, asUnsigned(value)); })
      .Case<arith::FPToSIOp, arith::IndexCastOp>([&](auto) { return cast(loc, type, value); })
      .Case([&](arith::FPToUIOp) {
        unsigned width = type.getIntOrFloatBitWidth();
        return cast(
            loc, type,
            cast(loc, IntegerType::get(op.getContext(), width, IntegerType::Unsigned), value));
      })
      .Case([&](arith::TruncIOp) -> Value {
        if (!type.isInteger(1))
          return cast(loc, type, value);
        // (bool) asks for any bit; truncation keeps the lowest one.
        Value low = emitc::BitwiseAndOp::create(builder, loc, value.getType(), value,
                                                literal(loc, value.getType(), "1"));
        return emitc::CmpOp::create(builder, loc, type, emitc::CmpPredicate::ne, low,
                                    literal(loc, value.getType(), "0"));
      })
      .Default([](Operation *) { return Value(); });
}

Value ScalarCode::lowerBitcast(arith::BitcastOp op) {
  Type from = op.getIn().getType(), to = op.getType();
  Value value = values.lookup(op.getIn());
  if (from == to || (from.isInteger() && to.isInteger()))
    return value;
  StringRef callee;
  bool toFloat = isa<FloatType>(to);
  Type narrow = toFloat ? to : from;
  if (narrow.isF32())
    callee = toFloat ? "__int_as_float" : "__float_as_int";
  else if (narrow.isF16())
    callee = toFloat ? "lacuna::f16OfBits" : "lacuna::bitsOfF16";
  else
    callee = toFloat ? "lacuna::bf16OfBits" : "lacuna::bitsOfBf16";
  if (isa<FloatType>(from) && toFloat) // f16 to bf16 or back
    value = call(op.getLoc(), builder.getI16Type(),
                 from.isF16() ? "lacuna::bitsOfF16" : "lacuna::bitsOfBf16", value, "convert");
  return call(op.getLoc(), scalarType(to), callee, value, narrow.isF32() ? "" : "convert");
}
