//===- Plan.h - Run lists that many launches read -----------------------------===//
//
// The steps of a program that make its plan depend on a few sizes, scalars and
// tables (labels, positions), and not on queries, keys and values. Run once by an
// update, they serve every layer that has the same mask.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_PLAN_H
#define LIB_RUNTIME_PLAN_H

#include "lib/Runtime/Launch.h"

#include <memory>
#include <string>
#include <vector>

namespace lacuna {

/// The plan of one program in device memory; empty for a program that makes none,
/// so that a caller need not know. Serves every program that was
/// compiled from the same spec for the same target. Launches may share it from
/// several threads, but not during an update; on the device, streams order them.
class PlanInstance {
public:
  /// Makes an empty plan in `memory`, or in memory of its own where that is 0:
  /// enough for `arguments`, whose addresses may be 0. Errors: Type; Resource
  /// when `bytes` are too few.
  static Result<std::unique_ptr<PlanInstance>>
  create(std::shared_ptr<const ProgramInstance> program, Span<Value> arguments,
         DeviceAddress memory, std::size_t bytes);
  ~PlanInstance();

  /// Enqueues the steps of the plan, in place: without allocation and without
  /// waiting. Sizes may differ from those at creation as long as the memory
  /// suffices. Tensors that no step of the plan takes need no address.
  /// Errors: Type, Resource; those of Device::launch. The plan is then empty.
  Status update(Span<Value> arguments, Stream stream);

  /// Waits for `stream` and reports what the last update found wrong in the data
  /// it read; launches with the plan report it as well. Errors: Type.
  Status status(Stream stream) const;

  /// That a launch of `program` with these arguments, which have been checked, may
  /// use the plan. Errors: Type.
  Status checkServes(const ProgramInstance &program, Span<Value> arguments, Stream stream) const;

  DeviceAddress memory() const { return address; }

private:
  explicit PlanInstance(std::shared_ptr<const ProgramInstance> program)
      : program(std::move(program)) {}

  std::shared_ptr<const ProgramInstance> program;
  std::vector<std::size_t> tensors;  ///< arguments that must have an address
  std::vector<std::uint64_t> values; ///< of program->inputs at the last update
  std::vector<std::string> digests;  ///< of `tensors` then; empty unless asked for
  bool isUpToDate = false;
  DeviceAddress address = 0;
  std::size_t bytes = 0;
  bool ownsMemory = false;
};

} // namespace lacuna

#endif // LIB_RUNTIME_PLAN_H
