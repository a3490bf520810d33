//===- Environment.h - The one table of LACUNA_ variables ------------------===//
//
// Everything that the environment can change is listed here, with what it
// does, so that tools can print it and nothing reads getenv on the side. The
// process environment is read once; a program may override a variable, which
// beats the environment.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_SUPPORT_ENVIRONMENT_H
#define LIB_SUPPORT_ENVIRONMENT_H

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lacuna {

/// The variables, in the order of environmentTable().
enum class Variable : int {
  Cache,
  CacheDir,
  CacheMaxSize,
  CheckPlans,
  CudaPath,
  EmulatorThreads,
  NvrtcPath,
};

/// One row of the table.
struct VariableInfo {
  Variable variable;
  std::string_view name;        ///< "LACUNA_CACHE_DIR"
  std::string_view description; ///< values, meaning, default
};

/// All variables, by name.
std::span<const VariableInfo> environmentTable();

/// The value in force: the override, else the environment's as it was when any
/// variable was first asked for. An empty value counts as unset. Thread-safe.
std::optional<std::string> environmentValue(Variable variable);

/// Sets the value for this process; none takes an earlier override back.
void overrideEnvironment(Variable variable, std::optional<std::string> value);

/// The variable's name: for messages.
std::string_view environmentName(Variable variable);

} // namespace lacuna

#endif // LIB_SUPPORT_ENVIRONMENT_H
