#include "lib/Emulator/Ptx/Mutate.h"

#include "lib/Emulator/Ptx/Parser.h"

#include <algorithm>

using namespace lacuna;
using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

/// Spellings of what is dropped, as prefixes of opcodes.
static constexpr std::string_view synchronizing[] = {
    "bar.",          "barrier.",
    "fence",         "membar",
    "cp.async.wait", "cp.async.commit_group",
    "mbarrier.",     "cp.async.mbarrier",
    "wgmma.fence",   "cp.async.bulk.commit_group",
    "wgmma.commit",  "cp.async.bulk.wait_group",
    "wgmma.wait",
};

static bool synchronizes(const Statement &statement) {
  return std::any_of(std::begin(synchronizing), std::end(synchronizing),
                     [&](std::string_view prefix) { return statement.opcode.starts_with(prefix); });
}

/// What stands in place of a statement: nothing, or "the wait is over".
static std::string substitute(const Statement &statement) {
  bool answers =
      statement.opcode.find("_wait") != statement.opcode.npos && statement.mnemonic() == "mbarrier";
  if (!answers)
    return "";
  return "setp.eq.u32 " + statement.operands[0].name + ", 0, 0";
}

Result<std::vector<Mutant>> ptx::dropSynchronization(std::string_view ptx,
                                                     std::string_view kernel) {
  Result<Module> module = parse(ptx);
  if (!module)
    return module.status();
  std::vector<Mutant> mutants;
  for (const Function &function : module->functions)
    for (const Statement &statement : function.statements) {
      if (function.name != kernel || !synchronizes(statement))
        continue;
      std::size_t begin = static_cast<std::size_t>(statement.text.data() - ptx.data());
      std::string replacement = substitute(statement);
      // Line breaks inside the statement stay, so that lines keep their numbers.
      replacement.append(std::count(statement.text.begin(), statement.text.end(), '\n'), '\n');
      Mutant mutant;
      mutant.ptx = ptx;
      mutant.ptx.replace(begin, statement.text.size(), replacement);
      mutant.removed = statement.text;
      mutant.ptxLine = statement.ptxLine;
      mutant.sourceLine = statement.source.line;
      mutants.push_back(std::move(mutant));
    }
  return mutants;
}
