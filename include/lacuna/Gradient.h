//===- Gradient.h - Gradients of specs ----------------------------------------===//
//
// Nobody writes the gradient of an attention by hand: it is made from the spec, and
// is a spec like any other.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_GRADIENT_H
#define LACUNA_GRADIENT_H

#include "lacuna/Compile.h"

#include <string>
#include <string_view>

#pragma GCC visibility push(default) // these are what the shared library exports

namespace lacuna {

/// The gradient of spec @NAME as a spec, @NAME_gradient. It takes the arguments of
/// @NAME, the results of @NAME for them, and gradients of these results, in that
/// order; it returns gradients of queries, keys and values and of every tensor and
/// scalar of floats that the score reads, in the order of the arguments. Places in its
/// text are those of `spec`. Of `options` it reads the function and the name of the
/// file. Errors: Syntax and Type with located diagnostics; Unsupported for what has
/// no derivative yet, or is no spec.
Result<std::string> differentiate(std::string_view spec, const CompileOptions &options);

/// Compiles the gradient of a spec. Errors: those of differentiate and compile.
Result<Executable> compileGradient(std::string_view spec, const CompileOptions &options);

} // namespace lacuna

#pragma GCC visibility pop

#endif // LACUNA_GRADIENT_H
