//===- Emission.h - The text that kernels of a module share ----*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_EMISSION_H
#define LIB_CONVERSION_TILETOEMITC_EMISSION_H

#include "lib/Conversion/TileToEmitC/Fragment.h"

#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <set>

namespace lacuna {

/// Stands for the name of a function in its own text.
inline constexpr llvm::StringLiteral ownName = "$";

/// What stands above the kernels of one module: includes, structs and functions,
/// each printed once however many operations need it.
class Emission {
public:
  /// Definitions are inserted where `definitions` stands.
  explicit Emission(mlir::OpBuilder definitions) : definitions(definitions) {}

  /// Following definitions are inserted before `op`.
  void defineBefore(mlir::Operation *op) { definitions.setInsertionPoint(op); }

  /// Makes the text include kernels/lacuna/`name`.cuh.
  void include(llvm::StringRef name) { includes.insert(name.str()); }

  /// The struct of a fragment, defined if it is not yet.
  mlir::Type structOf(mlir::Location location, const Fragment &fragment);

  /// A struct of `count` fields x0, x1, ... of type `field`, under that name.
  mlir::Type record(mlir::Location location, llvm::StringRef name, llvm::StringRef field,
                    int64_t count);

  /// Name of the function with this text, in which `ownName` stands for the
  /// name; printed as `wanted`, or `wanted_2`, ... where that name is taken.
  std::string function(mlir::Location location, llvm::StringRef wanted, llvm::StringRef text);

  /// The same for a function in EmitC; one with an equal body replaces it.
  std::string function(llvm::StringRef wanted, mlir::emitc::FuncOp function);

  /// A new EmitC function, detached until passed to `function`.
  mlir::emitc::FuncOp create(mlir::Location location, mlir::TypeRange arguments, mlir::Type result);

  /// Puts the includes before all definitions, which start at `first`.
  void finish(mlir::Operation *first);

  unsigned numFunctions() const { return byText.size(); }
  unsigned numShared() const { return shared; }

private:
  std::string uniqueName(llvm::StringRef wanted);

  mlir::OpBuilder definitions;
  std::set<std::string> includes;
  llvm::StringSet<> structs, names;
  llvm::StringMap<std::string> byText;
  unsigned shared = 0;
};

/// A location that names the variable defined there.
mlir::Location named(llvm::StringRef name, mlir::Location location);

/// The name that a location carries, or nothing.
llvm::StringRef nameIn(mlir::Location location);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_EMISSION_H
