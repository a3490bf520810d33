//===- BakedPrograms.cpp - Programs made for one mask -------------------------===//
//
// One list of masks, most recently used first, some with a program. It is cut at
// a fixed length, so counts of uses are forgotten as programs are; a mask that
// comes back later begins anew.
//
// The worker only compiles. Programs are loaded by the thread that uses them,
// because a device is not thread-safe.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Baked.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>
#include <unordered_map>

using namespace lacuna;

namespace {

/// A mask that is remembered.
struct Entry {
  std::string mask;
  unsigned uses = 0;
  bool isAsked = false; ///< its compile is due, or has failed
  std::shared_ptr<LoadedProgram> program;
  std::size_t bytes = 0;
};

/// What a compile gave.
struct Baked {
  std::string mask;
  Result<Executable> executable;
};

/// Compiles on a thread of its own, which starts with the first request.
class Worker {
public:
  explicit Worker(BakedPrograms::Bake bake) : bake(std::move(bake)) {}

  ~Worker() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
      waiting.clear();
    }
    changed.notify_all();
    if (thread.joinable())
      thread.join();
  }

  /// Asks for a compile; false when as many as `limit` are due already.
  bool request(const std::string &mask, std::size_t limit) {
    std::lock_guard lock(mutex);
    if (waiting.size() >= limit)
      return false;
    waiting.push_back(mask);
    if (!thread.joinable())
      thread = std::thread([this] { run(); });
    changed.notify_all();
    return true;
  }

  /// Compiles at once, on this thread.
  Baked compile(const std::string &mask) const { return {mask, bake(mask)}; }

  /// What has been compiled since the last call.
  std::deque<Baked> take() {
    std::lock_guard lock(mutex);
    return std::exchange(done, {});
  }

  /// Waits until nothing is due.
  void finish() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waiting.empty() && !isBusy; });
  }

private:
  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || !waiting.empty(); });
      if (stopping)
        return;
      std::string mask = std::move(waiting.front());
      waiting.pop_front();
      isBusy = true;
      lock.unlock();
      Baked baked = compile(mask);
      lock.lock();
      done.push_back(std::move(baked));
      isBusy = false;
      changed.notify_all();
    }
  }

  const BakedPrograms::Bake bake;
  std::mutex mutex; ///< guards what follows
  std::condition_variable changed;
  std::deque<std::string> waiting;
  std::deque<Baked> done;
  bool isBusy = false, stopping = false;
  std::thread thread;
};

/// Bytes of the images of an executable.
std::size_t bytesOf(const Executable &executable) {
  std::size_t bytes = 0;
  for (const KernelImage &kernel : executable.kernels())
    bytes += kernel.cubin.size() + kernel.ptx.size() + kernel.source.size();
  return bytes;
}

} // namespace

struct BakedPrograms::Implementation {
  Implementation(Device &device, Bake bake, const BakedPolicy &policy)
      : device(device), policy(policy), worker(std::move(bake)) {}

  Entry &touch(const std::string &mask);
  void load(Baked baked);
  void dropProgram(Entry &entry);
  void enforceBudget();

  Device &device;
  const BakedPolicy policy;
  std::list<Entry> entries; ///< most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> byMask;
  std::size_t maskBytes = 0; ///< of all entries
  BakedStatistics statistics;
  Status failure;
  Worker worker;
};

/// The entry of a mask, moved to the front.
Entry &BakedPrograms::Implementation::touch(const std::string &mask) {
  if (auto known = byMask.find(mask); known != byMask.end()) {
    entries.splice(entries.begin(), entries, known->second);
    return entries.front();
  }
  entries.emplace_front();
  entries.front().mask = mask;
  byMask[entries.front().mask] = entries.begin();
  maskBytes += mask.size();
  // A mask is worth remembering while it may come back before as many others as
  // would push its program out several times over.
  const std::size_t remembered = 64 + 16 * policy.programs;
  while (entries.size() > remembered || (maskBytes > policy.bytes && entries.size() > 1)) {
    dropProgram(entries.back());
    byMask.erase(entries.back().mask);
    maskBytes -= entries.back().mask.size();
    entries.pop_back();
  }
  return entries.front();
}

void BakedPrograms::Implementation::dropProgram(Entry &entry) {
  if (!entry.program)
    return;
  --statistics.programs;
  statistics.bytes -= entry.bytes;
  ++statistics.evictions;
  entry.program = nullptr;
  entry.uses = 0;
  entry.isAsked = false;
}

void BakedPrograms::Implementation::enforceBudget() {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
    if (statistics.programs > policy.programs || statistics.bytes > policy.bytes)
      dropProgram(*entry);
}

/// Makes a program of what was compiled, if its mask is still remembered.
void BakedPrograms::Implementation::load(Baked baked) {
  ++statistics.bakes;
  if (!baked.executable) {
    failure = baked.executable.status();
    return;
  }
  auto known = byMask.find(baked.mask);
  if (known == byMask.end())
    return;
  std::size_t bytes = bytesOf(*baked.executable);
  if (bytes > policy.bytes) {
    failure =
        Status(StatusKind::Resource, "a baked program has " + std::to_string(bytes) +
                                         " bytes, the budget is " + std::to_string(policy.bytes));
    return;
  }
  Result<LoadedProgram> program = LoadedProgram::load(*baked.executable, device);
  if (!program) {
    failure = program.status();
    return;
  }
  Entry &entry = *known->second;
  entry.bytes = bytes;
  entry.program = std::make_shared<LoadedProgram>(std::move(*program));
  ++statistics.programs;
  statistics.bytes += entry.bytes;
  enforceBudget();
}

BakedPrograms::BakedPrograms(Device &device, Bake bake, const BakedPolicy &policy)
    : implementation(std::make_unique<Implementation>(device, std::move(bake), policy)) {}
BakedPrograms::BakedPrograms(BakedPrograms &&) noexcept = default;
BakedPrograms &BakedPrograms::operator=(BakedPrograms &&) noexcept = default;
BakedPrograms::~BakedPrograms() = default;

std::shared_ptr<LoadedProgram> BakedPrograms::use(const std::string &mask) {
  Implementation &self = *implementation;
  Entry &entry = self.touch(mask);
  for (Baked &baked : self.worker.take())
    self.load(std::move(baked));
  if (!entry.program && !entry.isAsked && ++entry.uses >= self.policy.afterUses) {
    entry.isAsked = true;
    if (!self.policy.asynchronous)
      self.load(self.worker.compile(mask));
    else if (!self.worker.request(mask, self.policy.programs))
      entry.isAsked = false; // a later use asks again
  }
  return entry.program;
}

void BakedPrograms::finish() { implementation->worker.finish(); }
BakedStatistics BakedPrograms::statistics() const { return implementation->statistics; }
const Status &BakedPrograms::failure() const { return implementation->failure; }
