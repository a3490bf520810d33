#include "test/unit/Emulator/Harness.h"

#include "lib/Runtime/Nvrtc.h"

#include <fstream>
#include <map>
#include <sstream>

using namespace lacuna;

std::string lacuna::test::compilePtx(const std::string &source, const std::string &target) {
  static std::map<std::pair<std::string, std::string>, std::string> compiled;
  std::string &ptx = compiled[{source, target}];
  if (!ptx.empty())
    return ptx;
  Result<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc) {
    ADD_FAILURE() << nvrtc.status().message();
    return "";
  }
  Result<NvrtcOutput> output = (*nvrtc)->compile({"test.cu", source, target, {}});
  if (!output) {
    ADD_FAILURE() << output.status().message();
    return "";
  }
  return ptx = output->ptx;
}

std::string lacuna::test::inputFile(const std::string &name) {
  std::ifstream file(std::string(LACUNA_TEST_INPUTS) + "/" + name);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::unique_ptr<LoadedKernel> lacuna::test::Machine::load(const std::string &ptx,
                                                          const std::string &name) {
  Result<std::unique_ptr<LoadedKernel>> kernel = device->load({name, "sm_90a", "", ptx, ""});
  if (!kernel) {
    ADD_FAILURE() << kernel.status().message();
    return nullptr;
  }
  return *std::move(kernel);
}

std::string lacuna::test::runKernel(Machine &machine, const std::string &source,
                                    const LaunchShape &shape, const Arguments &arguments) {
  std::unique_ptr<LoadedKernel> kernel = machine.load(compilePtx(source), "k");
  if (!kernel)
    return "not loaded";
  return machine.device->launch(*kernel, shape, arguments.view(), {}).message();
}
