#include "lib/Api/Executable.h"

using namespace lacuna;

Executable::Implementation::Implementation(std::shared_ptr<const CompiledProgram> given)
    : compiled(std::move(given)) {
  const Program &program = compiled->program;
  if (!program.kernels.empty())
    target = program.kernels[0].target;
  for (const ProgramArgument &argument : program.arguments)
    arguments.push_back({argument.name, argument.dtype, argument.isTensor, argument.dims});
  for (const ProgramTensor &result : program.results)
    results.push_back({result.dtype, int(result.dims.size())});
}

Executable::Executable(std::shared_ptr<const Implementation> given)
    : implementation(std::move(given)) {}

const std::string &Executable::name() const { return implementation->compiled->program.name; }
const std::string &Executable::target() const { return implementation->target; }
const std::vector<ArgumentInfo> &Executable::arguments() const { return implementation->arguments; }
const std::vector<ResultInfo> &Executable::results() const { return implementation->results; }
const std::vector<KernelImage> &Executable::kernels() const {
  return implementation->compiled->program.kernels;
}
const CompileReport &Executable::report() const { return implementation->compiled->report; }
