#include "lib/Support/Files.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lacuna;

static Status failure(const char *what, const std::string &path, int error) {
  return Status(StatusKind::Io,
                std::string("cannot ") + what + " " + path + ": " + std::strerror(error));
}

namespace {

/// Closes its descriptor.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() {
    if (number >= 0)
      ::close(number);
  }
  int get() const { return number; }
  /// Closes now; false when that failed, which for a written file means that
  /// its bytes may not have arrived.
  bool close() {
    int closing = number;
    number = -1;
    return ::close(closing) == 0;
  }

private:
  int number;
};

/// While it lives, exceeding the file size limit (ulimit -f) is an error of
/// write() and not the signal that ends the process. Per thread, so that the
/// host program's own handling is left alone.
class FileSizeSignalHeld {
public:
  FileSizeSignalHeld() {
    sigemptyset(&signals);
    sigaddset(&signals, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
  }
  FileSizeSignalHeld(const FileSizeSignalHeld &) = delete;
  FileSizeSignalHeld &operator=(const FileSizeSignalHeld &) = delete;
  ~FileSizeSignalHeld() {
    if (sigismember(&before, SIGXFSZ))
      return;
    timespec noWait{};
    sigtimedwait(&signals, nullptr, &noWait);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

private:
  sigset_t signals, before;
};

} // namespace

Result<std::string> lacuna::readFile(const std::string &path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    return failure("read", path, errno);
  struct stat info;
  if (::fstat(file.get(), &info) != 0)
    return failure("read", path, errno);
  if (S_ISDIR(info.st_mode))
    return failure("read", path, EISDIR);
  // The size is a hint only: pipes and /proc files say 0.
  std::string bytes(info.st_size > 0 ? std::size_t(info.st_size) + 1 : 4096, '\0');
  std::size_t filled = 0;
  while (true) {
    ssize_t count = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return failure("read", path, errno);
    if (count == 0)
      break;
    filled += count;
    if (filled == bytes.size())
      bytes.resize(2 * bytes.size());
  }
  bytes.resize(filled);
  return bytes;
}

/// Writes and syncs all bytes; 0 or an errno.
static int writeAll(Descriptor &file, std::string_view bytes) {
  FileSizeSignalHeld held;
  while (!bytes.empty()) {
    ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno;
    bytes.remove_prefix(count);
  }
  if (::fsync(file.get()) != 0 && errno != EINVAL) // EINVAL: not a file that can be synced
    return errno;
  return file.close() ? 0 : errno;
}

/// A new file beside `path` that no other writer has, in `name`; -1 and errno
/// when there can be none. Its mode obeys the umask, as mkstemp's would not.
static int createPrivate(const std::string &path, std::string &name) {
  static std::atomic<unsigned> counter{0};
  while (true) {
    name = path + ".new-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    int number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number >= 0 || errno != EEXIST)
      return number;
  }
}

Status lacuna::writeFile(const std::string &path, std::string_view bytes) {
  // A device such as /dev/null or /dev/stdout cannot be renamed over.
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    int error = file.get() < 0 ? errno : writeAll(file, bytes);
    return error ? failure("write", path, error) : Status();
  }
  std::string temporary;
  Descriptor file(createPrivate(path, temporary));
  if (file.get() < 0)
    return failure("write", path, errno);
  int error = writeAll(file, bytes);
  if (!error && ::rename(temporary.c_str(), path.c_str()) != 0)
    error = errno;
  if (!error)
    return Status();
  ::unlink(temporary.c_str());
  return failure("write", path, error);
}

Status lacuna::createFolder(const std::string &path) {
  for (std::size_t end = 1; end <= path.size(); ++end) {
    if (end < path.size() && path[end] != '/')
      continue;
    std::string prefix = path.substr(0, end);
    if (::mkdir(prefix.c_str(), 0700) == 0 || errno == EEXIST)
      continue;
    // Some systems refuse to look at parents that exist all the same.
    int error = errno;
    struct stat info;
    if (::stat(prefix.c_str(), &info) != 0)
      return failure("create the folder", path, error);
  }
  struct stat info;
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return failure("create the folder", path, ENOTDIR);
  return Status();
}
