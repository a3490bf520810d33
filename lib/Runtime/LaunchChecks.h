//===- LaunchChecks.h - What a launch demands of its arguments -------------===//
#ifndef LIB_RUNTIME_LAUNCHCHECKS_H
#define LIB_RUNTIME_LAUNCHCHECKS_H

#include "lacuna/Tensor.h"
#include "lib/Runtime/Program.h"

#include <array>

namespace lacuna {

/// That number, kinds, types and shapes of the arguments are as the program needs
/// them and that its checks hold; tensors may have no memory yet. Scalars may be
/// of another type that holds the same value: any integer that fits, and floats
/// of any width. Errors: Type, naming the argument.
Status checkShapes(const Program &program, Span<Value> arguments);

/// That strides and address of argument `index` are as kernels need them. Its
/// shape has been checked. Errors: Type, naming the argument.
Status checkAddress(const Program &program, Span<Value> arguments, std::size_t index);

/// Both, for all arguments.
Status checkArguments(const Program &program, Span<Value> arguments);

/// The same for the results' memory. `arguments` have been checked.
Status checkResults(const Program &program, Span<Value> arguments, Span<TensorRef> results);

/// Extents of a tensor that kernels write. `arguments` have been checked.
/// Errors: Type when an extent is negative, too large or has no value.
Result<std::array<std::int64_t, maxRank>> extentsOf(const ProgramTensor &tensor,
                                                    Span<Value> arguments);

/// The bits of a scalar as type `dtype`; none when it does not fit.
std::optional<std::uint64_t> scalarBits(const Value &value, DType dtype);

} // namespace lacuna

#endif // LIB_RUNTIME_LAUNCHCHECKS_H
