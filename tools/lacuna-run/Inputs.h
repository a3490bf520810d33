//===- Inputs.h - Arguments of a spec from the command line ----------------===//
#ifndef TOOLS_LACUNA_RUN_INPUTS_H
#define TOOLS_LACUNA_RUN_INPUTS_H

#include "lacuna/Reference.h"
#include "lib/Support/Npy.h"

#include <string>

namespace lacuna {

/// Makes the argument that `text` describes:
///
///   @file.npy         an array; floats are rounded to the spec's type
///   42, -1.5, true    a scalar
///   2x8xf16=ELEMENTS  random numbers, documents, a list... (Elements.h)
///
/// A scalar has no dimensions. Errors: Io for files, Type for text that does not say
/// an argument of that type.
Result<HostArray> makeInput(const std::string &text, const ReferenceArgument &argument);

/// Whether `text` is a bare shape for a tensor: "2x8xf16".
bool isShapeOnly(const std::string &text, const ReferenceArgument &argument);

/// An array without bytes, from such a text: for those who read shapes only.
/// Errors: Type.
Result<HostArray> makeShape(const std::string &text, const ReferenceArgument &argument);

/// The array as a launch takes it, with the address of its bytes; `array` must
/// outlive it.
Value valueOf(const HostArray &array, bool isTensor);

/// Appends an element; integers are truncated, floats rounded to nearest even.
void appendElement(std::string &bytes, DType type, double value);

/// Element `index` of a row-major array.
double elementOf(const HostArray &array, std::int64_t index);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_INPUTS_H
