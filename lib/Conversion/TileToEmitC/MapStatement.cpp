//===- MapStatement.cpp - Elementwise programs as one asm statement -------===//
//
// In kernels with roles, a product is on its way while rows are worked on, and what
// works on its registers must stay behind the statement that waits for it. So short
// programs on a whole tile are statements, too. NVRTC takes a twentieth less for a kernel
// if they are: a statement is one instruction to its optimizer, and 64 calls are not.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <set>

using namespace mlir;
using namespace lacuna;

/// The instruction of an operation of f32, or nothing.
static StringRef instructionOf(Operation &op) {
  return llvm::TypeSwitch<Operation *, StringRef>(&op)
      .Case([](arith::AddFOp) { return "add.f32"; })
      .Case([](arith::SubFOp) { return "sub.f32"; })
      .Case([](arith::MulFOp) { return "mul.f32"; })
      .Case([](math::FmaOp) { return "fma.rn.f32"; })
      .Case([](math::Exp2Op exp2) {
        bool isApproximate =
            arith::bitEnumContainsAny(exp2.getFastmath(), arith::FastMathFlags::afn);
        return isApproximate ? StringRef("ex2.approx.ftz.f32") : StringRef();
      })
      .Default(StringRef());
}

/// The only input that is a whole tile; null if there is none, or another.
static OpOperand *wholeInput(tile::MapOp op) {
  OpOperand *whole = nullptr;
  for (OpOperand &input : op.getInputsMutable()) {
    auto type = cast<RankedTensorType>(input.get().getType());
    if (!type.getElementType().isF32() || (type.getRank() == 2 && whole))
      return nullptr;
    if (type.getRank() == 2)
      whole = &input;
  }
  return whole;
}

/// What the map yields.
static Value yieldOf(tile::MapOp op) {
  return cast<tile::YieldOp>(op.getBody().front().getTerminator()).getValues()[0];
}

/// The same before it is rounded to 16 bits, if it is.
static Value resultOf(tile::MapOp op) {
  auto rounding = yieldOf(op).getDefiningOp<arith::TruncFOp>();
  return rounding ? rounding.getIn() : yieldOf(op);
}

bool lacuna::isMapStatement(tile::MapOp op) {
  Block &body = op.getBody().front();
  Operation *last = yieldOf(op).getDefiningOp();
  if (!op->getParentOfType<tile::RolesOp>() || op.getInputs().size() > 4 || !wholeInput(op) ||
      !last || last->getBlock() != &body || !resultOf(op).getType().isF32())
    return false;
  if (llvm::any_of(op.getPositions(), [](Value position) { return !position.use_empty(); }))
    return false;
  return llvm::all_of(body.without_terminator(), [&](Operation &inner) {
    bool isRounding = &inner == last && isa<arith::TruncFOp>(inner);
    return (isRounding || !instructionOf(inner).empty()) &&
           llvm::all_of(inner.getOperands(), [&](Value operand) {
             return operand.getParentBlock() == &body || matchPattern(operand, m_Constant());
           });
  });
}

Value lacuna::changedBy(tile::MapOp op) {
  return resultOf(op) == yieldOf(op) ? wholeInput(op)->get() : Value();
}

namespace {
/// The instructions of a statement, one element after the other.
class ElementCode {
public:
  ElementCode(tile::MapOp op, const Fragment &whole) : op(op), whole(whole) {}

  /// Adds what computes an element, into the register `into` if that is given, and
  /// returns the register. Registers of its own end in `suffix`.
  std::string compute(int64_t element, StringRef into, StringRef suffix);

  /// Adds a line with what `compute` has added since, and `last`.
  void endLine(const Twine &last) {
    text += "    \"" + StringRef(line + last.str()).rtrim().str() + "\\n\"\n";
    line.clear();
  }

  /// Lines of the statement, with the declaration of its own registers.
  std::string print() const {
    std::string declared;
    for (const std::string &name : names)
      declared += (declared.empty() ? "    \".reg .f32 " : ", ") + name;
    return declared + (names.empty() ? "" : ";\\n\"\n") + text;
  }

  /// The inputs, and the numbers of the asm operands that are the first of each.
  SmallVector<Fragment> fragments;
  SmallVector<int64_t> firstOf;

private:
  tile::MapOp op;
  const Fragment &whole;
  std::string line, text;
  std::set<std::string> names;
};
} // namespace

std::string ElementCode::compute(int64_t element, StringRef into, StringRef suffix) {
  DenseMap<Value, std::string> registers;
  for (auto [input, argument, first] : llvm::zip(fragments, op.getElements(), firstOf))
    registers[argument] = "%" + std::to_string(first + whole.elementOf(input, element));
  Value last = resultOf(op);
  for (Operation &inner : op.getBody().front().without_terminator()) {
    if (isa<arith::TruncFOp>(inner))
      continue;
    std::string target = into.str();
    if (inner.getResult(0) != last || into.empty())
      names.insert(target = "t" + std::to_string(registers.size()) + suffix.str());
    line += (instructionOf(inner) + " " + target).str();
    for (Value operand : inner.getOperands()) {
      FloatAttr constant;
      if (matchPattern(operand, m_Constant(&constant)))
        line += ", 0f" + llvm::utohexstr(constant.getValue().bitcastToAPInt().getZExtValue(),
                                         /*LowerCase=*/false, /*Width=*/8);
      else
        line += ", " + registers.lookup(operand);
    }
    line += "; ";
    registers[inner.getResult(0)] = target;
  }
  return registers.lookup(last);
}

FailureOr<FragmentCall> lacuna::printMapStatement(Emission &emission, tile::MapOp op,
                                                  StringRef name) {
  Location loc = op.getLoc();
  FailureOr<Fragment> result = Fragment::of(loc, op.getType());
  FailureOr<Fragment> whole = Fragment::of(loc, wholeInput(op)->get().getType());
  if (failed(result) || failed(whole))
    return failure();
  emission.structOf(loc, *result);
  FragmentCall call;
  call.inPlace = true;
  call.changed = changedBy(op);
  // Operands: the result's registers, which are those of the whole input unless it is
  // packed, then the inputs'.
  ElementCode code(op, *whole);
  std::string parameters, inputs;
  int64_t next = result->registers();
  for (auto [input, variable] : llvm::zip(op.getInputs(), StringRef("xyzw"))) {
    FailureOr<Fragment> fragment = Fragment::of(loc, input.getType());
    if (failed(fragment))
      return failure();
    code.fragments.push_back(*fragment);
    code.firstOf.push_back(input == call.changed ? 0 : next);
    if (input == call.changed)
      continue;
    emission.structOf(loc, *fragment);
    parameters += ", " + fragment->parameterType() + variable;
    inputs += (inputs.empty() ? "" : ", ") +
              registerOperands("f", std::string(1, variable), fragment->registers());
    next += fragment->registers();
    call.operands.push_back(input);
  }
  for (int64_t i = 0; i < result->registers(); ++i) {
    std::string target = "%" + std::to_string(i);
    if (call.changed) {
      code.compute(i, target, "");
      code.endLine("");
    } else {
      std::string low = code.compute(2 * i, "", "a"), high = code.compute(2 * i + 1, "", "b");
      code.endLine(Twine("cvt.rn.") + (result->elementType().isF16() ? "f16" : "bf16") + "x2.f32 " +
                   target + ", " + high + ", " + low + ";");
    }
  }
  StringRef self = call.changed ? "x" : "r", constraint = call.changed ? "+f" : "=r";
  call.callee = emission.function(
      loc, name,
      "void $(" + result->structName() + " &" + self.str() + parameters +
          ") {\n  asm volatile(\"{\\n\"\n" + code.print() +
          "    \"}\"\n      : " + registerOperands(constraint, self, result->registers()) +
          "\n      : " + inputs + ");\n}\n");
  return call;
}
