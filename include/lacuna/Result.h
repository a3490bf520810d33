//===- Result.h - Errors as values ----------------------------------------===//
//
// Every fallible call of the public API returns a Status or a Result<T>; no
// exception crosses the boundary. The kind says who can help (the author of
// the spec, the caller, the administrator of the machine); the message is one
// complete sentence or an MLIR diagnostic, fit to be shown as it is.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_RESULT_H
#define LACUNA_RESULT_H

#include <optional>
#include <string>
#include <utility>

namespace lacuna {

/// Why a call failed. The numbers are part of the C ABI.
enum class StatusKind : int {
  Ok = 0,
  Syntax = 1,      ///< the spec does not parse
  Type = 2,        ///< shapes, dtypes or arguments disagree
  Unsupported = 3, ///< legal, but not built yet for this target
  Resource = 4,    ///< memory, registers or shared memory do not suffice
  Compiler = 5,    ///< a pass or NVRTC failed: a defect of Lacuna
  Timeout = 6,     ///< the stated time limit passed
  Driver = 7,      ///< CUDA driver, NVRTC library or emulator reported an error
  Io = 8,          ///< a file could not be read or written
};

/// Success, or a kind and a message.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(StatusKind kind, std::string message)
      : statusKind(kind), statusMessage(std::move(message)) {}

  bool isOk() const { return statusKind == StatusKind::Ok; }
  StatusKind kind() const { return statusKind; }
  const std::string &message() const { return statusMessage; }

private:
  StatusKind statusKind = StatusKind::Ok;
  std::string statusMessage;
};

/// A value, or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
public:
  Result(T value) : held(std::move(value)) {}
  Result(Status status) : failure(std::move(status)) {}

  explicit operator bool() const { return held.has_value(); }
  T &operator*() & { return *held; }
  const T &operator*() const & { return *held; }
  T &&operator*() && { return std::move(*held); }
  T *operator->() { return &*held; }
  const T *operator->() const { return &*held; }
  /// Ok when there is a value.
  const Status &status() const { return failure; }

private:
  std::optional<T> held;
  Status failure;
};

} // namespace lacuna

#endif // LACUNA_RESULT_H
