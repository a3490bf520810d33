//===- Emission.cpp - The text that kernels of a module share -------------===//
//
// Two operations that do the same print the same text but for the function's
// name, so the text itself, with a sign in place of the name, is the key that
// finds a function again.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/Emission.h"

using namespace mlir;
using namespace lacuna;

static constexpr StringLiteral inlineSpecifiers = "__device__ __forceinline__";

std::string Emission::uniqueName(StringRef wanted) {
  std::string name = wanted.str();
  for (unsigned i = 2; !names.insert(name).second; ++i)
    name = (wanted + "_" + Twine(i)).str();
  return name;
}

Type Emission::structOf(Location location, const Fragment &fragment) {
  return record(location, fragment.structName(), fragment.registerType(), fragment.registers());
}

Type Emission::record(Location location, StringRef name, StringRef field, int64_t count) {
  if (structs.insert(name).second) {
    std::string text = ("struct " + name + " { " + field).str();
    for (int64_t i = 0; i < count; ++i)
      text += (i ? ", x" : " x") + std::to_string(i);
    emitc::VerbatimOp::create(definitions, location, text + "; };");
  }
  include("types");
  return emitc::OpaqueType::get(definitions.getContext(), name);
}

std::string Emission::function(Location location, StringRef wanted, StringRef text) {
  auto [entry, isNew] = byText.try_emplace(text);
  if (!isNew)
    return ++shared, entry->second;
  entry->second = uniqueName(wanted);
  std::string printed = (inlineSpecifiers + " ").str();
  for (char c : text)
    if (c == ownName[0])
      printed += entry->second;
    else
      printed += c;
  emitc::VerbatimOp::create(definitions, location, printed);
  return entry->second;
}

emitc::FuncOp Emission::create(Location location, TypeRange arguments, Type result) {
  auto type = FunctionType::get(definitions.getContext(), arguments, result);
  OpBuilder detached(definitions.getContext());
  auto function = emitc::FuncOp::create(detached, location, ownName, type);
  function.setSpecifiersAttr(definitions.getStrArrayAttr({inlineSpecifiers}));
  function.addEntryBlock();
  return function;
}

std::string Emission::function(StringRef wanted, emitc::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  function->print(stream, OpPrintingFlags().useLocalScope());
  auto [entry, isNew] = byText.try_emplace(text);
  if (!isNew) {
    function->erase();
    return ++shared, entry->second;
  }
  entry->second = uniqueName(wanted);
  function.setName(entry->second);
  definitions.insert(function);
  return entry->second;
}

void Emission::finish(Operation *first) {
  definitions.setInsertionPoint(first);
  for (const std::string &name : includes)
    emitc::IncludeOp::create(definitions, first->getLoc(), "lacuna/" + name + ".cuh",
                             /*isStandardInclude=*/false);
}

Location lacuna::named(StringRef name, Location location) {
  return NameLoc::get(StringAttr::get(location.getContext(), name), location);
}

StringRef lacuna::nameIn(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName();
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (StringRef name = nameIn(part); !name.empty())
        return name;
  return {};
}
