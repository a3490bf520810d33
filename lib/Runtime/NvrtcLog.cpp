//===- NvrtcLog.cpp ---------------------------------------------------------===//
//
// The log of one kernel reads, in CUDA 13.0:
//
//   ptxas info    : Compiling entry function 'attend' for 'sm_80'
//   ptxas info    : Function properties for attend
//   ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
//   ptxas info    : Used 136 registers, used 1 barriers, 80 bytes smem, 420 bytes cmem[0]
//
// Only words that have been stable over many releases are relied on: the
// numbers before "bytes spill stores" and its like.
//
//===----------------------------------------------------------------------===//
#include "lib/Runtime/NvrtcLog.h"

#include <cctype>
#include <charconv>

using namespace lacuna;

/// The number that stands right before `words` in a line, or 0.
static int numberBefore(std::string_view line, std::string_view words) {
  std::size_t end = line.find(words);
  if (end == std::string_view::npos)
    return 0;
  std::size_t begin = end;
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(line[begin - 1])))
    --begin;
  int number = 0;
  std::from_chars(line.data() + begin, line.data() + end, number);
  return number;
}

/// What stands between `before` and `after` in a line, or nothing.
static std::string_view between(std::string_view line, std::string_view before,
                                std::string_view after) {
  std::size_t begin = line.find(before);
  if (begin == std::string_view::npos)
    return {};
  line.remove_prefix(begin + before.size());
  return line.substr(0, line.find(after));
}

/// "(C7512) ..." if the line holds an advisory.
static std::string_view advisoryIn(std::string_view line) {
  std::size_t begin = line.find("(C75");
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

static void addTo(NvrtcLog &parsed, std::string_view line, std::string &kernel) {
  if (std::string_view advisory = advisoryIn(line); !advisory.empty()) {
    parsed.advisories.emplace_back(advisory);
    return;
  }
  if (std::string_view name = between(line, "Compiling entry function '", "'"); !name.empty()) {
    kernel = name;
    return;
  }
  if (std::string_view name = between(line, "Function properties for ", " "); !name.empty()) {
    FunctionFacts facts;
    facts.name = name;
    facts.isKernel = name == kernel;
    parsed.functions.push_back(std::move(facts));
    return;
  }
  if (parsed.functions.empty())
    return;
  FunctionFacts &last = parsed.functions.back();
  if (line.find("bytes stack frame") != std::string_view::npos) {
    last.stackBytes = numberBefore(line, " bytes stack frame");
    last.spillStoreBytes = numberBefore(line, " bytes spill stores");
    last.spillLoadBytes = numberBefore(line, " bytes spill loads");
  } else if (line.find(" registers") != std::string_view::npos) {
    last.registers = numberBefore(line, " registers");
    last.barriers = numberBefore(line, " barriers");
    last.staticSharedBytes = numberBefore(line, " bytes smem");
  }
}

NvrtcLog lacuna::parseNvrtcLog(std::string_view log) {
  NvrtcLog parsed;
  std::string kernel;
  while (!log.empty()) {
    std::size_t end = log.find('\n');
    addTo(parsed, log.substr(0, end), kernel);
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
  }
  return parsed;
}
