//===- ExportProgram.cpp - tile.program as plain data ---------------------===//
//
// One walk over straight-line code: extents become expressions over the dims
// and scalars of a launch, tile.new_tensor becomes a result or a temporary, and
// every tile.launch a step.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/ExportProgram.h"

#include "lib/Compiler/ExportExpression.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
// Not the whole namespace: the runtime's launch values are called Value, too.
using lacuna::DType, lacuna::Expression, lacuna::KernelImage, lacuna::Program;
using lacuna::ProgramArgument, lacuna::ProgramCheck, lacuna::ProgramParameter;
using lacuna::ProgramStep, lacuna::ProgramTensor;
namespace tile = lacuna::tile;

/// The element type's DType; none for types that no argument can have.
static std::optional<DType> dtypeOf(Type type) {
  std::string spelling;
  llvm::raw_string_ostream(spelling) << type;
  return lacuna::parseDType(spelling);
}

namespace {
class Exporter {
public:
  explicit Exporter(tile::ProgramOp op) : op(op) {}

  FailureOr<Program> run();

private:
  LogicalResult exportArguments();
  LogicalResult exportOp(Operation &inner);
  LogicalResult exportTensor(tile::NewTensorOp made);
  LogicalResult exportLaunch(tile::LaunchOp launch);
  LogicalResult exportCheck(Operation &check, ProgramCheck::Relation relation, Value lhs,
                            StringRef lhsName, Value rhs, StringRef rhsName);

  tile::ProgramOp op;
  Program program;
  llvm::DenseMap<Value, Expression> expressions;
  /// How a kernel is handed each tensor or scalar.
  llvm::DenseMap<Value, ProgramParameter> parameters;
};
} // namespace

FailureOr<Program> Exporter::run() {
  program.name = op.getSymName().str();
  if (failed(exportArguments()))
    return failure();
  for (Operation &inner : op.getBody().front())
    if (failed(exportOp(inner)))
      return failure();
  return std::move(program);
}

LogicalResult Exporter::exportArguments() {
  for (BlockArgument argument : op.getBody().getArguments()) {
    unsigned index = argument.getArgNumber();
    ProgramArgument exported;
    auto name = op.getArgAttrOfType<StringAttr>(index, "tile.name");
    exported.name = name ? name.str() : llvm::formatv("argument {0}", index).str();
    auto tensor = dyn_cast<RankedTensorType>(argument.getType());
    exported.isTensor = bool(tensor);
    std::optional<DType> dtype = dtypeOf(tensor ? tensor.getElementType() : argument.getType());
    if (!dtype)
      return op.emitOpError("takes argument ") << index << " of a type no launch can pass";
    exported.dtype = *dtype;
    // What no kernel takes may lie anywhere.
    auto alignment = op.getArgAttrOfType<IntegerAttr>(index, "tile.alignment");
    exported.alignment = alignment ? alignment.getInt() : byteSize(*dtype);
    if (auto digest = op.getArgAttrOfType<StringAttr>(index, "tile.digest"))
      exported.digest = digest.str();
    if (tensor)
      for (int64_t extent : tensor.getShape())
        exported.dims.push_back(ShapedType::isDynamic(extent) ? lacuna::dynamicExtent : extent);
    else
      expressions[argument] = Expression::scalar(index);
    parameters[argument] = ProgramParameter::argument(index);
    program.arguments.push_back(std::move(exported));
  }
  return success();
}

LogicalResult Exporter::exportOp(Operation &inner) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&inner)
      .Case([&](tile::NewTensorOp made) { return exportTensor(made); })
      .Case([&](tile::LaunchOp launch) { return exportLaunch(launch); })
      .Case([&](tile::CopyMapOp copy) {
        tile::CopyMapType box = copy.getMap().getType();
        parameters[copy] =
            ProgramParameter::copyMap(parameters[copy.getTensor()], box.getRows(), box.getColumns(),
                                      copy.getParts(), box.getHeads());
        return success();
      })
      .Case([&](tile::ExpectEqualOp check) {
        return exportCheck(inner, ProgramCheck::Relation::Equal, check.getLhs(), check.getLhsName(),
                           check.getRhs(), check.getRhsName());
      })
      .Case([&](tile::ExpectDividesOp check) {
        return exportCheck(inner, ProgramCheck::Relation::Divides, check.getLhs(),
                           check.getLhsName(), check.getRhs(), check.getRhsName());
      })
      .Case([&](tile::StatusOp status) {
        parameters[status] = ProgramParameter::status();
        for (Attribute meaning : status.getMeanings())
          program.statusMeanings.push_back(cast<StringAttr>(meaning).str());
        return success();
      })
      .Case([&](tile::ReturnOp) { return success(); })
      .Default([&](Operation *) -> LogicalResult {
        FailureOr<Expression> value = lacuna::exportExpression(inner, expressions);
        if (failed(value))
          return failure();
        expressions[inner.getResult(0)] = *value;
        return success();
      });
}

LogicalResult Exporter::exportCheck(Operation &check, ProgramCheck::Relation relation, Value lhs,
                                    StringRef lhsName, Value rhs, StringRef rhsName) {
  program.checks.push_back(
      {relation, expressions[lhs], expressions[rhs], lhsName.str(), rhsName.str()});
  return success();
}

LogicalResult Exporter::exportTensor(tile::NewTensorOp made) {
  ProgramTensor tensor;
  auto type = cast<RankedTensorType>(made.getTensor().getType());
  std::optional<DType> dtype = dtypeOf(type.getElementType());
  if (!dtype)
    return made.emitOpError("has elements of a type that no launch can hold");
  tensor.dtype = *dtype;
  if (auto alignment = made->getAttrOfType<IntegerAttr>("tile.alignment"))
    tensor.alignment = alignment.getInt();
  auto sizes = made.getSizes().begin();
  for (int64_t extent : type.getShape())
    tensor.dims.push_back(ShapedType::isDynamic(extent) ? expressions[*sizes++]
                                                        : Expression(extent));
  auto results = op.getBody().front().getTerminator()->getOperands();
  auto place = llvm::find(results, made.getTensor());
  if (place == results.end()) {
    tensor.name = llvm::formatv("temporary {0}", program.temporaries.size()).str();
    parameters[made] = ProgramParameter::temporary(program.temporaries.size());
    program.temporaries.push_back(std::move(tensor));
    return success();
  }
  unsigned index = std::distance(results.begin(), place);
  tensor.name = llvm::formatv("result {0}", index).str();
  if (program.results.size() < results.size())
    program.results.resize(results.size());
  parameters[made] = ProgramParameter::result(index);
  program.results[index] = std::move(tensor);
  return success();
}

LogicalResult Exporter::exportLaunch(tile::LaunchOp launch) {
  if (!launch.getRowTile() || !launch.getThreads() || !launch.getSharedBytes())
    return launch.emitOpError("does not know the sizes of its kernel; run tile-size-launches");
  ProgramStep step;
  step.kernel = program.kernels.size();
  step.grid = expressions[launch.getBatches()] * expressions[launch.getHeads()] *
              ceilDiv(expressions[launch.getRows()], int64_t(*launch.getRowTile()));
  step.threads = *launch.getThreads();
  step.sharedBytes = *launch.getSharedBytes();
  step.blocksPerMultiprocessor = launch.getBlocksPerSm().value_or(0);
  step.isPlan = launch.getPlan();
  if (step.isPlan && !program.steps.empty() && !program.steps.back().isPlan)
    return launch.emitOpError("makes the plan after a launch that may use it");
  for (Value argument : launch.getKernelArguments()) {
    auto known = parameters.find(argument);
    if (step.isPlan && known != parameters.end()) {
      if (known->second.kind == ProgramParameter::Kind::Result)
        return launch.emitOpError("makes the plan and cannot take a result of the program");
      if (known->second.kind == ProgramParameter::Kind::Temporary)
        program.temporaries[known->second.index].ofPlan = true;
    }
    // What is no tensor and no argument was computed here.
    step.parameters.push_back(
        known != parameters.end()
            ? known->second
            : ProgramParameter::integer(expressions[argument], argument.getType().isInteger(64)
                                                                   ? DType::I64
                                                                   : DType::I32));
  }
  KernelImage image;
  image.name = launch.getKernel().str();
  program.kernels.push_back(std::move(image));
  program.steps.push_back(std::move(step));
  return success();
}

FailureOr<Program> lacuna::exportProgram(tile::ProgramOp program) {
  return Exporter(program).run();
}
