//===- Launch.h - A program on a device --------------------------------------===//
//
// The launch path. Everything that can be done once is done when a program is
// loaded; a launch checks what it was given, evaluates a few expressions, packs
// parameters on the stack and calls the device: no lock, no hash, no
// allocation, unless it ends in an error, whose message is built then.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_LAUNCH_H
#define LIB_RUNTIME_LAUNCH_H

#include "lacuna/Device.h"
#include "lacuna/Tensor.h"
#include "lib/Runtime/PlanInputs.h"
#include "lib/Runtime/Program.h"

#include <memory>
#include <mutex>
#include <vector>

namespace lacuna {

/// Largest parameter block of a kernel, as every CUDA since 4.0 has it.
inline constexpr std::size_t maxParameterBytes = 4096;

class PlanInstance;

/// A program whose kernels a device has loaded. Must not outlive the device.
/// Launching is thread-safe if the device's launch is.
class ProgramInstance {
public:
  /// Loads the kernels. Errors: those of verifyProgram and Device::load.
  static Result<std::unique_ptr<ProgramInstance>> create(Program program, Device &device);
  ~ProgramInstance();

  const Program &program() const { return loaded; }

  /// Extents of a result for these arguments. Errors: Type.
  Result<std::vector<std::int64_t>> resultShape(std::size_t result, Span<Value> arguments) const;

  /// Bytes of device memory that a launch with these arguments needs beside its
  /// arguments and results, without or with a plan. Errors: Type.
  Result<std::size_t> workspaceBytes(Span<Value> arguments, bool withPlan = false) const;

  /// Bytes of device memory that a plan for these arguments needs; 0 when the
  /// program makes none. Errors: Type.
  Result<std::size_t> planBytes(Span<Value> arguments) const;

  /// Checks everything, then enqueues on `stream` all steps, or those that are
  /// not of the plan when one is given. `workspace` is aligned to 256 bytes and
  /// must be left alone until the steps are done. When all results are empty
  /// nothing is enqueued.
  /// Errors: Type, naming the argument and what it needs, or in what the plan is
  /// another's; Resource when the workspace is too small; those of
  /// Device::launch.
  Status launch(Span<Value> arguments, Span<TensorRef> results, DeviceAddress workspace,
                std::size_t bytes, Stream stream, const PlanInstance *plan = nullptr) const;

  /// Waits for `stream` and reports what kernels found wrong in the data they
  /// read since the last call; what depends on it is NaN then. Errors: Type.
  Status takeStatus(Stream stream);

private:
  friend class PlanInstance;

  /// Where a kernel parameter lies in the parameter block.
  struct Parameter {
    ProgramParameter source;
    std::uint32_t offset;
  };
  struct Step {
    Expression grid;
    LaunchShape shape;
    std::unique_ptr<LoadedKernel> kernel;
    std::vector<Parameter> parameters;
    std::uint32_t parameterBytes = 0;
    std::uint32_t mostBlocks = INT32_MAX; ///< the device's share of a larger grid
    bool isPlan = false;
  };
  /// What one launch was given.
  struct Given {
    Span<Value> arguments;
    Span<TensorRef> results;
    DeviceAddress plan = 0; ///< memory of the plan; 0 when there is none
    DeviceAddress workspace = 0;
    Stream stream;
  };

  /// The plan of a launch that brings none lies in front of the rest.
  struct WorkspaceSize {
    std::size_t plan = 0, rest = 0;
    std::size_t bytes() const { return plan + rest; }
  };

  ProgramInstance(Program program, Device &device);
  Status load();
  Result<Step> loadStep(const ProgramStep &step) const;
  std::uint32_t parameterBytes(const ProgramParameter &parameter) const;
  /// The tensor that a parameter hands over as `kind`. Errors: Type.
  Result<TensorRef> tensorOf(const Given &given, ProgramParameter::Kind kind,
                             std::uint32_t index) const;
  Status pack(const Given &given, const Step &step, const ProgramParameter &parameter,
              char *to) const;
  Status launchStep(const Given &given, const Step &step) const;
  /// The workspace for arguments whose shapes have been checked.
  Result<WorkspaceSize> workspaceSize(Span<Value> arguments, bool withPlan) const;
  Status runPlan(const Given &given) const;
  Status runRest(const Given &given) const;
  /// Equal for programs that make the same plans. Made when it is first asked
  /// for: it digests every image.
  const std::string &identity() const;
  /// That tables hold what the program was made for.
  Status checkDigests(Span<Value> arguments, Stream stream) const;
  /// What a status word says; ok when it is 0.
  Status explain(std::uint32_t word) const;

  Program loaded;
  Device &device;
  std::vector<Step> steps;
  bool planned = false;          ///< some steps make a plan
  bool checksDigests = false;    ///< of tables that the program was made for
  std::vector<PlanInput> inputs; ///< what a plan depends on
  mutable std::once_flag identityMade;
  mutable std::string identityText; ///< identity(), once it was asked for
  DeviceAddress statusWord = 0;     ///< of an i32; 0 when no kernel takes it
};

} // namespace lacuna

#endif // LIB_RUNTIME_LAUNCH_H
