//===- Types.cpp - Types and names of values in the text ------------------===//
#include "lib/Conversion/TileToEmitC/Types.h"

#include "lib/Conversion/TileToEmitC/ScalarCode.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lacuna;

std::string lacuna::viewTypeText(tile::ViewType type) {
  std::string rank = std::to_string(type.getRank());
  if (type.getHeads() == 1)
    return "lacuna::View<" + rank + ">";
  return "lacuna::PackedView<" + rank + ", " + std::to_string(type.getHeads()) + ">";
}

Type lacuna::kernelParameterType(Emission &emission, Type type) {
  if (auto view = dyn_cast<tile::ViewType>(type)) {
    emission.include("view");
    return emitc::OpaqueType::get(type.getContext(), viewTypeText(view));
  }
  if (isa<tile::CopyMapType>(type)) {
    emission.include("copy_bulk");
    return emitc::OpaqueType::get(type.getContext(), "const __grid_constant__ lacuna::CopyMap");
  }
  return parameterType(emission, type);
}

Type lacuna::parameterType(Emission &emission, Type type) {
  if (isa<IntegerType, IndexType, FloatType>(type))
    return scalarType(type);
  return opaqueParameterType(emission, type);
}

Type lacuna::opaqueParameterType(Emission &emission, Type type) {
  std::string text;
  if (auto view = dyn_cast<tile::ViewType>(type)) {
    emission.include("view");
    text = "const " + viewTypeText(view) + " &";
  } else if (isa<tile::StatusType>(type)) {
    emission.include("status");
    text = "lacuna::Status";
  } else if (isa<tile::SharedType>(type)) {
    text = "uint32_t";
  } else {
    text = scalarTypeText(type);
  }
  return emitc::OpaqueType::get(type.getContext(), text);
}

std::string lacuna::identifier(StringRef text) {
  std::string name;
  for (char c : text)
    name += llvm::isAlnum(c) ? c : '_';
  if (name.empty() || llvm::isDigit(name[0]))
    name = "v" + name;
  return name;
}

std::string lacuna::nameOf(Value value) {
  if (StringRef name = nameIn(value.getLoc()); !name.empty())
    return identifier(name);
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    Operation *parent = argument.getOwner()->getParentOp();
    if (auto kernel = dyn_cast<tile::KernelOp>(parent)) {
      if (auto name = kernel.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "tile.name"))
        return identifier(name);
      if (isa<tile::StatusType>(argument.getType()))
        return "status";
      bool isView = isa<tile::ViewType>(argument.getType());
      return (isView ? "view" : "scalar") + std::to_string(argument.getArgNumber());
    }
    if (auto loop = dyn_cast<tile::ForRunsOp>(parent)) {
      static constexpr StringRef leading[] = {"key", "partial", "valid", "step", "next", "more"};
      if (argument.getArgNumber() < loop.getNumLeading())
        return leading[argument.getArgNumber()].str();
    }
    if (isa<scf::ForOp>(parent))
      return "index";
    return "argument" + std::to_string(argument.getArgNumber());
  }
  Operation *op = value.getDefiningOp();
  if (auto dim = dyn_cast<tile::DimOp>(op))
    return nameOf(dim.getView()) + "_dim" + std::to_string(dim.getAxis());
  if (auto part = dyn_cast<tile::PartOp>(op))
    return nameOf(part.getView()) + "_part";
  if (auto pack = dyn_cast<tile::PackHeadsOp>(op))
    return nameOf(pack.getView()) + "_packed";
  if (isa<tile::BlockOp, tile::ReceiveBlockOp>(op)) {
    static constexpr StringRef results[] = {"batch", "head", "first"};
    return results[cast<OpResult>(value).getResultNumber()].str();
  }
  if (isa<tile::PieceOp>(op)) {
    static constexpr StringRef results[] = {"sequence",  "first",     "query_begin",
                                            "query_end", "key_begin", "key_end"};
    return results[cast<OpResult>(value).getResultNumber()].str();
  }
  return op->getName().stripDialect().str();
}
