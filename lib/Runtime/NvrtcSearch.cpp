#include "lib/Runtime/NvrtcSearch.h"

#include "lib/Support/Environment.h"
#include "lib/Support/FileIdentity.h"
#include "lib/Support/SharedLibrary.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

using namespace lacuna;
namespace fs = std::filesystem;

static constexpr const char *fileName = "libnvrtc.so.13";

static bool isThere(const fs::path &path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

static std::string variable(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

/// Subfolders of `parent` whose name begins with `prefix`, the highest first:
/// python3.12 before python3.11.
static std::vector<fs::path> subfolders(const fs::path &parent, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().starts_with(prefix))
      found.push_back(it->path());
  std::sort(found.rbegin(), found.rend());
  return found;
}

/// Folders in which a Python installation with this prefix keeps packages.
static std::vector<fs::path> packageFolders(const fs::path &prefix) {
  std::vector<fs::path> folders;
  for (const fs::path &python : subfolders(prefix / "lib", "python3"))
    for (const char *packages : {"site-packages", "dist-packages"})
      folders.push_back(python / packages);
  return folders;
}

/// The wheel of CUDA 13 keeps all libraries in nvidia/cu13/lib, older ones have
/// a folder per component.
static std::vector<fs::path> wheelFolders() {
  std::vector<fs::path> folders;
  std::vector<std::string> prefixes = {variable("VIRTUAL_ENV"), variable("CONDA_PREFIX")};
  if (std::string home = variable("HOME"); !home.empty())
    prefixes.push_back(home + "/.local");
  prefixes.insert(prefixes.end(), {"/usr/local", "/usr"});
  for (const std::string &prefix : prefixes)
    if (!prefix.empty())
      for (const fs::path &packages : packageFolders(prefix))
        for (const char *component : {"nvidia/cu13/lib", "nvidia/cuda_nvrtc/lib"})
          folders.push_back(packages / component);
  return folders;
}

static std::vector<fs::path> searchFolders() {
  std::vector<fs::path> folders;
  if (std::string own = ownFile(); !own.empty())
    folders.push_back(fs::path(own).parent_path().parent_path() / "lib");
  folders.push_back(LACUNA_BUILD_LIBRARY_FOLDER);
  std::istringstream libraryPath(variable("LD_LIBRARY_PATH"));
  for (std::string folder; std::getline(libraryPath, folder, ':');)
    if (!folder.empty())
      folders.push_back(folder);
  folders.push_back("/usr/local/cuda/lib64");
  for (const fs::path &toolkit : subfolders("/usr/local", "cuda-13"))
    folders.push_back(toolkit / "lib64");
  if (std::string conda = variable("CONDA_PREFIX"); !conda.empty())
    folders.push_back(conda + "/lib");
  for (const char *system :
       {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"})
    folders.push_back(system);
  std::vector<fs::path> wheels = wheelFolders();
  folders.insert(folders.end(), wheels.begin(), wheels.end());
  return folders;
}

/// LACUNA_NVRTC_PATH as a file.
static Result<std::string> findAt(const std::string &place) {
  std::error_code ignored;
  fs::path path = place;
  if (fs::is_directory(path, ignored))
    path /= fileName;
  if (isThere(path))
    return path.string();
  return Status(StatusKind::Driver, std::string(environmentName(Variable::NvrtcPath)) + " is " +
                                        place + ", where there is no NVRTC library");
}

Result<std::string> lacuna::findNvrtc() {
  if (std::optional<std::string> place = environmentValue(Variable::NvrtcPath))
    return findAt(*place);
  for (const fs::path &folder : searchFolders())
    if (isThere(folder / fileName))
      return (folder / fileName).string();
  if (Result<SharedLibrary> library = SharedLibrary::open(fileName))
    return library->path();
  return Status(StatusKind::Driver,
                std::string("cannot find the NVRTC library ") + fileName +
                    ": not in LD_LIBRARY_PATH, /usr/local/cuda, the system's folders or a Python "
                    "package; install CUDA 13 or `pip install nvidia-cuda-nvrtc`, or set " +
                    std::string(environmentName(Variable::NvrtcPath)) + " to the file");
}

Result<std::string> lacuna::nvrtcIdentity() {
  Result<std::string> path = findNvrtc();
  return path ? fileIdentity(*path) : path;
}
