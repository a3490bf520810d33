//===- Bench.h - What lacuna-bench measures ----------------------------------===//
#ifndef TOOLS_LACUNA_BENCH_BENCH_H
#define TOOLS_LACUNA_BENCH_BENCH_H

#include "lacuna/Compile.h"
#include "lacuna/Result.h"
#include "lib/Support/Stopwatch.h"
#include "tools/lacuna-bench/Table.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

namespace lacuna {

/// What a configuration launches.
enum class Passes {
  Forward,  ///< the spec
  Backward, ///< its gradient
  Training, ///< the spec and behind it the gradient
};

/// Settings of a run.
struct BenchOptions {
  int repeats = 5;         ///< medians of so many
  std::string sourceRoot;  ///< has kernels/specs and test/Emulator/Inputs
  std::string programPath; ///< folder with lacuna-compile
  std::string device;      ///< where speed is measured; empty: on a CUDA device, if there is one
  std::vector<int> configurations; ///< numbers of those that are wanted; empty: all
  std::string matching;            ///< what the titles of configurations contain
  std::vector<std::string> specs;  ///< of the gallery, for the model; empty: all
  int shorten = 1;                 ///< sequences are so many times as short
  int lengthen = 1;                ///< and as long
  Passes passes = Passes::Forward; ///< of the configurations
  std::string gradients = CompileOptions().gradients; ///< how they are summed
  std::string prepareTarget; ///< not empty: speed only compiles, for that target
};

/// Spec to cubin by stage, as a whole process, and as a ratio to NVRTC alone on
/// a fixed kernel in the same run; NVRTC on each kernel of a planned mask; what
/// deriving from the gallery's masks takes.
Status benchCompile(const BenchOptions &options, Table &table);

/// A hit of the disk cache, in this process and as a whole process.
Status benchCache(const BenchOptions &options, Table &table);

/// What a launch costs on a device that does nothing.
Status benchLaunch(const BenchOptions &options, Table &table);

/// Run lists of a mask over a million tokens, planned on the host.
Status benchPlan(const BenchOptions &options, Table &table);

/// Time of one head of 1024 x 1024 x 128 on the emulator, and what threads give.
Status benchEmulator(const BenchOptions &options, Table &table);

/// Time of the configurations on a device (Configurations.h). Without one a line on
/// stderr says so.
Status benchSpeed(const BenchOptions &options, Table &table);

/// What their kernels need and would execute, and how fast they could be at most:
/// predictions, for a machine without a GPU.
Status benchKernels(const BenchOptions &options, Table &table);

/// What launches of the gallery are predicted to execute, against what they execute on
/// the emulator.
Status benchModel(const BenchOptions &options, Table &table);

/// Writes the configurations into a folder, for a program that times others
/// (ExportConfigurations.cpp). Errors: Io, and those of the specs.
Status exportConfigurations(const BenchOptions &options, const std::string &folder);

/// For titles: ", forward and backward".
inline std::string nameOf(Passes passes) {
  return passes == Passes::Forward    ? ", forward"
         : passes == Passes::Backward ? ", backward"
                                      : ", forward and backward";
}

/// The line of something that the compiler cannot do yet.
inline Grid::Line leftOut(std::string name, const Status &status) {
  return {std::move(name), {}, "left out: " + status.message()};
}

/// The smallest one: what the work takes when nothing disturbs it.
inline double least(const std::vector<double> &values) {
  return *std::min_element(values.begin(), values.end());
}

/// The middle one of the values.
inline double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

/// Milliseconds since it was made: on the clock, and of this process on the
/// CPU, which other processes do not disturb.
class Timer {
public:
  double milliseconds() const { return 1e3 * wall.seconds(); }
  double cpuMilliseconds() const { return cpuNow() - cpuStart; }

private:
  static double cpuNow() {
    timespec time;
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1e3 + double(time.tv_nsec) * 1e-6;
  }

  Stopwatch wall;
  double cpuStart = cpuNow();
};

/// Milliseconds of a whole process: from start to end, and on the CPU.
struct ProcessTimes {
  double wall = 0;
  double cpu = 0;
};

/// Runs a program to its end with extra environment ("NAME=value"), output
/// thrown away. Errors: Io when it cannot be started or does not exit with 0.
Result<ProcessTimes> timeProcess(const std::vector<std::string> &command,
                                 const std::vector<std::string> &environment);

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_BENCH_H
