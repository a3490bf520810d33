#include "lib/Emulator/Decode/Table.h"

#include "lib/Emulator/Decode/Rows.h"

using namespace lacuna::emulator;

static std::string_view mnemonicOf(std::string_view text) {
  return text.substr(0, text.find_first_of(".["));
}

/// Does `opcode` begin with `modifier` as a whole word? Cuts it off when so.
static bool cut(std::string_view &opcode, std::string_view modifier) {
  if (!opcode.starts_with(modifier))
    return false;
  if (opcode.size() > modifier.size() && opcode[modifier.size()] != '.')
    return false;
  opcode.remove_prefix(modifier.size());
  return true;
}

/// `pattern` and `opcode` after the mnemonic; both start with '.', '[' or end.
static bool matchesRest(std::string_view pattern, std::string_view opcode) {
  if (pattern.empty())
    return opcode.empty();
  if (pattern[0] == '[') {
    std::size_t end = pattern.find(']');
    std::string_view choices = pattern.substr(1, end - 1), rest = pattern.substr(end + 1);
    while (!choices.empty()) {
      std::size_t bar = choices.find('|');
      std::string_view after = opcode;
      if (cut(after, choices.substr(0, bar)) && matchesRest(rest, after))
        return true;
      choices = bar == choices.npos ? std::string_view() : choices.substr(bar + 1);
    }
    return matchesRest(rest, opcode);
  }
  if (pattern.starts_with(".(")) {
    std::size_t end = pattern.find(')');
    std::string_view choices = pattern.substr(2, end - 2), rest = pattern.substr(end + 1);
    while (!choices.empty()) {
      std::size_t bar = choices.find('|');
      std::string_view after = opcode.substr(opcode.starts_with('.'));
      if (cut(after, choices.substr(0, bar)) && matchesRest(rest, after))
        return true;
      choices = bar == choices.npos ? std::string_view() : choices.substr(bar + 1);
    }
    return false;
  }
  std::size_t end = pattern.find_first_of(".[", 1);
  std::string_view modifier = pattern.substr(0, end);
  return cut(opcode, modifier) &&
         matchesRest(end == pattern.npos ? std::string_view() : pattern.substr(end), opcode);
}

bool lacuna::emulator::matches(std::string_view pattern, std::string_view opcode) {
  std::string_view mnemonic = mnemonicOf(pattern);
  if (mnemonicOf(opcode) != mnemonic)
    return false;
  return matchesRest(pattern.substr(mnemonic.size()), opcode.substr(mnemonic.size()));
}

void InstructionTable::add(Row row) {
  std::string mnemonic(mnemonicOf(row.pattern));
  if (row.operands.starts_with('d'))
    row.writesFirst = true;
  byMnemonic.emplace(std::move(mnemonic), std::move(row));
}

const Row *InstructionTable::find(std::string_view opcode) const {
  auto [first, last] = byMnemonic.equal_range(mnemonicOf(opcode));
  for (auto at = first; at != last; ++at)
    if (matches(at->second.pattern, opcode))
      return &at->second;
  return nullptr;
}

std::string InstructionTable::suggestion(std::string_view opcode) const {
  auto at = byMnemonic.find(mnemonicOf(opcode));
  return at == byMnemonic.end() ? "" : at->second.pattern;
}

const InstructionTable &InstructionTable::instance() {
  static const InstructionTable table = [] {
    InstructionTable result;
    addControlRows(result);
    addMoveRows(result);
    addIntegerRows(result);
    addBitRows(result);
    addFloatRows(result);
    addHalfRows(result);
    addCompareRows(result);
    addConvertRows(result);
    addLoadStoreRows(result);
    addAtomicRows(result);
    addCrossLaneRows(result);
    addCopyAsyncRows(result);
    addMatrixRows(result);
    addMbarrierRows(result);
    addBulkRows(result);
    addWgmmaRows(result);
    addBudgetRows(result);
    return result;
  }();
  return table;
}
