//===- gpu-check.cpp - Every kernel on a device, against the reference -----===//
//
//   gpu-check                          on the first CUDA device, else skipped
//   gpu-check --device=emulator        the same without one
//   gpu-check --prepare --target=...   compile for it, so that a machine without
//                                      NVRTC finds every kernel in the cache
//
// Cases run in parallel on the emulator, each on devices of its own. Ends with
// "N passed, N failed"; exit status 1 when one failed.
//
//===----------------------------------------------------------------------===//
#include "lib/Api/Version.h"
#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Support/CommandOutput.h"
#include "lib/Support/Files.h"
#include "tools/gpu-check/Report.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

#include <atomic>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>

using namespace lacuna;
namespace cl = llvm::cl;

static cl::OptionCategory category("Options of gpu-check");
static cl::opt<std::string> deviceName("device", cl::value_desc("cuda[:N]|emulator"),
                                       cl::init("cuda"), cl::cat(category),
                                       cl::desc("Where to run"));
static cl::opt<bool> all("all", cl::cat(category),
                         cl::desc("Numbers of every kernel with every shape, not of a covering "
                                  "subset"));
static cl::opt<bool> prepare("prepare", cl::cat(category),
                             cl::desc("Only compile, into the cache, for --target"));
static cl::opt<std::string> target("target", cl::value_desc("name"), cl::cat(category),
                                   cl::desc("What to compile for; the device's by default"));
static cl::opt<std::string> specFolder("specs", cl::value_desc("folder"), cl::init("kernels/specs"),
                                       cl::cat(category), cl::desc("The gallery"));
static cl::opt<std::string> only("only", cl::value_desc("text"), cl::cat(category),
                                 cl::desc("Only kernels whose name contains this"));
static cl::opt<unsigned> every("every", cl::value_desc("n"), cl::init(1), cl::cat(category),
                               cl::desc("Only the first of every n kernels that are left"));
static cl::opt<std::string> jsonPath("json", cl::value_desc("file"), cl::cat(category),
                                     cl::desc("Write all figures"));
static cl::opt<std::string> markdownPath("markdown", cl::value_desc("file"), cl::cat(category),
                                         cl::desc("Write a table"));

static int fail(const std::string &message) {
  llvm::errs() << "gpu-check: error: " << message << '\n';
  return 1;
}

static std::string now() {
  char text[32];
  std::time_t time = std::time(nullptr);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&time));
  return text;
}

/// The devices of one worker.
struct Devices {
  std::vector<std::unique_ptr<Device>> checked;
  std::unique_ptr<Device> emulator; ///< to compare with; null when it is what is checked

  std::vector<Device *> pointers() const {
    std::vector<Device *> list;
    for (const auto &device : checked)
      list.push_back(device.get());
    return list;
  }
};

/// A correct kernel computes the same whenever its copies arrive.
static std::unique_ptr<Device> makeEmulator(emulator::AsyncMode mode, std::uint64_t seed) {
  emulator::EmulatorOptions options;
  options.mode = mode;
  options.seed = seed;
  options.threads = 1;
  options.showProgress = false;
  if (!target.empty())
    options.target = target;
  return createEmulatorDevice(options);
}

static Result<Devices> openDevices() {
  using emulator::AsyncMode;
  Devices devices;
  if (deviceName == "emulator") {
    devices.checked.push_back(makeEmulator(AsyncMode::Eager, 0));
    devices.checked.push_back(makeEmulator(AsyncMode::Lazy, 1));
    devices.checked.push_back(makeEmulator(AsyncMode::Random, 2));
    return devices;
  }
  Result<std::unique_ptr<Device>> device = openDevice(deviceName.getValue());
  if (!device)
    return device.status();
  devices.checked.push_back(std::move(*device));
  devices.emulator = makeEmulator(AsyncMode::Eager, 0);
  return devices;
}

/// Runs `work` on every case, on as many threads as there are device sets.
template <class Work>
static std::vector<CaseOutcome> runAll(const std::vector<Case> &cases,
                                       const std::vector<Runner> &runners, const char *what,
                                       Work work) {
  std::vector<CaseOutcome> outcomes(cases.size());
  std::atomic<std::size_t> next{0};
  std::mutex printing;
  auto worker = [&](const Runner &runner) {
    for (std::size_t i; (i = next++) < cases.size();) {
      outcomes[i] = work(runner, cases[i]);
      std::lock_guard lock(printing);
      for (const std::string &failure : outcomes[i].failures)
        llvm::errs() << "FAIL " << what << ' ' << cases[i].kernel.name() << ' ' << failure << '\n';
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < runners.size(); ++i)
    threads.emplace_back(worker, std::cref(runners[i]));
  worker(runners.front());
  for (std::thread &thread : threads)
    thread.join();
  return outcomes;
}

static std::vector<Case> chosen(std::vector<Case> cases) {
  llvm::erase_if(cases, [](const Case &c) {
    return c.kernel.name().find(only.getValue()) == std::string::npos;
  });
  if (every > 1)
    for (std::size_t n = 0; n < cases.size(); ++n)
      cases.erase(cases.begin() + n + 1,
                  cases.begin() + std::min<std::size_t>(n + every, cases.size()));
  return cases;
}

static Status writeReports(const CheckSummary &summary) {
  if (!jsonPath.empty())
    if (Status status = writeFile(jsonPath, toJson(summary)); !status.isOk())
      return status;
  if (!markdownPath.empty())
    return writeFile(markdownPath, toMarkdown(summary));
  return {};
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << versionText(); });
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Runs the gallery on a device, against the reference\n");

  Result<std::vector<std::string>> specs = gallerySpecs(specFolder);
  if (!specs)
    return fail(specs.status().message());
  const std::vector<Case> covering = chosen(coveringCases(*specs));
  const std::vector<Case> cases = all ? chosen(allCases(*specs)) : covering;
  if (prepare && target.empty())
    return fail("--prepare needs --target");
  unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  CheckSummary summary;
  summary.date = now();
  summary.version = versionText();
  std::vector<Devices> devices;
  if (!prepare) {
    for (unsigned i = 0; i < (deviceName == "emulator" ? cores : 1); ++i) {
      Result<Devices> opened = openDevices();
      if (!opened && opened.status().kind() != StatusKind::Driver)
        return fail(opened.status().message());
      if (!opened) {
        llvm::outs() << "skipped: " << opened.status().message() << '\n';
        return 0;
      }
      devices.push_back(std::move(*opened));
    }
    summary.device = devices.front().checked.front()->name();
    summary.target = target.empty() ? devices.front().checked.front()->target() : target;
    if (deviceName != "emulator")
      summary.machine = outputOf("nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,"
                                 "power.draw,power.limit --format=csv,noheader 2>/dev/null");
  } else {
    summary.target = target;
    devices.resize(cores);
  }
  std::vector<Runner> runners;
  for (const Devices &set : devices)
    runners.emplace_back(specFolder, summary.target, set.pointers(), set.emulator.get());

  if (prepare) {
    summary.numbers = runAll(cases, runners, "compile", [](const Runner &runner, const Case &c) {
      return runner.run({c.kernel, {}});
    });
  } else {
    summary.numbers = runAll(cases, runners, "numbers",
                             [](const Runner &runner, const Case &c) { return runner.run(c); });
    summary.counts = runAll(covering, runners, "count",
                            [](const Runner &runner, const Case &c) { return runner.count(c); });
  }
  if (Status status = writeReports(summary); !status.isOk())
    return fail(status.message());
  llvm::outs() << summary.passed() << " passed, " << summary.failed() << " failed\n";
  return summary.failed() ? 1 : 0;
}
