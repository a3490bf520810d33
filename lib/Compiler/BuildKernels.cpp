#include "lib/Compiler/BuildKernels.h"

#include "lib/Target/Cuda/EmitCuda.h"

using namespace lacuna;

NvrtcInput lacuna::nvrtcInput(const Program &program) {
  NvrtcInput input;
  input.name = program.name + ".cu";
  if (program.kernels.empty())
    return input;
  input.source = program.kernels.front().source;
  input.target = program.kernels.front().target;
  for (const DeviceHeader &header : deviceHeaders()) // they include one another: all of them
    input.headers.push_back({header.name, header.text});
  return input;
}

Result<NvrtcLog> lacuna::buildKernels(Program &program) {
  if (program.kernels.empty())
    return NvrtcLog{};
  Result<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc)
    return nvrtc.status();
  Result<NvrtcOutput> output = (*nvrtc)->compile(nvrtcInput(program));
  if (!output)
    return output.status();
  for (KernelImage &kernel : program.kernels) {
    kernel.cubin = output->cubin;
    kernel.ptx = output->ptx;
  }
  return std::move(output->log);
}
