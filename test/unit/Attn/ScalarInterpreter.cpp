#include "test/unit/Attn/ScalarInterpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lacuna::attn {

namespace {
class Interpreter {
public:
  explicit Interpreter(const Surroundings &around) : around(around) {}

  std::optional<std::vector<int64_t>> run(Region &region, ArrayRef<int64_t> arguments) {
    for (auto [argument, value] : llvm::zip_equal(region.getArguments(), arguments))
      values[argument] = value;
    for (Operation &op : region.front().without_terminator()) {
      std::optional<int64_t> value = evaluate(&op);
      if (!value)
        return std::nullopt;
      values[op.getResult(0)] = *value;
    }
    std::vector<int64_t> results;
    for (Value result : region.front().getTerminator()->getOperands())
      results.push_back(valueOf(result));
    return results;
  }

private:
  int64_t valueOf(Value value) {
    if (auto known = values.find(value); known != values.end())
      return known->second;
    if (auto known = around.scalars.find(value); known != around.scalars.end())
      return known->second;
    return *evaluate(value.getDefiningOp()); // scalar code of the function
  }

  static unsigned widthOf(Type type) {
    return isa<IndexType>(type) ? 64 : type.getIntOrFloatBitWidth();
  }

  /// The number if it is a signed integer of the type.
  static std::optional<int64_t> fit(__int128 number, Type type) {
    __int128 half = __int128(1) << (widthOf(type) - 1);
    if (number < -half || number >= half)
      return std::nullopt;
    return int64_t(number);
  }

  /// The bits of a number of that type as an unsigned number.
  static uint64_t bits(int64_t number, Type type) {
    unsigned width = widthOf(type);
    return width == 64 ? uint64_t(number) : uint64_t(number) & ((uint64_t(1) << width) - 1);
  }
  static int64_t fromBits(uint64_t number, Type type) {
    unsigned width = widthOf(type);
    return width == 1 ? int64_t(number & 1) : int64_t(number << (64 - width)) >> (64 - width);
  }

  static int64_t floorDivide(int64_t a, int64_t b) {
    int64_t quotient = a / b;
    return quotient - (a % b != 0 && (a < 0) != (b < 0));
  }

  static bool compare(arith::CmpIPredicate predicate, int64_t a, int64_t b, Type type) {
    uint64_t x = bits(a, type), y = bits(b, type);
    switch (predicate) {
    case arith::CmpIPredicate::eq:
      return a == b;
    case arith::CmpIPredicate::ne:
      return a != b;
    case arith::CmpIPredicate::slt:
      return a < b;
    case arith::CmpIPredicate::sle:
      return a <= b;
    case arith::CmpIPredicate::sgt:
      return a > b;
    case arith::CmpIPredicate::sge:
      return a >= b;
    case arith::CmpIPredicate::ult:
      return x < y;
    case arith::CmpIPredicate::ule:
      return x <= y;
    case arith::CmpIPredicate::ugt:
      return x > y;
    case arith::CmpIPredicate::uge:
      return x >= y;
    }
    llvm_unreachable("all predicates are handled");
  }

  std::optional<int64_t> evaluate(Operation *op) {
    using Number = std::optional<int64_t>;
    Type type = op->getResult(0).getType();
    APInt constant;
    if (matchPattern(op->getResult(0), m_ConstantInt(&constant)))
      return type.isInteger(1) ? constant.getZExtValue() : constant.getSExtValue();
    if (auto dim = dyn_cast<tensor::DimOp>(op))
      return around.sizes.lookup({dim.getSource(), *dim.getConstantIndex()});
    std::vector<int64_t> in;
    for (Value operand : op->getOperands())
      in.push_back(valueOf(operand));
    auto divides = [&](auto function) -> Number {
      return in[1] == 0 ? std::nullopt : fit(function(in[0], in[1]), type);
    };
    auto naturals = [&](auto function) -> Number {
      if (in[1] == 0)
        return std::nullopt;
      return fromBits(function(bits(in[0], type), bits(in[1], type)), type);
    };
    return llvm::TypeSwitch<Operation *, Number>(op)
        .Case<arith::AddIOp>([&](auto) { return fit(__int128(in[0]) + in[1], type); })
        .Case<arith::SubIOp>([&](auto) { return fit(__int128(in[0]) - in[1], type); })
        .Case<arith::MulIOp>([&](auto) { return fit(__int128(in[0]) * in[1], type); })
        .Case<arith::DivSIOp>([&](auto) { return divides([](auto a, auto b) { return a / b; }); })
        .Case<arith::RemSIOp>([&](auto) { return divides([](auto a, auto b) { return a % b; }); })
        .Case<arith::FloorDivSIOp>([&](auto) { return divides(floorDivide); })
        .Case<arith::CeilDivSIOp>(
            [&](auto) { return divides([](auto a, auto b) { return -floorDivide(-a, b); }); })
        .Case<arith::DivUIOp>([&](auto) { return naturals([](auto a, auto b) { return a / b; }); })
        .Case<arith::RemUIOp>([&](auto) { return naturals([](auto a, auto b) { return a % b; }); })
        .Case<arith::MinSIOp>([&](auto) { return std::min(in[0], in[1]); })
        .Case<arith::MaxSIOp>([&](auto) { return std::max(in[0], in[1]); })
        .Case<arith::AndIOp>([&](auto) { return in[0] & in[1]; })
        .Case<arith::OrIOp>([&](auto) { return in[0] | in[1]; })
        .Case<arith::XOrIOp>([&](auto) { return in[0] ^ in[1]; })
        .Case<arith::ShRSIOp>([&](auto) { return in[0] >> in[1]; })
        .Case<math::AbsIOp>([&](auto) { return fit(std::abs(in[0]), type); })
        .Case<arith::ExtSIOp, arith::IndexCastOp>([&](auto) {
          Type from = op->getOperand(0).getType();
          return from.isInteger(1) ? -in[0] : fit(in[0], type);
        })
        .Case<arith::ExtUIOp>(
            [&](auto) { return int64_t(bits(in[0], op->getOperand(0).getType())); })
        .Case<arith::TruncIOp>([&](auto) { return fromBits(uint64_t(in[0]), type); })
        .Case<arith::SelectOp>([&](auto) { return in[0] ? in[1] : in[2]; })
        .Case<arith::CmpIOp>([&](arith::CmpIOp compared) {
          return int64_t(
              compare(compared.getPredicate(), in[0], in[1], compared.getLhs().getType()));
        })
        .Default([](Operation *unknown) -> Number {
          unknown->emitError("the test's interpreter does not know this");
          return std::nullopt;
        });
  }

  const Surroundings &around;
  llvm::DenseMap<Value, int64_t> values;
};
} // namespace

std::optional<std::vector<int64_t>> interpret(Region &region, ArrayRef<int64_t> arguments,
                                              const Surroundings &around) {
  return Interpreter(around).run(region, arguments);
}

} // namespace lacuna::attn
