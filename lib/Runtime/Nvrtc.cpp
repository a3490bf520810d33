#include "lib/Runtime/Nvrtc.h"

#include "lib/Runtime/NvrtcSearch.h"
#include "lib/Support/SharedLibrary.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

using namespace lacuna;

std::vector<std::string> lacuna::nvrtcOptions(const std::string &target) {
  return {
      "-arch=" + target,    "-std=c++17", "-default-device",
      "-lineinfo", // costs no time, and makes profilers and the emulator name source lines
      "--ptxas-options=-v",
      "--no-cache", // the kernel cache stands before NVRTC; a second one would be in its way
  };
}

std::string lacuna::nvrtcKey(const NvrtcInput &input) {
  // Every part with its length before it: no two inputs give the same text.
  std::string key;
  auto add = [&](const std::string &part) {
    key += std::to_string(part.size()) + ":" + part + "\n";
  };
  for (const std::string &option : nvrtcOptions(input.target))
    add(option);
  add(input.name);
  add(input.source);
  for (const NvrtcHeader &header : input.headers) {
    add(header.name);
    add(header.text);
  }
  return key;
}

/// NVRTC opens the library of its built-in headers by bare name and has no search
/// path of its own. Outside the system's folders (a wheel, a carried copy) it
/// finds that library only if it is loaded already, so it is, from beside NVRTC.
static void loadBuiltinsBeside(const std::string &path) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::directory_iterator it(fs::path(path).parent_path(), error), end; !error && it != end;
       it.increment(error))
    if (it->path().filename().string().starts_with("libnvrtc-builtins.so.13"))
      (void)SharedLibrary::open(it->path().string()); // without it, compile() says what is missing
}

Result<Nvrtc> Nvrtc::load(const std::string &path) {
  loadBuiltinsBeside(path);
  Result<SharedLibrary> library = SharedLibrary::open(path);
  if (!library)
    return Status(StatusKind::Driver,
                  "cannot load the NVRTC library: " + library.status().message());
  Nvrtc loaded;
  loaded.file = path;
  const char *missing = nullptr;
#define LACUNA_NVRTC_SYMBOL(result, name, parameters)                                              \
  loaded.nvrtc.name = reinterpret_cast<result(*) parameters>(library->symbol(#name));              \
  if (!loaded.nvrtc.name)                                                                          \
    missing = #name;
#include "lib/Runtime/NvrtcSymbols.def"
#undef LACUNA_NVRTC_SYMBOL
  if (missing)
    return Status(StatusKind::Driver, path + " is too old or no NVRTC: it has no " + missing);
  loaded.nvrtc.nvrtcVersion(&loaded.major, &loaded.minor);
  int count = 0;
  if (loaded.nvrtc.nvrtcGetNumSupportedArchs(&count) == 0) {
    loaded.archs.resize(count);
    loaded.nvrtc.nvrtcGetSupportedArchs(loaded.archs.data());
  }
  return loaded;
}

Result<const Nvrtc *> Nvrtc::get() {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const Nvrtc>> byPath;
  Result<std::string> path = findNvrtc();
  if (!path)
    return path.status();
  std::lock_guard lock(mutex);
  std::unique_ptr<const Nvrtc> &held = byPath[*path];
  if (!held) {
    Result<Nvrtc> loaded = load(*path);
    if (!loaded)
      return loaded.status();
    held = std::make_unique<const Nvrtc>(std::move(*loaded));
  }
  return held.get();
}

std::string Nvrtc::version() const { return std::to_string(major) + "." + std::to_string(minor); }

Status Nvrtc::checkTarget(const std::string &target) const {
  int capability = 0;
  if (target.starts_with("sm_"))
    std::from_chars(target.data() + 3, target.data() + target.size(), capability);
  if (std::find(archs.begin(), archs.end(), capability) != archs.end())
    return Status();
  std::string known;
  for (int arch : archs)
    known += (known.empty() ? "sm_" : ", sm_") + std::to_string(arch);
  return Status(StatusKind::Unsupported, "NVRTC " + version() + " (" + file +
                                             ") does not compile for " + target + "; it knows " +
                                             known);
}

namespace {

/// An nvrtcProgram that is destroyed.
class ProgramHandle {
public:
  explicit ProgramHandle(int (*destroy)(void **)) : destroy(destroy) {}
  ProgramHandle(const ProgramHandle &) = delete;
  ProgramHandle &operator=(const ProgramHandle &) = delete;
  ~ProgramHandle() {
    if (program)
      destroy(&program);
  }
  void *program = nullptr;

private:
  int (*destroy)(void **);
};

} // namespace

/// A text or binary output of a program; empty when there is none.
static std::string fetch(void *program, int (*getSize)(void *, std::size_t *),
                         int (*get)(void *, char *)) {
  std::size_t size = 0;
  if (getSize(program, &size) != 0 || size == 0)
    return {};
  std::string bytes(size, '\0');
  if (get(program, bytes.data()) != 0)
    return {};
  return bytes;
}

/// Without the terminating zero that NVRTC counts.
static std::string withoutZero(std::string text) {
  while (!text.empty() && text.back() == '\0')
    text.pop_back();
  return text;
}

static std::vector<const char *> pointers(const std::vector<std::string> &texts) {
  std::vector<const char *> result;
  for (const std::string &text : texts)
    result.push_back(text.c_str());
  return result;
}

/// Name of a text in line tables. NVRTC puts the working directory before any name
/// that is relative, and its output would differ by folder.
static std::string absoluteName(const std::string &name) { return "/" + name; }

Result<NvrtcOutput> Nvrtc::compile(const NvrtcInput &input) const {
  if (Status status = checkTarget(input.target); !status.isOk())
    return status;
  // Headers are included by relative names, so they say themselves what they are called.
  std::vector<std::string> headerTexts, headerNames;
  for (const NvrtcHeader &header : input.headers) {
    headerTexts.push_back("#line 1 \"" + absoluteName(header.name) + "\"\n" + header.text);
    headerNames.push_back(header.name);
  }
  ProgramHandle handle(nvrtc.nvrtcDestroyProgram);
  int result = nvrtc.nvrtcCreateProgram(&handle.program, input.source.c_str(),
                                        absoluteName(input.name).c_str(), int(headerNames.size()),
                                        pointers(headerTexts).data(), pointers(headerNames).data());
  std::string log;
  if (result == 0) {
    std::vector<std::string> options = nvrtcOptions(input.target);
    result =
        nvrtc.nvrtcCompileProgram(handle.program, int(options.size()), pointers(options).data());
    log =
        withoutZero(fetch(handle.program, nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog));
  }
  if (result != 0)
    return Status(StatusKind::Compiler, "NVRTC " + version() + " refuses " + input.name + " (" +
                                            nvrtc.nvrtcGetErrorString(result) + "):\n" + log);
  NvrtcOutput output;
  output.cubin = fetch(handle.program, nvrtc.nvrtcGetCUBINSize, nvrtc.nvrtcGetCUBIN);
  output.ptx = withoutZero(fetch(handle.program, nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX));
  output.log = parseNvrtcLog(log);
  output.logText = std::move(log);
  if (output.cubin.empty() || output.ptx.empty())
    return Status(StatusKind::Compiler, "NVRTC " + version() + " gave no code for " + input.name +
                                            ":\n" + output.logText);
  return output;
}
