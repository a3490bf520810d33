#include "tools/lacuna-run/EmulatorChoice.h"

#include <charconv>
#include <cstdio>
#include <map>
#include <sstream>

namespace lacuna {

using emulator::AsyncMode;

Result<std::unique_ptr<emulator::EmulatorDevice>> makeEmulator(const std::string &mode) {
  emulator::EmulatorOptions options;
  constexpr std::string_view random = "random:";
  if (mode == "lazy") {
    options.mode = AsyncMode::Lazy;
  } else if (mode.rfind(random, 0) == 0) {
    options.mode = AsyncMode::Random;
    const char *end = mode.data() + mode.size();
    auto [stop, error] = std::from_chars(mode.data() + random.size(), end, options.seed);
    if (error != std::errc() || stop != end)
      return Status(StatusKind::Type, "--emulator=" + mode + ": the seed is no number");
  } else if (mode != "eager" && !mode.empty()) {
    return Status(StatusKind::Type,
                  "--emulator=" + mode + ": is none of eager, lazy and random:SEED");
  }
  return emulator::createEmulatorDevice(options);
}

namespace {
/// Warp instructions of one line of the source.
struct LineCount {
  std::uint64_t all = 0, mma = 0;
};
} // namespace

/// "mma" of "mma.sync.aligned...".
static std::string firstWord(const std::string &opcode) {
  return opcode.substr(0, opcode.find('.'));
}

static void appendKernel(std::string &text, const std::map<std::uint32_t, LineCount> &lines,
                         const KernelImage &kernel) {
  std::istringstream source(kernel.source);
  std::string line;
  for (std::uint32_t number = 1; std::getline(source, line); ++number) {
    auto found = lines.find(number);
    if (found == lines.end())
      continue;
    std::size_t indent = line.find_first_not_of(' ');
    char counts[64];
    std::snprintf(counts, sizeof(counts), "%10llu  mma %7llu | ",
                  static_cast<unsigned long long>(found->second.all),
                  static_cast<unsigned long long>(found->second.mma));
    text += counts + line.substr(indent == std::string::npos ? 0 : indent) + '\n';
  }
}

std::string profile(const emulator::Counters &counters, const Executable &executable) {
  std::map<std::string, std::uint64_t> words;
  std::map<std::string, std::map<std::uint32_t, LineCount>> lines;
  std::uint64_t total = 0;
  for (const emulator::InstructionCount &count : counters.instructions) {
    std::string word = firstWord(count.opcode);
    words[word] += count.warps;
    total += count.warps;
    std::uint32_t line = count.inlinedLine ? count.inlinedLine : count.sourceLine;
    LineCount &at = lines[count.kernel][line];
    at.all += count.warps;
    at.mma += word == "mma" ? count.warps : 0;
  }
  std::string text = "executed:";
  for (const auto &[word, warps] : words)
    text += ' ' + word + ' ' + std::to_string(warps) + ',';
  text += " total " + std::to_string(total) + '\n';
  for (const KernelImage &kernel : executable.kernels())
    appendKernel(text, lines[kernel.name], kernel);
  return text;
}

} // namespace lacuna
