//===- TemporaryFolder.h - Places that tests may write to ------------------===//
#ifndef TEST_UNIT_SUPPORT_TEMPORARYFOLDER_H
#define TEST_UNIT_SUPPORT_TEMPORARYFOLDER_H

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/resource.h>

namespace lacuna {

/// A new folder that is removed with everything in it.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lacuna-XXXXXX").string();
    if (::mkdtemp(pattern.data()))
      folder = pattern;
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  const std::string &path() const { return folder; }
  std::string file(const std::string &name) const { return folder + "/" + name; }

  /// Regular files anywhere in it.
  int fileCount() const {
    int count = 0;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
      count += entry.is_regular_file();
    return count;
  }

private:
  std::string folder;
};

/// Files of this process cannot grow beyond `bytes`: a disk that is full.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit low = before;
    low.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &low);
  }
  FileSizeLimit(const FileSizeLimit &) = delete;
  FileSizeLimit &operator=(const FileSizeLimit &) = delete;
  ~FileSizeLimit() { lift(); }
  void lift() { ::setrlimit(RLIMIT_FSIZE, &before); }

private:
  rlimit before;
};

} // namespace lacuna

#endif // TEST_UNIT_SUPPORT_TEMPORARYFOLDER_H
