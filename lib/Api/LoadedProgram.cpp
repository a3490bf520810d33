//===- LoadedProgram.cpp - Launches of the public interface ---------------===//
#include "lacuna/Runtime.h"

#include "lib/Api/Executable.h"
#include "lib/Runtime/Launch.h"

using namespace lacuna;

struct LoadedProgram::Implementation {
  std::unique_ptr<ProgramInstance> instance;
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

Status LoadedProgram::synchronize(Stream stream) {
  return implementation->instance->takeStatus(stream);
}
