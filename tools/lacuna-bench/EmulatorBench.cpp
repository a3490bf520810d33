//===- EmulatorBench.cpp - Speed of the emulator -----------------------------===//
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-bench/Bench.h"

using namespace lacuna;

/// Milliseconds of one launch of dense attention, 1024 x 1024 x 128, with all
/// checks on.
static Result<double> timeLaunch(const Executable &executable, std::int64_t heads,
                                 unsigned threads) {
  emulator::EmulatorOptions options;
  options.threads = threads;
  options.target = executable.target();
  auto device = emulator::createEmulatorDevice(options);
  Result<LoadedProgram> program = LoadedProgram::load(executable, *device);
  if (!program)
    return program.status();
  std::vector<std::int64_t> shape = {1, heads, 1024, 128};
  Result<DeviceTensor> input = DeviceTensor::create(*device, DType::BF16, shape);
  Result<DeviceTensor> output = DeviceTensor::create(*device, DType::BF16, shape);
  Result<DeviceTensor> lse = DeviceTensor::create(*device, DType::F32, {1, heads, 1024});
  for (const Result<DeviceTensor> *tensor : {&input, &output, &lse})
    if (!*tensor)
      return tensor->status();
  std::vector<char> zeros(input->bytes());
  if (Status status = input->copyIn(zeros.data()); !status.isOk())
    return status;
  Timer timer;
  if (Status status = program->launch({*input, *input, *input}, {*output, *lse}); !status.isOk())
    return status;
  if (Status status = program->synchronize(); !status.isOk())
    return status;
  return timer.milliseconds();
}

Status lacuna::benchEmulator(const BenchOptions &options, Table &table) {
  Result<std::string> spec = readFile(options.sourceRoot + "/kernels/specs/dense.mlir");
  if (!spec)
    return spec.status();
  Result<Executable> executable = compile(*spec, {"sm_80"});
  if (!executable)
    return executable.status();
  auto medianOf = [&](std::int64_t heads, unsigned threads) -> Result<double> {
    std::vector<double> times;
    for (int i = 0; i < options.repeats; ++i) {
      Result<double> time = timeLaunch(*executable, heads, threads);
      if (!time)
        return time;
      times.push_back(*time);
    }
    return median(times);
  };
  Result<double> oneHead = medianOf(1, 1), oneThread = medianOf(8, 1), twoThreads = medianOf(8, 2);
  for (const Result<double> *time : {&oneHead, &oneThread, &twoThreads})
    if (!*time)
      return time->status();
  table.add({"emulator", "1 head of 1024 x 1024 x 128, 1 thread", *oneHead, "ms", {}});
  table.add({"emulator", "8 heads, 1 thread", *oneThread, "ms", {}});
  table.add({"emulator", "8 heads, 2 threads", *twoThreads, "ms", {}});
  table.add({"emulator", "speed-up by the second thread", *oneThread / *twoThreads, "x", {}});
  return Status();
}
