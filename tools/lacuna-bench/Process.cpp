//===- Process.cpp - Timing of whole processes ------------------------------===//
#include "tools/lacuna-bench/Bench.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lacuna;

static std::vector<char *> pointers(const std::vector<std::string> &texts) {
  std::vector<char *> result;
  for (const std::string &text : texts)
    result.push_back(const_cast<char *>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Result<ProcessTimes> lacuna::timeProcess(const std::vector<std::string> &command,
                                         const std::vector<std::string> &environment) {
  // The first of two equal names counts, so ours come first.
  std::vector<std::string> variables = environment;
  for (char **entry = environ; *entry; ++entry)
    variables.push_back(*entry);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  Timer timer;
  pid_t child = 0;
  int error = posix_spawn(&child, command[0].c_str(), &actions, nullptr, pointers(command).data(),
                          pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return Status(StatusKind::Io, "cannot start " + command[0] + ": " + std::strerror(error));
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
    ;
  double wall = timer.milliseconds();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return Status(StatusKind::Io, command[0] + " failed");
  auto milliseconds = [](timeval time) { return time.tv_sec * 1e3 + time.tv_usec * 1e-3; };
  return ProcessTimes{wall, milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)};
}
