//===- MapFunctions.cpp - Splats and elementwise programs -----------------===//
//
// The scalar program of a map is a function of its own, so that the generated
// text shows a user's predicate as it was written; the fragment function calls it
// once per element.
//
// A map that reads tables does so some elements at a time, each group under a
// condition that the assembler does not know to be true. Otherwise it moves all the
// loads up among the instructions of the product before them, where no registers
// are left. The variable begins as an input, so that both branches of a condition
// keep to the same registers.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"
#include "lib/Conversion/TileToEmitC/ScalarCode.h"
#include "lib/Conversion/TileToEmitC/Types.h"

#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

#include <set>

using namespace mlir;
using namespace lacuna;

/// Elements of a map that may wait for tables at once: enough for the memory's
/// latency, and no more registers than the product before needs anyway.
static constexpr int64_t loadsInFlight = 16;

/// Expression for one element of a fragment in the variable `name`.
static std::string elementText(Emission &emission, const Fragment &fragment, StringRef name,
                               int64_t element) {
  std::string reg = (name + ".x" + Twine(fragment.isPacked() ? element / 2 : element)).str();
  if (!fragment.isPacked())
    return reg;
  emission.include("convert");
  std::string value = fragment.elementType().isF16() ? "lacuna::f16OfBits(" : "lacuna::bf16OfBits(";
  return value + "uint16_t(" + reg + (element % 2 ? " >> 16))" : "))");
}

/// Lines that set all registers of `r` from an expression per element; those of every
/// `group` registers, if not 0, under a condition of their own.
static std::string assignments(Emission &emission, const Fragment &fragment,
                               llvm::function_ref<std::string(int64_t)> text, int64_t group = 0) {
  std::string lines;
  for (int64_t i = 0; i < fragment.registers(); ++i) {
    if (group && i % group == 0)
      lines += i ? "  }\n  if (lacuna::always()) {\n" : "  if (lacuna::always()) {\n";
    lines += (group ? "    r.x" : "  r.x") + std::to_string(i) + " = ";
    if (!fragment.isPacked()) {
      lines += text(i) + ";\n";
      continue;
    }
    emission.include("convert");
    lines += fragment.elementType().isF16() ? "lacuna::packF16(" : "lacuna::packBf16(";
    lines += text(2 * i) + ", " + text(2 * i + 1) + ");\n";
  }
  return group ? lines + "  }\n" : lines;
}

FailureOr<FragmentCall> lacuna::printSplat(Emission &emission, tile::SplatOp op) {
  FailureOr<Fragment> fragment = Fragment::of(op.getLoc(), op.getType());
  if (failed(fragment))
    return failure();
  emission.structOf(op.getLoc(), *fragment);
  std::string type = fragment->structName();
  std::string lines, value = "value";
  if (fragment->isPacked()) {
    emission.include("convert");
    lines = (Twine("  const uint32_t pair = lacuna::") +
             (fragment->elementType().isF16() ? "packF16" : "packBf16") + "(value, value);\n")
                .str();
    value = "pair";
  }
  for (int64_t i = 0; i < fragment->registers(); ++i)
    lines += "  r.x" + std::to_string(i) + " = " + value + ";\n";
  std::string text = type + " $(" + scalarTypeText(fragment->elementType()) + " value) {\n  " +
                     type + " r;\n" + lines + "  return r;\n}\n";
  std::string name = emission.function(op.getLoc(), ("splat_" + fragment->noun()).str(), text);
  return FragmentCall{name, {op.getScalar()}};
}

namespace {
/// What the scalar program of a map reads, in the order of its parameters.
struct MapParameters {
  SmallVector<unsigned> inputs;    ///< operands whose element is used
  SmallVector<unsigned> positions; ///< axes whose position is used
  SmallVector<Value> captured;     ///< values from outside, constants excepted
  SmallVector<arith::ConstantOp> constants;
  Value status;                ///< null when nothing is reported
  bool adds = false;           ///< whether elements are added to memory
  std::set<unsigned> reported; ///< bits
};
} // namespace

static MapParameters parametersOf(tile::MapOp op) {
  MapParameters parameters;
  for (auto [i, element] : llvm::enumerate(op.getElements()))
    if (!element.use_empty())
      parameters.inputs.push_back(i);
  for (auto [i, position] : llvm::enumerate(op.getPositions()))
    if (!position.use_empty())
      parameters.positions.push_back(i);
  op.getBody().walk([&](tile::ReportOp report) {
    parameters.status = report.getStatus();
    parameters.reported.insert(report.getBit());
  });
  op.getBody().walk([&](tile::AtomicAddOp) { parameters.adds = true; });
  llvm::SetVector<Value> outside;
  getUsedValuesDefinedAbove(op.getRegion(), outside);
  for (Value value : outside) {
    if (auto constant = value.getDefiningOp<arith::ConstantOp>())
      parameters.constants.push_back(constant);
    else if (value != parameters.status)
      parameters.captured.push_back(value);
  }
  return parameters;
}

/// "x", "y", "z", "w", "x4": the names of a map's inputs.
static std::string inputName(unsigned index) {
  return index < 4 ? std::string(1, "xyzw"[index]) : "x" + std::to_string(index);
}

static StringRef positionName(tile::Axis axis) {
  return axis == tile::Axis::Query ? "i" : axis == tile::Axis::Key ? "j" : "feature";
}

/// "reported_3": whether any element so far sets bit 3.
static std::string reportName(unsigned bit) { return "reported_" + std::to_string(bit); }

/// The value that a map yields, but for a final change of float type: rounding to
/// 16 bits is left to the instruction that packs two values, and a 16-bit value is
/// held in a float anyway.
static Value convertedResult(tile::MapOp op) {
  Value result = cast<tile::YieldOp>(op.getBody().front().getTerminator()).getValues()[0];
  auto rounding = result.getDefiningOp<arith::TruncFOp>();
  if (rounding && rounding.getIn().getType().isF32())
    return rounding.getIn();
  auto extension = result.getDefiningOp<arith::ExtFOp>();
  return extension ? extension.getIn() : result;
}

/// Prints the region as a scalar function and returns its name.
static FailureOr<std::string> printElementFunction(Emission &emission, tile::MapOp op,
                                                   const MapParameters &parameters,
                                                   StringRef name) {
  Value result = convertedResult(op);
  SmallVector<Value> sources;
  SmallVector<std::string> names;
  for (unsigned i : parameters.inputs)
    sources.push_back(op.getElements()[i]), names.push_back(inputName(i));
  for (unsigned i : parameters.positions)
    sources.push_back(op.getPositions()[i]),
        names.push_back(positionName(tile::axesOf(op.getType())[i]).str());
  for (Value value : parameters.captured)
    sources.push_back(value), names.push_back(nameOf(value));
  SmallVector<Type> types;
  for (Value value : sources)
    types.push_back(parameterType(emission, value.getType()));
  Type flag = emitc::OpaqueType::get(op.getContext(), "bool &");
  types.append(parameters.reported.size(), flag);
  emitc::FuncOp function = emission.create(op.getLoc(), types, scalarType(result.getType()));
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  IRMapping values;
  for (auto [source, name, argument] : llvm::zip(sources, names, function.getArguments())) {
    argument.setLoc(named(name, source.getLoc()));
    values.map(source, argument);
  }
  ScalarCode code(emission, builder, values);
  for (auto [bit, argument] :
       llvm::zip(parameters.reported, function.getArguments().drop_front(sources.size()))) {
    argument.setLoc(named(reportName(bit), op.getLoc()));
    code.collectReports(bit, argument);
  }
  for (arith::ConstantOp constant : parameters.constants)
    if (failed(code.lower(*constant)))
      return function->erase(), failure();
  auto yield = cast<tile::YieldOp>(op.getBody().front().getTerminator());
  for (Operation &inner : op.getBody().front().without_terminator()) {
    bool isLeftOut = yield.getValues()[0] != result &&
                     yield.getValues()[0].getDefiningOp() == &inner && inner.hasOneUse();
    if (!isLeftOut && failed(code.lower(inner)))
      return function->erase(), failure();
  }
  emitc::ReturnOp::create(builder, yield.getLoc(), values.lookup(result));
  return emission.function(name, function);
}

/// What a map is called: its last operation and its tile. Not its location's name,
/// for function names reach the PTX, which must not depend on names of values.
static std::string mapName(tile::MapOp op, const Fragment &fragment,
                           const MapParameters &parameters) {
  Value last = cast<tile::YieldOp>(op.getBody().front().getTerminator()).getValues()[0];
  Operation *definition = last.getDefiningOp();
  StringRef verb = definition          ? definition->getName().stripDialect()
                   : parameters.status ? "check"
                   : parameters.adds   ? "add"
                                       : "copy";
  return (verb + "_" + fragment.noun()).str();
}

/// Whether the axis of this number is that of rows.
static bool isAlongRows(const Fragment &fragment, unsigned axis) {
  return axis == 0 && !fragment.isColumn();
}

FailureOr<FragmentCall> lacuna::printMap(Emission &emission, tile::MapOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> result = Fragment::of(loc, op.getType());
  if (failed(result))
    return failure();
  SmallVector<Fragment> inputs;
  for (Value input : op.getInputs()) {
    FailureOr<Fragment> fragment = Fragment::of(loc, input.getType());
    if (failed(fragment))
      return failure();
    inputs.push_back(*fragment);
    emission.structOf(loc, *fragment);
  }
  emission.structOf(loc, *result);
  MapParameters parameters = parametersOf(op);
  std::string name = mapName(op, *result, parameters);
  if (isMapStatement(op))
    return printMapStatement(emission, op, name);
  // A map that only converts or copies an element needs no function for that.
  auto copied = llvm::find(op.getElements(), convertedResult(op));
  FailureOr<std::string> scalar = std::string();
  if (copied == op.getElements().end() || parameters.status || parameters.adds)
    scalar = printElementFunction(emission, op, parameters, name + "_element");
  if (failed(scalar))
    return failure();

  FragmentCall call;
  std::string signature, setup, tail, reports;
  llvm::StringSet<> names;
  auto addParameter = [&](StringRef type, StringRef name, Value operand) {
    names.insert(name);
    signature += (signature.empty() ? "" : ", ") + type.str() + (type.ends_with("&") ? "" : " ") +
                 name.str();
    call.operands.push_back(operand);
  };
  for (unsigned i : parameters.inputs)
    addParameter(inputs[i].parameterType(), inputName(i), op.getInputs()[i]);
  for (unsigned axis : parameters.positions) {
    StringRef position = positionName(result->axes()[axis]);
    addParameter("int32_t", position, op.getOrigin()[axis]);
    emission.include("thread");
    setup += ("  " + position + " += " +
              (isAlongRows(*result, axis) ? result->firstRow() : result->firstColumn()) + ";\n")
                 .str();
  }
  if (parameters.status)
    addParameter("lacuna::Status", "status", parameters.status);
  for (unsigned bit : parameters.reported) {
    std::string name = reportName(bit);
    names.insert(name);
    emission.include("status");
    setup += "  bool " + name + " = false;\n";
    reports += "  lacuna::report(status, 1u << " + std::to_string(bit) + ", " + name + ");\n";
  }
  for (Value value : parameters.captured) {
    std::string name = nameOf(value);
    while (names.contains(name) || name == "r")
      name += "_";
    addParameter(cast<emitc::OpaqueType>(opaqueParameterType(emission, value.getType())).getValue(),
                 name, value);
    tail += ", " + name;
  }
  for (unsigned bit : parameters.reported)
    tail += ", " + reportName(bit);
  auto element = [&](int64_t e) {
    auto input = [&](unsigned i) {
      return elementText(emission, inputs[i], inputName(i), result->elementOf(inputs[i], e));
    };
    if (scalar->empty())
      return input(copied - op.getElements().begin());
    std::string text = *scalar + "(", arguments;
    for (unsigned i : parameters.inputs)
      arguments += ", " + input(i);
    for (unsigned axis : parameters.positions) {
      int64_t offset = isAlongRows(*result, axis) ? result->rowOf(e) : result->columnOf(e);
      arguments += ", " + positionName(result->axes()[axis]).str();
      if (offset)
        arguments += " + " + std::to_string(offset);
    }
    arguments += tail;
    return text + StringRef(arguments).drop_front(arguments.empty() ? 0 : 2).str() + ")";
  };
  std::string type = result->structName();
  std::string text = type + " $(" + signature + ") {\n  " + type + " r";
  bool readsTables = op.walk([](tile::ReadOp) { return WalkResult::interrupt(); }).wasInterrupted();
  if (readsTables) {
    emission.include("thread");
    auto like = llvm::find_if(parameters.inputs,
                              [&](unsigned i) { return inputs[i].structName() == type; });
    if (like != parameters.inputs.end())
      text += " = " + inputName(*like);
  }
  text += ";\n" + setup + assignments(emission, *result, element, readsTables ? loadsInFlight : 0);
  call.callee = emission.function(loc, name, text + reports + "  return r;\n}\n");
  return call;
}
