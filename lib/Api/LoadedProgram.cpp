//===- LoadedProgram.cpp - Launches of the public interface ---------------===//
#include "lacuna/Runtime.h"

#include "lib/Api/Executable.h"
#include "lib/Runtime/Launch.h"
#include "lib/Runtime/Plan.h"
#include "lib/Runtime/ProgramMemory.h"

using namespace lacuna;

struct LoadedProgram::Implementation {
  std::shared_ptr<ProgramInstance> instance; ///< plans share it
};

struct Plan::Implementation {
  std::unique_ptr<PlanInstance> instance;
};

LoadedProgram::LoadedProgram(std::unique_ptr<Implementation> given)
    : implementation(std::move(given)) {}
LoadedProgram::LoadedProgram(LoadedProgram &&) noexcept = default;
LoadedProgram &LoadedProgram::operator=(LoadedProgram &&) noexcept = default;
LoadedProgram::~LoadedProgram() = default;

Result<LoadedProgram> LoadedProgram::load(const Executable &executable, Device &device) {
  auto instance = ProgramInstance::create(executable.implementation->compiled->program, device);
  if (!instance)
    return instance.status();
  return LoadedProgram(std::make_unique<Implementation>(Implementation{std::move(*instance)}));
}

Result<std::vector<std::int64_t>> LoadedProgram::resultShape(std::size_t result,
                                                             Span<Value> arguments) const {
  return implementation->instance->resultShape(result, arguments);
}

Result<std::size_t> LoadedProgram::workspaceBytes(Span<Value> arguments) const {
  return implementation->instance->workspaceBytes(arguments);
}

Status LoadedProgram::launch(Span<Value> arguments, Span<TensorRef> results, Stream stream,
                             Workspace workspace) const {
  return implementation->instance->launch(arguments, results, workspace.address, workspace.bytes,
                                          stream);
}

Result<std::size_t> LoadedProgram::workspaceBytesBesidePlan(Span<Value> arguments) const {
  return implementation->instance->workspaceBytes(arguments, /*withPlan=*/true);
}

bool LoadedProgram::makesPlan() const { return hasPlan(implementation->instance->program()); }

Result<std::size_t> LoadedProgram::planBytes(Span<Value> arguments) const {
  return implementation->instance->planBytes(arguments);
}

Status LoadedProgram::launch(Span<Value> arguments, Span<TensorRef> results, const Plan &plan,
                             Stream stream, Workspace workspace) const {
  return implementation->instance->launch(arguments, results, workspace.address, workspace.bytes,
                                          stream, plan.implementation->instance.get());
}

Status LoadedProgram::synchronize(Stream stream) {
  return implementation->instance->takeStatus(stream);
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

Plan::Plan(std::unique_ptr<Implementation> given) : implementation(std::move(given)) {}
Plan::Plan(Plan &&) noexcept = default;
Plan &Plan::operator=(Plan &&) noexcept = default;
Plan::~Plan() = default;

Result<Plan> Plan::create(const LoadedProgram &program, Span<Value> arguments, Workspace memory) {
  auto instance = PlanInstance::create(program.implementation->instance, arguments, memory.address,
                                       memory.bytes);
  if (!instance)
    return instance.status();
  return Plan(std::make_unique<Implementation>(Implementation{std::move(*instance)}));
}

Status Plan::update(Span<Value> arguments, Stream stream) {
  return implementation->instance->update(arguments, stream);
}

Status Plan::synchronize(Stream stream) const { return implementation->instance->status(stream); }
