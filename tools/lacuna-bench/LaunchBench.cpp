//===- LaunchBench.cpp - Overhead of a launch --------------------------------===//
#include "lacuna/Runtime.h"
#include "lib/Runtime/NullDevice.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-bench/Bench.h"

using namespace lacuna;

/// How often a user who compiles before every launch waits for a compiler.
static Status countCompiles(const std::string &spec, NullDevice &device, Table &table) {
  int compiles = 0;
  for (std::int64_t length = 100; length <= 2000; length += 100) {
    Result<Executable> executable = compile(spec, {device.target()});
    if (!executable)
      return executable.status();
    Result<LoadedProgram> program = LoadedProgram::load(*executable, device);
    if (!program)
      return program.status();
    TensorRef tokens = TensorRef::contiguous(1 << 20, DType::BF16, {1, 8, length, 128});
    TensorRef lse = TensorRef::contiguous(3 << 20, DType::F32, {1, 8, length});
    if (Status status = program->launch({tokens, tokens, tokens, 64}, {tokens, lse});
        !status.isOk())
      return status;
    compiles += executable->report().source == CompileSource::Compiled;
  }
  table.add({"launch", "compiles for 20 more lengths", double(compiles), "", 0.0});
  return Status();
}

Status lacuna::benchLaunch(const BenchOptions &options, Table &table) {
  Result<std::string> spec = readFile(options.sourceRoot + "/kernels/specs/sliding_window.mlir");
  if (!spec)
    return spec.status();
  NullDevice device("sm_80");
  Result<Executable> executable = compile(*spec, {device.target()});
  if (!executable)
    return executable.status();
  Result<LoadedProgram> program = LoadedProgram::load(*executable, device);
  if (!program)
    return program.status();
  TensorRef q = TensorRef::contiguous(1 << 20, DType::BF16, {2, 32, 1000, 128});
  TensorRef k = TensorRef::contiguous(2 << 20, DType::BF16, {2, 8, 1000, 128});
  TensorRef lse = TensorRef::contiguous(3 << 20, DType::F32, {2, 32, 1000});
  constexpr int launches = 10000;
  std::vector<double> microseconds;
  for (int i = 0; i < options.repeats; ++i) {
    Timer timer;
    for (int launch = 0; launch < launches; ++launch)
      if (Status status = program->launch({q, k, k, launch}, {q, lse}); !status.isOk())
        return status;
    microseconds.push_back(timer.cpuMilliseconds() * 1000 / launches);
  }
  table.add({"launch", "four tensors, two results, one scalar", median(microseconds), "us", 1.5});
  return countCompiles(*spec, device, table);
}
