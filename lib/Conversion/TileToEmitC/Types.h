//===- Types.h - Types and names of values in the text ---------*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_TYPES_H
#define LIB_CONVERSION_TILETOEMITC_TYPES_H

#include "lib/Conversion/TileToEmitC/Emission.h"

namespace lacuna {

/// "lacuna::View<4>"
std::string viewTypeText(tile::ViewType type);

/// Type of a kernel's parameter: a scalar, a view or the status.
mlir::Type kernelParameterType(Emission &emission, mlir::Type type);

/// Type of a parameter for a scalar, a view, the status or a slot (its shared address). Views
/// are passed by reference: what is called is inlined.
mlir::Type parameterType(Emission &emission, mlir::Type type);

/// The same as text, wrapped in an opaque type.
mlir::Type opaqueParameterType(Emission &emission, mlir::Type type);

/// A C++ identifier made of `text`.
std::string identifier(llvm::StringRef text);

/// What a scalar or view is called in the text: the name in its location, or one
/// made of its definition ("k_extent_2").
std::string nameOf(mlir::Value value);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_TYPES_H
