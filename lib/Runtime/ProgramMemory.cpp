#include "lib/Runtime/ProgramMemory.h"

#include "lib/Runtime/LaunchChecks.h"

#include <algorithm>

using namespace lacuna;

bool lacuna::hasPlan(const Program &program) {
  return std::any_of(program.steps.begin(), program.steps.end(),
                     [](const ProgramStep &step) { return step.isPlan; });
}

/// Bytes that a temporary takes, up to where the next one may begin.
static Result<std::uint64_t> paddedBytes(const ProgramTensor &tensor, const TensorRef &ref) {
  // Extents are below 2^31, but their product may be anything.
  std::uint64_t bytes = byteSize(tensor.dtype);
  for (int axis = 0; axis < ref.rank; ++axis)
    if (__builtin_mul_overflow(bytes, std::uint64_t(ref.shape[axis]), &bytes))
      return Status(StatusKind::Resource, tensor.name + " is larger than memory can be");
  return (bytes + memoryAlignment - 1) / memoryAlignment * memoryAlignment;
}

/// Temporary number `index`, or past the last one an empty tensor at the end of
/// the piece.
static Result<TensorRef> walk(const Program &program, Span<Value> arguments, std::size_t index,
                              bool ofPlan, DeviceAddress begin) {
  std::uint64_t offset = ofPlan && hasPlan(program) ? memoryAlignment : 0;
  for (std::size_t i = 0; i < program.temporaries.size(); ++i) {
    const ProgramTensor &tensor = program.temporaries[i];
    if (tensor.ofPlan != ofPlan)
      continue;
    auto extents = extentsOf(tensor, arguments);
    if (!extents)
      return extents.status();
    TensorRef ref = TensorRef::contiguous(begin + offset, tensor.dtype,
                                          Span<std::int64_t>(extents->data(), tensor.dims.size()));
    if (i == index)
      return ref;
    Result<std::uint64_t> bytes = paddedBytes(tensor, ref);
    if (!bytes)
      return bytes.status();
    offset += *bytes;
  }
  return TensorRef::contiguous(begin + offset, DType::I8, {0});
}

Result<std::size_t> lacuna::memoryBytes(const Program &program, Span<Value> arguments,
                                        bool ofPlan) {
  Result<TensorRef> end = walk(program, arguments, program.temporaries.size(), ofPlan, 0);
  return end ? Result<std::size_t>(std::size_t(end->address)) : end.status();
}

Result<TensorRef> lacuna::temporaryIn(const Program &program, Span<Value> arguments,
                                      std::size_t index, DeviceAddress begin) {
  return walk(program, arguments, index, program.temporaries[index].ofPlan, begin);
}

Status lacuna::checkMemory(const char *what, DeviceAddress address, std::size_t given,
                           std::size_t needed) {
  if (given < needed)
    return Status(StatusKind::Resource, std::string(what) + " has " + std::to_string(given) +
                                            " bytes, needs " + std::to_string(needed));
  if (needed && address % memoryAlignment != 0)
    return Status(StatusKind::Type, std::string(what) + " is not aligned to 256 bytes");
  return Status();
}
