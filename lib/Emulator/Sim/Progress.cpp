#include "lib/Emulator/Sim/Progress.h"

#include <cstdio>
#include <unistd.h>

using namespace lacuna::emulator;

static constexpr s64 firstShown = 20, every = 5; // tenths of a second

Progress::Progress(const EmulatorOptions &options, u64 blocks)
    : blocks(blocks), enabled(options.showProgress && isatty(STDERR_FILENO)),
      start(std::chrono::steady_clock::now()) {}

void Progress::blockDone() {
  u64 count = done.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!enabled)
    return;
  s64 now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                  start)
                .count() /
            100;
  s64 last = shown.load(std::memory_order_relaxed);
  if (now < firstShown || now < last + every || !shown.compare_exchange_strong(last, now))
    return;
  std::fprintf(stderr, "\remulator: %llu of %llu blocks after %lld s ",
               static_cast<unsigned long long>(count), static_cast<unsigned long long>(blocks),
               static_cast<long long>(now / 10));
}

Progress::~Progress() {
  if (shown.load())
    std::fprintf(stderr, "\r%60s\r", "");
}
