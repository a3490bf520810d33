//===- ScalarCode.cpp - Scalar programs as EmitC --------------------------===//
//
// Upstream's conversions of arith and math know neither 16-bit floats without a
// C++ type, nor comparisons without self-comparison (a == a && b == b && a < b),
// nor most of what a spec may say; so one table of our own covers all of it and
// prints what a person would write.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/ScalarCode.h"

#include "lib/Conversion/TileToEmitC/PlanFunctions.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna;

Type lacuna::scalarType(Type type) {
  if (isa<FloatType>(type))
    return Float32Type::get(type.getContext());
  return type.isIndex() ? IntegerType::get(type.getContext(), 64) : type;
}

std::string lacuna::constantText(TypedAttr value) {
  SmallString<32> text;
  if (auto integer = dyn_cast<IntegerAttr>(value)) {
    if (integer.getType().isInteger(1))
      return integer.getValue().isZero() ? "false" : "true";
    integer.getValue().toString(text, 10, /*Signed=*/true);
    // The smallest value has no literal of its own type.
    if (integer.getValue().isMinSignedValue())
      text = ("-" + Twine(integer.getValue().getSExtValue() == INT64_MIN
                              ? "9223372036854775807ll - 1"
                              : std::to_string(-(integer.getInt() + 1)) + " - 1"))
                 .str();
    // Functions of two equal types must see the type that is meant.
    else if (integer.getType().isInteger(64) || integer.getType().isIndex())
      text += "ll";
    if (integer.getType().isInteger(8) || integer.getType().isInteger(16))
      return "int" + std::to_string(integer.getType().getIntOrFloatBitWidth()) + "_t(" +
             text.str().str() + ")";
  } else {
    APFloat number = cast<FloatAttr>(value).getValue();
    bool ignored;
    number.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &ignored);
    if (!number.isFinite())
      return "__uint_as_float(0x" +
             llvm::utohexstr(number.bitcastToAPInt().getZExtValue(), /*LowerCase=*/true) + "u)";
    number.toString(text, /*FormatPrecision=*/0, /*FormatMaxPadding=*/6);
    text += text.str().find_first_of(".E") == StringRef::npos ? ".0f" : "f";
  }
  return text.starts_with("-") ? ("(" + text + ")").str() : text.str().str();
}

Value ScalarCode::literal(Location location, Type type, StringRef text) {
  return emitc::LiteralOp::create(builder, location, type, text);
}

Value ScalarCode::cast(Location location, Type type, Value value) {
  if (value.getType() == type)
    return value;
  return emitc::CastOp::create(builder, location, type, value);
}

Value ScalarCode::call(Location location, Type result, StringRef callee, ValueRange operands,
                       StringRef header) {
  if (!header.empty())
    emission.include(header);
  return emitc::CallOpaqueOp::create(builder, location, result, callee, operands).getResult(0);
}

Value ScalarCode::asUnsigned(Value value) {
  unsigned width = value.getType().getIntOrFloatBitWidth();
  if (width == 1)
    return value;
  return cast(value.getLoc(), IntegerType::get(value.getContext(), width, IntegerType::Unsigned),
              value);
}

Value ScalarCode::roundTo(Type type, Value value) {
  if (type.isF16())
    return call(value.getLoc(), builder.getF32Type(), "lacuna::roundToF16", value, "convert");
  if (type.isBF16())
    return call(value.getLoc(), builder.getF32Type(), "lacuna::roundToBf16", value, "convert");
  return value;
}

LogicalResult ScalarCode::lowerBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(lower(op)))
      return failure();
  return success();
}

LogicalResult ScalarCode::lower(Operation &op) {
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return lowerIf(branch);
  if (auto read = dyn_cast<tile::ReadOp>(op))
    return lowerRead(read);
  if (auto add = dyn_cast<tile::AtomicAddOp>(op))
    return lowerAtomicAdd(add);
  if (auto range = dyn_cast<tile::LoadRangeOp>(op))
    return lowerRange(range);
  if (auto report = dyn_cast<tile::ReportOp>(op))
    return lowerReport(report);
  if (auto failed = dyn_cast<tile::FailedOp>(op)) {
    values.map(failed.getBad(), call(named("bad", op.getLoc()), builder.getI1Type(),
                                     "lacuna::failed", operand(op, 0), "status"));
    return success();
  }
  if (op.getNumResults() != 1 || op.getNumRegions() != 0)
    return op.emitOpError("cannot be printed as CUDA: it is no scalar operation");
  Value value;
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    value = literal(op.getLoc(), scalarType(constant.getType()), constantText(constant.getValue()));
  } else {
    for (auto method :
         {&ScalarCode::lowerArithmetic, &ScalarCode::lowerConversion, &ScalarCode::lowerFunction})
      if (!value)
        value = (this->*method)(op);
    if (!value)
      return op.emitOpError("cannot be printed as CUDA: no code is known for it");
    value = roundTo(op.getResult(0).getType(), value);
    // C computes in int, a narrow value wraps to its own width. (A cast to the
    // same type would be folded away.)
    auto type = dyn_cast<IntegerType>(value.getType());
    if (type && type.getWidth() > 1 && type.getWidth() < 32 &&
        !value.getDefiningOp<emitc::CastOp>())
      value = cast(op.getLoc(), type, asUnsigned(value));
  }
  values.map(op.getResult(0), value);
  return success();
}

Value ScalarCode::lowerArithmetic(Operation &op) {
  Location loc = op.getLoc();
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return lowerCompare(compare);
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return lowerCompare(compare);
  if (isa<arith::SelectOp>(op))
    return emitc::ConditionalOp::create(builder, loc, operand(op, 1).getType(), operand(op, 0),
                                        operand(op, 1), operand(op, 2));
  if (isa<arith::NegFOp>(op))
    return emitc::UnaryMinusOp::create(builder, loc, operand(op, 0).getType(), operand(op, 0));
  if (op.getNumOperands() != 2)
    return {};
  Value lhs = operand(op, 0), rhs = operand(op, 1);
  Type type = lhs.getType();
  // Of booleans, & | ^ + - * are logical; C has no arithmetic on one bit.
  bool isBool = type.isInteger(1);
  auto unsignedResult = [&](auto create) -> Value {
    Value a = asUnsigned(lhs), b = asUnsigned(rhs);
    return cast(loc, type, create(a.getType(), a, b));
  };
  return llvm::TypeSwitch<Operation *, Value>(&op)
      .Case<arith::AddIOp, arith::SubIOp>([&](auto) -> Value {
        if (isBool)
          return emitc::CmpOp::create(builder, loc, type, emitc::CmpPredicate::ne, lhs, rhs);
        if (isa<arith::AddIOp>(op))
          return emitc::AddOp::create(builder, loc, type, lhs, rhs);
        return emitc::SubOp::create(builder, loc, type, lhs, rhs);
      })
      .Case([&](arith::XOrIOp) -> Value {
        if (isBool && op.getOperand(1).getDefiningOp<arith::ConstantOp>() &&
            matchPattern(op.getOperand(1), m_One()))
          return emitc::LogicalNotOp::create(builder, loc, type, lhs);
        if (isBool)
          return emitc::CmpOp::create(builder, loc, type, emitc::CmpPredicate::ne, lhs, rhs);
        return emitc::BitwiseXorOp::create(builder, loc, type, lhs, rhs);
      })
      .Case<arith::AndIOp, arith::MulIOp>([&](auto) -> Value {
        if (isBool)
          return emitc::LogicalAndOp::create(builder, loc, type, lhs, rhs);
        if (isa<arith::MulIOp>(op))
          return emitc::MulOp::create(builder, loc, type, lhs, rhs);
        return emitc::BitwiseAndOp::create(builder, loc, type, lhs, rhs);
      })
      .Case([&](arith::OrIOp) -> Value {
        if (isBool)
          return emitc::LogicalOrOp::create(builder, loc, type, lhs, rhs);
        return emitc::BitwiseOrOp::create(builder, loc, type, lhs, rhs);
      })
      .Case<arith::AddFOp>([&](auto) { return emitc::AddOp::create(builder, loc, type, lhs, rhs); })
      .Case<arith::SubFOp>([&](auto) { return emitc::SubOp::create(builder, loc, type, lhs, rhs); })
      .Case<arith::MulFOp>([&](auto) { return emitc::MulOp::create(builder, loc, type, lhs, rhs); })
      .Case([&](arith::DivFOp division) -> Value {
        if (arith::bitEnumContainsAny(division.getFastmath(),
                                      arith::FastMathFlags::arcp | arith::FastMathFlags::afn))
          return call(loc, type, "lacuna::approximateQuotient", {lhs, rhs}, "math");
        return emitc::DivOp::create(builder, loc, type, lhs, rhs);
      })
      .Case<arith::DivSIOp>(
          [&](auto) { return emitc::DivOp::create(builder, loc, type, lhs, rhs); })
      .Case<arith::RemSIOp>(
          [&](auto) { return emitc::RemOp::create(builder, loc, type, lhs, rhs); })
      .Case<arith::DivUIOp>([&](auto) {
        return unsignedResult(
            [&](Type t, Value a, Value b) { return emitc::DivOp::create(builder, loc, t, a, b); });
      })
      .Case<arith::RemUIOp>([&](auto) {
        return unsignedResult(
            [&](Type t, Value a, Value b) { return emitc::RemOp::create(builder, loc, t, a, b); });
      })
      .Case<arith::ShLIOp>([&](auto) {
        return unsignedResult([&](Type t, Value a, Value b) {
          return emitc::BitwiseLeftShiftOp::create(builder, loc, t, a, b);
        });
      })
      .Case<arith::ShRSIOp>(
          [&](auto) { return emitc::BitwiseRightShiftOp::create(builder, loc, type, lhs, rhs); })
      .Case<arith::ShRUIOp>([&](auto) {
        return unsignedResult([&](Type t, Value a, Value b) {
          return emitc::BitwiseRightShiftOp::create(builder, loc, t, a, b);
        });
      })
      .Default([](Operation *) { return Value(); });
}

Value ScalarCode::lowerCompare(arith::CmpIOp op) {
  using P = arith::CmpIPredicate;
  using E = emitc::CmpPredicate;
  Value lhs = values.lookup(op.getLhs()), rhs = values.lookup(op.getRhs());
  P predicate = op.getPredicate();
  bool isSigned =
      predicate == P::slt || predicate == P::sle || predicate == P::sgt || predicate == P::sge;
  if (isSigned && lhs.getType().isInteger(1)) // true is -1
    std::swap(lhs, rhs);
  else if (!isSigned && predicate != P::eq && predicate != P::ne)
    lhs = asUnsigned(lhs), rhs = asUnsigned(rhs);
  E kind = predicate == P::eq                           ? E::eq
           : predicate == P::ne                         ? E::ne
           : predicate == P::slt || predicate == P::ult ? E::lt
           : predicate == P::sle || predicate == P::ule ? E::le
           : predicate == P::sgt || predicate == P::ugt ? E::gt
                                                        : E::ge;
  return emitc::CmpOp::create(builder, op.getLoc(), op.getType(), kind, lhs, rhs);
}

Value ScalarCode::lowerCompare(arith::CmpFOp op) {
  using P = arith::CmpFPredicate;
  using E = emitc::CmpPredicate;
  Location loc = op.getLoc();
  Value lhs = values.lookup(op.getLhs()), rhs = values.lookup(op.getRhs());
  Type type = op.getType();
  auto compare = [&](E kind, Value a, Value b) -> Value {
    return emitc::CmpOp::create(builder, loc, type, kind, a, b);
  };
  auto negate = [&](Value value) -> Value {
    return emitc::LogicalNotOp::create(builder, loc, type, value);
  };
  auto differ = [&]() -> Value {
    return emitc::LogicalOrOp::create(builder, loc, type, compare(E::lt, lhs, rhs),
                                      compare(E::gt, lhs, rhs));
  };
  // Every comparison of C but != is false for NaN.
  switch (op.getPredicate()) {
  case P::AlwaysFalse:
    return literal(loc, type, "false");
  case P::AlwaysTrue:
    return literal(loc, type, "true");
  case P::OEQ:
    return compare(E::eq, lhs, rhs);
  case P::OGT:
    return compare(E::gt, lhs, rhs);
  case P::OGE:
    return compare(E::ge, lhs, rhs);
  case P::OLT:
    return compare(E::lt, lhs, rhs);
  case P::OLE:
    return compare(E::le, lhs, rhs);
  case P::ONE:
    return differ();
  case P::UEQ:
    return negate(differ());
  case P::UGT:
    return negate(compare(E::le, lhs, rhs));
  case P::UGE:
    return negate(compare(E::lt, lhs, rhs));
  case P::ULT:
    return negate(compare(E::ge, lhs, rhs));
  case P::ULE:
    return negate(compare(E::gt, lhs, rhs));
  case P::UNE:
    return compare(E::ne, lhs, rhs);
  case P::ORD:
    return emitc::LogicalAndOp::create(builder, loc, type, compare(E::eq, lhs, lhs),
                                       compare(E::eq, rhs, rhs));
  case P::UNO:
    return emitc::LogicalOrOp::create(builder, loc, type, compare(E::ne, lhs, lhs),
                                      compare(E::ne, rhs, rhs));
  }
  return {};
}

LogicalResult ScalarCode::lowerIf(scf::IfOp op) {
  SmallVector<Value> variables;
  for (OpResult result : op.getResults())
    variables.push_back(emitc::VariableOp::create(
        builder, op.getLoc(), emitc::LValueType::get(scalarType(result.getType())),
        emitc::OpaqueAttr::get(builder.getContext(), "")));
  bool hasElse = !op.getElseRegion().empty();
  auto branch = emitc::IfOp::create(builder, op.getLoc(), values.lookup(op.getCondition()),
                                    /*addThenBlock=*/true, /*addElseBlock=*/hasElse);
  OpBuilder::InsertionGuard guard(builder);
  for (auto [region, target] : llvm::zip(op->getRegions(), branch->getRegions())) {
    if (region.empty())
      continue;
    builder.setInsertionPointToEnd(&target.front());
    if (target.front().empty())
      emitc::YieldOp::create(builder, op.getLoc());
    builder.setInsertionPoint(target.front().getTerminator());
    if (failed(lowerBlock(region.front())))
      return failure();
    Operation *yield = region.front().getTerminator();
    for (auto [variable, value] : llvm::zip(variables, yield->getOperands()))
      emitc::AssignOp::create(builder, yield->getLoc(), variable, values.lookup(value));
  }
  builder.setInsertionPointAfter(branch);
  for (auto [result, variable] : llvm::zip(op.getResults(), variables))
    values.map(result,
               emitc::LoadOp::create(builder, op.getLoc(), scalarType(result.getType()), variable)
                   .getResult());
  return success();
}

ScalarCode::Place ScalarCode::placeOf(Location loc, Value view, ValueRange indices) {
  Type element = mlir::cast<tile::ViewType>(view.getType()).getElementType();
  SmallVector<Value> operands = {values.lookup(view)};
  for (Value index : indices)
    operands.push_back(values.lookup(index));
  Value inside =
      call(named("inside", loc), builder.getI1Type(), "lacuna::isInside", operands, "view");
  unsigned bytes = (element.getIntOrFloatBitWidth() + 7) / 8;
  Value address =
      call(named("address", loc), IntegerType::get(view.getContext(), 64, IntegerType::Unsigned),
           "lacuna::elementAddress<" + std::to_string(bytes) + ">", operands, "view");
  return {address, inside};
}

LogicalResult ScalarCode::lowerRead(tile::ReadOp op) {
  Location loc = op.getLoc();
  Type element = op.getView().getType().getElementType();
  Place place = placeOf(loc, op.getView(), op.getIndices());
  Value value = call(named("element", loc), scalarType(element),
                     "lacuna::load" + typeSuffix(element), {place.address, place.inside}, "global");
  values.map(op.getValue(), value);
  values.map(op.getInside(), place.inside);
  return success();
}

LogicalResult ScalarCode::lowerAtomicAdd(tile::AtomicAddOp op) {
  auto layout = dyn_cast<tile::FragmentAttr>(
      op->getParentOfType<tile::MapOp>().getResult().getType().getEncoding());
  if (layout && layout.getKind() == tile::FragmentKind::Column)
    return op.emitOpError("cannot be printed: every warp holds the columns that it adds");
  bool isRow = layout && layout.getKind() == tile::FragmentKind::Row;
  emission.include("global");
  if (isRow)
    emission.include("thread");
  Place place = placeOf(op.getLoc(), op.getView(), op.getIndices());
  emitc::VerbatimOp::create(builder, op.getLoc(),
                            isRow ? "lacuna::addF32({}, {}, {} && lacuna::speaksForRow());"
                                  : "lacuna::addF32({}, {}, {});",
                            ValueRange{place.address, values.lookup(op.getValue()), place.inside});
  return success();
}

LogicalResult ScalarCode::lowerReport(tile::ReportOp op) {
  Value holds = values.lookup(op.getCondition());
  if (Value variable = collected.lookup(op.getBit())) {
    emitc::VerbatimOp::create(builder, op.getLoc(), "{} |= {};", ValueRange{variable, holds});
    return success();
  }
  emission.include("status");
  emitc::VerbatimOp::create(builder, op.getLoc(),
                            "lacuna::report({}, 1u << " + std::to_string(op.getBit()) + ", {});",
                            ValueRange{values.lookup(op.getStatus()), holds});
  return success();
}

LogicalResult ScalarCode::lowerRange(tile::LoadRangeOp op) {
  Location loc = op.getLoc();
  SmallVector<Value> operands = {values.lookup(op.getTable())};
  if (op.getCells())
    operands.push_back(values.lookup(op.getCells()));
  for (auto [first, last] : llvm::zip(op.getFirst(), op.getLast()))
    operands.append({values.lookup(first), values.lookup(last)});
  auto type = emitc::OpaqueType::get(op.getContext(), "lacuna::Range");
  Value range =
      emitc::VariableOp::create(builder, named("range", loc), emitc::LValueType::get(type),
                                emitc::OpaqueAttr::get(op.getContext(), ""));
  Value result = call(loc, type, printLoadRange(emission, op), operands);
  emitc::AssignOp::create(builder, loc, range, result);
  Type i64 = builder.getI64Type();
  for (auto [value, member] :
       {std::pair(op.getMin(), "min"), {op.getMax(), "max"}, {op.getSignature(), "signature"}}) {
    Value field = emitc::MemberOp::create(builder, loc, emitc::LValueType::get(i64), member, range);
    values.map(value, emitc::LoadOp::create(builder, named(member, loc), i64, field).getResult());
  }
  return success();
}
