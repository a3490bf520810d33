#include "lib/Emulator/Counters.h"

using namespace lacuna::emulator;

static bool isOfKind(const InstructionCount &count, std::string_view opcode) {
  std::string_view own = count.opcode;
  if (!own.starts_with(opcode))
    return false;
  return opcode.empty() || own.size() == opcode.size() || own[opcode.size()] == '.';
}

static bool isAtLine(const InstructionCount &count, std::uint32_t line) {
  return count.sourceLine == line || count.inlinedLine == line;
}

template <class Match>
static std::uint64_t sum(const Counters &counters, std::uint64_t InstructionCount::*field,
                         Match match) {
  std::uint64_t total = 0;
  for (const InstructionCount &count : counters.instructions)
    if (match(count))
      total += count.*field;
  return total;
}

std::uint64_t Counters::warps(std::string_view opcode) const {
  return sum(*this, &InstructionCount::warps, [&](auto &c) { return isOfKind(c, opcode); });
}
std::uint64_t Counters::lanes(std::string_view opcode) const {
  return sum(*this, &InstructionCount::lanes, [&](auto &c) { return isOfKind(c, opcode); });
}
std::uint64_t Counters::normalisedWarps() const {
  return sum(*this, &InstructionCount::warps, [](auto &c) { return c.weight != 0; });
}
std::uint64_t Counters::warpsAtLine(std::uint32_t line) const {
  return sum(*this, &InstructionCount::warps, [&](auto &c) { return isAtLine(c, line); });
}
std::uint64_t Counters::lanesAtLine(std::uint32_t line) const {
  return sum(*this, &InstructionCount::lanes, [&](auto &c) { return isAtLine(c, line); });
}
