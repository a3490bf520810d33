//===- ProgramMemory.h - Where the temporaries of a program lie -------------===//
//
// Two pieces of device memory: the plan's, which many launches read, and the
// workspace of one launch. Each is a row of temporaries, every one aligned; the
// plan's begins with the status word of planning.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_PROGRAMMEMORY_H
#define LIB_RUNTIME_PROGRAMMEMORY_H

#include "lacuna/Tensor.h"
#include "lib/Runtime/Program.h"

namespace lacuna {

/// Alignment of both pieces and of each temporary in them.
inline constexpr std::uint64_t memoryAlignment = 256;

/// Whether steps of the program make a plan.
bool hasPlan(const Program &program);

/// Bytes of the plan's memory, or of the workspace beside it, for these
/// arguments. Errors: Resource when no memory can be that large; Type.
Result<std::size_t> memoryBytes(const Program &program, Span<Value> arguments, bool ofPlan);

/// Temporary number `index`, where the piece it belongs to begins at `begin`.
/// Errors: as memoryBytes.
Result<TensorRef> temporaryIn(const Program &program, Span<Value> arguments, std::size_t index,
                              DeviceAddress begin);

/// That `given` bytes at `address` suffice for `needed`; `what` names them in the
/// error. Errors: Resource, Type.
Status checkMemory(const char *what, DeviceAddress address, std::size_t given, std::size_t needed);

} // namespace lacuna

#endif // LIB_RUNTIME_PROGRAMMEMORY_H
