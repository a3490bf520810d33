#include "lib/Emulator/Ptx/ControlSlice.h"

#include <algorithm>

using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

static bool isProduct(const Statement &statement) {
  return statement.opcode.starts_with("mma.") || statement.opcode.starts_with("wgmma.mma");
}

static bool hasModifier(const Statement &statement, std::string_view modifier) {
  const std::string dotted = "." + std::string(modifier);
  return statement.opcode.ends_with(dotted) ||
         statement.opcode.find(dotted + ".") != std::string::npos;
}

/// Whether what it writes depends on more than registers, parameters and global memory.
static bool needsOthers(const Statement &statement) {
  const std::string_view mnemonic = statement.mnemonic();
  if (mnemonic == "ld")
    return !hasModifier(statement, "global") && !hasModifier(statement, "param") &&
           !hasModifier(statement, "const");
  return mnemonic == "ldmatrix" || mnemonic == "atom" || mnemonic == "mbarrier" ||
         statement.opcode.starts_with("bar.red") || statement.opcode.starts_with("barrier.red");
}

/// "v4.b32" of an access to shared memory "ld.shared.v4.b32"; else "".
static std::string_view sharedShape(const Statement &statement, std::string_view mnemonic) {
  const std::string start = std::string(mnemonic) + ".shared.";
  std::string_view opcode = statement.opcode;
  return opcode.starts_with(start) ? opcode.substr(start.size()) : std::string_view();
}

static void collect(const Operand &operand, std::vector<int> &registers) {
  if (operand.kind == Operand::Kind::Register)
    registers.push_back(operand.index);
  for (const Operand &element : operand.elements)
    collect(element, registers);
}

namespace {

class Slicer {
public:
  Slicer(const Kernel &kernel, const std::vector<Effects> &effects)
      : kernel(kernel), effects(effects), writers(kernel.registers.size()),
        isNeeded(kernel.registers.size()), cameOfProduct(kernel.registers.size()) {}
  ControlSlice run();

private:
  void followProducts();
  bool holdsBitsOfElement(int r) const;
  Part partOf(std::size_t s) const;
  void need(int r);
  void needAll(const std::vector<int> &registers);
  void needOperands(const Statement &statement, std::size_t first, std::size_t last);
  void needWhatCounts(const Statement &statement);
  bool needStoresOf(const Statement &load);

  const Kernel &kernel;
  const std::vector<Effects> &effects;
  std::vector<std::vector<std::size_t>> writers; ///< statements, by register
  std::vector<bool> isNeeded, cameOfProduct;     ///< by register
  std::vector<int> open;                         ///< needed registers to look at
  ControlSlice slice;
};

} // namespace

/// Marks every register that something of a product may have reached.
void Slicer::followProducts() {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t s = 0; s < effects.size(); ++s) {
      const bool reached = isProduct(kernel.statements[s]) ||
                           std::any_of(effects[s].reads.begin(), effects[s].reads.end(),
                                       [&](int r) { return cameOfProduct[r]; });
      for (int r : effects[s].writes)
        if (reached && !cameOfProduct[r])
          cameOfProduct[r] = changed = true;
    }
  }
}

/// Whether a register holds the bits of a float that something of a product may have reached.
bool Slicer::holdsBitsOfElement(int r) const {
  auto makesFloat = [&](std::size_t s) {
    return isProduct(kernel.statements[s]) || hasModifier(kernel.statements[s], "f32");
  };
  return cameOfProduct[r] && std::all_of(writers[r].begin(), writers[r].end(), [&](std::size_t s) {
           const Statement &statement = kernel.statements[s];
           if (statement.opcode != "mov.b32" ||
               statement.operands[1].kind != Operand::Kind::Register)
             return false;
           const auto &sources = writers[statement.operands[1].index];
           return std::any_of(sources.begin(), sources.end(), makesFloat);
         });
}

Part Slicer::partOf(std::size_t s) const {
  const Statement &statement = kernel.statements[s];
  if (isProduct(statement))
    return Part::Drawn;
  if (statement.opcode.starts_with("mbarrier.try_wait") ||
      statement.opcode.starts_with("mbarrier.test_wait"))
    return Part::Done;
  const std::string_view opcode = statement.opcode;
  const bool asksForEquality = opcode.starts_with("setp.eq") || opcode.starts_with("setp.ne");
  const auto &operands = statement.operands;
  if (!asksForEquality || operands.size() != 3 || operands[1].kind != Operand::Kind::Register ||
      operands[2].kind == Operand::Kind::Register)
    return Part::Computed;
  const int compared = operands[1].index;
  const bool isElement =
      hasModifier(statement, "f32") ? cameOfProduct[compared] : holdsBitsOfElement(compared);
  return isElement ? Part::Unequal : Part::Computed;
}

void Slicer::need(int r) {
  if (!isNeeded[r]) {
    isNeeded[r] = true;
    open.push_back(r);
  }
}

void Slicer::needAll(const std::vector<int> &registers) {
  for (int r : registers)
    need(r);
}

/// The registers of operands [first, last).
void Slicer::needOperands(const Statement &statement, std::size_t first, std::size_t last) {
  std::vector<int> registers;
  for (std::size_t o = first; o < std::min(last, statement.operands.size()); ++o)
    collect(statement.operands[o], registers);
  needAll(registers);
}

/// Guards, and what says how much a copy moves: its size, or where a box lies.
void Slicer::needWhatCounts(const Statement &statement) {
  if (statement.guard >= 0)
    need(statement.guard);
  if (!statement.opcode.starts_with("cp."))
    return;
  const bool isBulk = hasModifier(statement, "bulk");
  const bool isLoad = hasModifier(statement, "mbarrier::complete_tx::bytes");
  if (!isBulk)
    needOperands(statement, 3, 4);
  else if (isLoad)
    needOperands(statement, 1, statement.operands.size() - 1);
  else
    needOperands(statement, 0, statement.operands.size());
}

/// What a load from shared memory may read: stores of its shape, but of products. False
/// when there are none.
bool Slicer::needStoresOf(const Statement &load) {
  const std::string_view shape = sharedShape(load, "ld");
  bool found = false;
  for (std::size_t s = 0; s < effects.size(); ++s) {
    const std::vector<int> &reads = effects[s].reads;
    if (shape.empty() || sharedShape(kernel.statements[s], "st") != shape ||
        std::any_of(reads.begin(), reads.end(), [&](int r) { return cameOfProduct[r]; }))
      continue;
    slice.parts[s] = Part::Exchanged;
    needAll(reads);
    found = true;
  }
  return found;
}

ControlSlice Slicer::run() {
  const auto &statements = kernel.statements;
  if (std::none_of(statements.begin(), statements.end(), isProduct))
    return {};
  slice.parts.assign(statements.size(), Part::Counted);
  followProducts();
  for (std::size_t s = 0; s < statements.size(); ++s) {
    for (int r : effects[s].writes)
      writers[r].push_back(s);
    const std::string_view mnemonic = statements[s].mnemonic();
    if (statements[s].target >= 0 || mnemonic == "ret" || mnemonic == "exit" || mnemonic == "trap")
      slice.parts[s] = Part::Computed;
    needWhatCounts(statements[s]);
  }
  while (!open.empty()) {
    const int r = open.back();
    open.pop_back();
    for (std::size_t s : writers[r]) {
      Part &part = slice.parts[s];
      if (part != Part::Counted)
        continue;
      part = partOf(s);
      if (part == Part::Computed) {
        needAll(effects[s].reads);
        if (needStoresOf(statements[s]))
          part = Part::Exchanged;
        else if (needsOthers(statements[s]) && slice.obstacle < 0)
          slice.obstacle = static_cast<int>(s);
      }
      // What a product is added to, and whether it is.
      if (part == Part::Drawn)
        needOperands(statements[s], 3, 4);
    }
  }
  return std::move(slice);
}

ControlSlice lacuna::emulator::ptx::sliceControl(const Kernel &kernel,
                                                 const std::vector<Effects> &effects) {
  return Slicer(kernel, effects).run();
}
