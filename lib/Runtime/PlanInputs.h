//===- PlanInputs.h - What a plan depends on ---------------------------------===//
//
// A plan answers for the sizes and scalars that its steps read. They are found
// once, when a program is loaded; an update keeps their values, and a launch
// compares them with its own. What a plan reads from memory cannot be compared
// that way: see PlanDigest.h.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_PLANINPUTS_H
#define LIB_RUNTIME_PLANINPUTS_H

#include "lacuna/Tensor.h"
#include "lib/Runtime/Program.h"

#include <string>
#include <vector>

namespace lacuna {

/// A dim of a tensor argument, or a scalar argument.
struct PlanInput {
  std::size_t argument = 0;
  int axis = 0; ///< of the dim; -1 for a scalar

  bool operator==(const PlanInput &) const = default;
};

/// Everything that steps and temporaries of the plan read, each once.
std::vector<PlanInput> planInputs(const Program &program);

/// The arguments that steps of the plan are handed as tensors, each once.
std::vector<std::size_t> planTensors(const Program &program);

/// The value of an input: an extent, or the bits of a scalar. The arguments have
/// been checked.
std::uint64_t valueOf(const Program &program, const PlanInput &input, Span<Value> arguments);

/// "%window is 200, the plan was updated for 100".
std::string describeMismatch(const Program &program, const PlanInput &input, std::uint64_t planned,
                             std::uint64_t given);

} // namespace lacuna

#endif // LIB_RUNTIME_PLANINPUTS_H
