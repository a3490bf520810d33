//===- Arguments.h - All arguments of a spec from the command line ----------===//
#ifndef TOOLS_LACUNA_RUN_ARGUMENTS_H
#define TOOLS_LACUNA_RUN_ARGUMENTS_H

#include "tools/lacuna-run/Inputs.h"

#include <string>
#include <string_view>
#include <vector>

namespace lacuna {

/// Arrays, and the values that point into them.
struct Arguments {
  std::vector<HostArray> arrays;
  std::vector<Value> values;
};

/// What a tensor may be given by.
enum class TensorInput {
  Elements,       ///< its elements
  ElementsOrShape ///< or its shape alone; its address is 0 then
};

/// Makes the arguments of the spec `name` from one text each. Errors: Io and Type,
/// as makeInput; Type, when their number is wrong or an array that may be a shape
/// alone is not of the type that the spec says.
Result<Arguments> makeArguments(const std::string &name,
                                const std::vector<ReferenceArgument> &expected,
                                const std::vector<std::string> &inputs, TensorInput tensors);

/// The same for a spec that is parsed.
Result<Arguments> makeArguments(const ReferenceSpec &spec, const std::vector<std::string> &inputs,
                                TensorInput tensors);

/// The same for the text of a spec; `function` as for ReferenceSpec::parse. Errors: Syntax,
/// too.
Result<Arguments> parseArguments(std::string_view text, std::string_view fileName,
                                 std::string_view function, const std::vector<std::string> &inputs,
                                 TensorInput tensors);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_ARGUMENTS_H
