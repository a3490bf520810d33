#include "test/unit/Emulator/Coverage.h"

#include "lib/Emulator/Decode/Table.h"

#include <algorithm>
#include <map>
#include <set>

using namespace lacuna::emulator;

/// Opcodes executed, by the row that spells them.
static std::map<const Row *, std::set<std::string>> &executed() {
  static std::map<const Row *, std::set<std::string>> opcodes;
  return opcodes;
}

void lacuna::emulator::noteExecuted(const Counters &counters) {
  const InstructionTable &table = InstructionTable::instance();
  for (const InstructionCount &count : counters.instructions)
    executed()[table.find(count.opcode)].insert(count.opcode);
}

std::vector<std::string> lacuna::emulator::formsOf(const std::string &pattern) {
  std::vector<std::string> forms;
  for (std::size_t open = pattern.find_first_of("[("); open != pattern.npos;
       open = pattern.find_first_of("[(", open + 1)) {
    std::size_t close = pattern.find_first_of("])", open);
    std::string before = pattern.substr(0, open), after = pattern.substr(close + 1);
    if (pattern[open] == '[')
      forms.push_back(before + after);
    for (std::size_t at = open + 1; at < close;) {
      std::size_t end = pattern.find_first_of("|])", at);
      forms.push_back(before + pattern.substr(at, end - at) + after);
      at = end + 1;
    }
  }
  return forms.empty() ? std::vector{pattern} : forms;
}

std::vector<std::string> lacuna::emulator::formsNeverExecuted() {
  std::vector<std::string> missing;
  for (const auto &[mnemonic, row] : InstructionTable::instance().rows()) {
    const std::set<std::string> &opcodes = executed()[&row];
    for (const std::string &form : formsOf(row.pattern))
      if (std::none_of(opcodes.begin(), opcodes.end(),
                       [&](const std::string &opcode) { return matches(form, opcode); }))
        missing.push_back(form);
  }
  return missing;
}
