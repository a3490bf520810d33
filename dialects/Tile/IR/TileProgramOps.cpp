//===- TileProgramOps.cpp - Programs and kernels --------------------------===//
#include "dialects/Tile/IR/Tile.h"

#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace lacuna::tile;

template <class FunctionOp>
static ParseResult parseFunction(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> inputs, ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag,
                      std::string &) { return builder.getFunctionType(inputs, results); };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false, FunctionOp::getFunctionTypeAttrName(result.name),
      buildType, FunctionOp::getArgAttrsAttrName(result.name),
      FunctionOp::getResAttrsAttrName(result.name));
}

template <class FunctionOp>
static void printFunction(FunctionOp op, OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(printer, op, /*isVariadic=*/false,
                                           op.getFunctionTypeAttrName(), op.getArgAttrsAttrName(),
                                           op.getResAttrsAttrName());
}

ParseResult ProgramOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseFunction<ProgramOp>(parser, result);
}
void ProgramOp::print(OpAsmPrinter &printer) { printFunction(*this, printer); }

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseFunction<KernelOp>(parser, result);
}
void KernelOp::print(OpAsmPrinter &printer) { printFunction(*this, printer); }

LogicalResult KernelOp::verify() {
  if (!getResultTypes().empty())
    return emitOpError("returns nothing; outputs are views among its arguments");
  for (Type type : getArgumentTypes())
    if (auto view = dyn_cast<ViewType>(type); view && view.getHeads() > 1)
      return emitOpError("takes packed heads, which only 'tile.pack_heads' makes");
  if (std::optional<ScheduleAttr> schedule = getSchedule();
      schedule && getRowTile() % (16 * schedule->getWarps()))
    return emitOpError("has tiles of ")
           << getRowTile() << " rows, must be a multiple of 16 for each of " << schedule->getWarps()
           << " warps";
  return success();
}

Axis KernelOp::getRowAxis() {
  Axis axis = Axis::Query;
  getBody().walk([&](BlockOp block) { axis = block.getAxis(); });
  return axis;
}

int64_t KernelOp::getRowTile() {
  return getRowAxis() == Axis::Key ? getSchedule()->getKeyTile() : getSchedule()->getQueryTile();
}

int64_t KernelOp::getColumnTile() {
  return getRowAxis() == Axis::Key ? getSchedule()->getQueryTile() : getSchedule()->getKeyTile();
}

LogicalResult CopyMapOp::verify() {
  auto tensor = cast<RankedTensorType>(getTensor().getType());
  if (tensor.getRank() < 2 || tensor.getRank() > 5)
    return emitOpError("copies boxes of a tensor of rank ")
           << tensor.getRank() << ", must be from 2 to 5";
  if (getMap().getType().getHeads() > 1 && tensor.getRank() != 4)
    return emitOpError("packs heads of a tensor of rank ") << tensor.getRank() << ", must be 4";
  if (tensor.getElementType() != getMap().getType().getElementType())
    return emitOpError("copies elements of type ")
           << tensor.getElementType() << " as " << getMap().getType().getElementType();
  return success();
}

int64_t KernelOp::getThreads() {
  return 32 * getSchedule()->getWarps() + (getSchedule()->getRoles() ? 128 : 0);
}

LogicalResult ReturnOp::verify() {
  auto function = cast<FunctionOpInterface>((*this)->getParentOp());
  if (!llvm::equal(function.getResultTypes(), getOperandTypes()))
    return emitOpError("must return the result types of '") << function.getName() << "'";
  return success();
}

LogicalResult NewTensorOp::verify() {
  auto open = cast<RankedTensorType>(getTensor().getType()).getNumDynamicDims();
  if (open != getSizes().size())
    return emitOpError("gives ") << getSizes().size() << " sizes for " << open
                                 << " open dimensions of " << getTensor().getType();
  return success();
}

/// A view takes a tensor of its own rank and element type, and one element a tensor without
/// dimensions; a scalar its own type.
static bool accepts(Type parameter, Type argument) {
  auto view = dyn_cast<ViewType>(parameter);
  auto tensor = dyn_cast<RankedTensorType>(argument);
  if (!view || !tensor)
    return parameter == argument;
  bool isElement = tensor.getRank() == 0 && view.getShape() == ArrayRef<int64_t>{1};
  return view.getElementType() == tensor.getElementType() &&
         (isElement || succeeded(verifyCompatibleShape(view.getShape(), tensor.getShape())));
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *target = symbols.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!target)
    return emitOpError("launches unknown kernel '") << getKernel() << "'";
  auto kernel = dyn_cast<KernelOp>(target);
  if (!kernel) // already lowered: its parameters are no longer views
    return success();
  ArrayRef<Type> parameters = kernel.getArgumentTypes();
  while (parameters.size() > getKernelArguments().size() && isa<CopyMapType>(parameters.back()))
    parameters = parameters.drop_back();
  if (parameters.size() != getKernelArguments().size())
    return emitOpError("passes ") << getKernelArguments().size() << " arguments to '" << getKernel()
                                  << "', which takes " << parameters.size();
  for (auto [index, parameter, argument] :
       llvm::enumerate(parameters, getKernelArguments().getTypes()))
    if (!accepts(parameter, argument))
      return emitOpError("passes ") << argument << " as argument " << index << " of '"
                                    << getKernel() << "', which takes " << parameter;
  return success();
}
