//===- Decoder.cpp - Binding statements to handlers and slots --------------===//
//
// Order of work: match every statement to a row (which says what it writes),
// find life times, give registers slots, place variables, bind operands.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Decode/Decoder.h"

#include "lib/Emulator/Decode/DecoderState.h"
#include "lib/Emulator/Ptx/Liveness.h"
#include "lib/Emulator/Ptx/Parser.h"
#include "lib/Emulator/Ptx/Weights.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

using namespace lacuna;
using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

static Status errorAt(const Statement &statement, const std::string &why) {
  return Status(StatusKind::Driver, "PTX line " + std::to_string(statement.ptxLine) + ": `" +
                                        std::string(statement.text) + "`: " + why);
}

//===----------------------------------------------------------------------===//
// Rows and effects
//===----------------------------------------------------------------------===//

bool Decoder::matchRows() {
  const InstructionTable &table = InstructionTable::instance();
  std::unordered_map<std::string_view, const Row *> seen;
  for (const Statement &statement : kernel.statements) {
    auto [place, isNew] = seen.try_emplace(statement.opcode, nullptr);
    if (isNew)
      place->second = table.find(statement.opcode);
    if (!place->second) {
      std::string known = table.suggestion(statement.opcode);
      failure = errorAt(statement, known.empty() ? "unknown instruction '" + statement.opcode + "'"
                                                 : "unknown form '" + statement.opcode +
                                                       "' of an instruction; known is '" + known +
                                                       "' and its like");
      return false;
    }
    rows.push_back(place->second);
  }
  return true;
}

static void collectRegisters(const Operand &operand, std::vector<int> &out) {
  if (operand.kind == Operand::Kind::Register)
    out.push_back(operand.index);
  for (const Operand &element : operand.elements)
    collectRegisters(element, out);
}

void Decoder::collectEffects() {
  for (std::size_t s = 0; s < kernel.statements.size(); ++s) {
    const Statement &statement = kernel.statements[s];
    Effects effect;
    for (std::size_t o = 0; o < statement.operands.size(); ++o) {
      bool written = o == 0 && rows[s]->writesFirst;
      // An address is read even where a destination is expected.
      written &= statement.operands[o].kind != Operand::Kind::Address;
      if (written)
        collectRegisters(statement.operands[o], effect.writes);
      if (!written || rows[s]->readsFirst)
        collectRegisters(statement.operands[o], effect.reads);
    }
    if (statement.guard >= 0)
      effect.reads.push_back(statement.guard);
    effects.push_back(std::move(effect));
  }
}

//===----------------------------------------------------------------------===//
// Registers
//===----------------------------------------------------------------------===//

/// Registers that may be read before they are written get a slot of their own
/// and a run-time record of initialised lanes; so do registers that they are
/// copied to, because a copy is no use of the value yet.
void Decoder::trackRegisters(const Liveness &liveness) {
  trackedIndex.assign(kernel.registers.size(), 0);
  std::vector<int> work = liveness.readBeforeWritten;
  auto track = [&](int r) {
    if (!trackedIndex[r]) {
      trackedIndex[r] = ++code->trackedCount;
      return true;
    }
    return false;
  };
  for (int r : work)
    track(r);
  for (bool changed = !work.empty(); changed;) {
    changed = false;
    for (std::size_t s = 0; s < rows.size(); ++s) {
      if (!rows[s]->copies)
        continue;
      bool readsTracked = std::any_of(effects[s].reads.begin(), effects[s].reads.end(),
                                      [&](int r) { return trackedIndex[r] != 0; });
      if (readsTracked)
        for (int r : effects[s].writes)
          changed |= track(r);
    }
  }
  ++code->trackedCount; // index 0 is unused
}

/// Registers that wgmma reads and writes on its own time get slots of their own.
void Decoder::pinRegisters() {
  pinnedIndex.assign(kernel.registers.size(), -1);
  for (std::size_t s = 0; s < rows.size(); ++s) {
    if (!rows[s]->asynchronous)
      continue;
    std::vector<int> used;
    const auto &operands = kernel.statements[s].operands;
    collectRegisters(operands[0], used);
    if (operands.size() > 1 && operands[1].kind == Operand::Kind::Vector)
      collectRegisters(operands[1], used);
    for (int r : used)
      if (pinnedIndex[r] < 0)
        pinnedIndex[r] = static_cast<s32>(code->pinnedCount++);
  }
}

u32 Decoder::trackedUse(std::size_t s, const Instruction &instruction) {
  TrackedUse use;
  const bool asynchronous = rows[s]->asynchronous;
  for (int r : effects[s].reads) {
    if (u32 index = trackedIndex[r]) {
      use.reads.push_back(index);
      use.readNames.push_back(kernel.registers[r].name);
    }
    if (pinnedIndex[r] >= 0 && !asynchronous)
      use.pinnedReads.push_back(static_cast<u32>(pinnedIndex[r]));
  }
  for (int r : effects[s].writes) {
    if (u32 index = trackedIndex[r])
      use.writes.push_back(index);
    if (pinnedIndex[r] >= 0 && !asynchronous)
      use.pinnedWrites.push_back(static_cast<u32>(pinnedIndex[r]));
  }
  if (asynchronous) {
    std::vector<int> used;
    const auto &operands = kernel.statements[s].operands;
    collectRegisters(operands[0], used);
    if (operands[1].kind == Operand::Kind::Vector)
      collectRegisters(operands[1], used);
    for (int r : used)
      use.pinned.push_back(static_cast<u32>(pinnedIndex[r]));
    use.readsOnlyIf = instruction.c;
  }
  if (use.reads.empty() && use.writes.empty() && use.pinnedReads.empty() &&
      use.pinnedWrites.empty() && use.pinned.empty())
    return 0;
  use.copies = rows[s]->copies;
  code->tracked.push_back(std::move(use));
  return static_cast<u32>(code->tracked.size() - 1);
}

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

static u64 alignUp(u64 value, u64 alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

bool Decoder::placeVariables() {
  // Parameters live in a read-only allocation of their own.
  u64 offset = 0;
  std::vector<u64> parameterOffset(kernel.variables.size(), 0);
  std::vector<bool> isParameter(kernel.variables.size(), false);
  for (int parameter : kernel.parameters) {
    const ptx::Variable &variable = kernel.variables[parameter];
    offset = alignUp(offset, variable.alignment);
    parameterOffset[parameter] = offset;
    isParameter[parameter] = true;
    offset += variable.bytes;
  }
  code->parameterBytes = static_cast<u32>(offset);
  Allocation *parameters = memory.allocate(std::max<u64>(offset, 1), "the kernel's parameters");
  if (!parameters) {
    failure = Status(StatusKind::Resource, "out of host memory");
    return false;
  }
  parameters->readOnly = true;
  code->parameters = reinterpret_cast<u8 *>(parameters->base);

  u64 shared = sharedBase, local = localBase;
  u32 externAlignment = 1;
  addresses.assign(kernel.variables.size(), 0);
  for (std::size_t v = 0; v < kernel.variables.size(); ++v) {
    const ptx::Variable &variable = kernel.variables[v];
    if (isParameter[v]) {
      addresses[v] = parameters->base + parameterOffset[v];
    } else if (variable.space == Space::Shared) {
      if (variable.isExtern || variable.bytes == 0) {
        externAlignment = std::max(externAlignment, variable.alignment);
        continue;
      }
      shared = alignUp(shared, variable.alignment);
      addresses[v] = shared;
      shared += variable.bytes;
    } else if (variable.space == Space::Local || variable.space == Space::Param) {
      local = alignUp(local, std::max<u64>(variable.alignment, 16));
      addresses[v] = local;
      local += variable.bytes;
    } else if (!placeGlobal(v)) {
      return false;
    }
  }
  code->staticSharedEnd = static_cast<u32>(shared);
  code->dynamicSharedStart = static_cast<u32>(alignUp(shared, externAlignment));
  for (std::size_t v = 0; v < kernel.variables.size(); ++v) {
    const ptx::Variable &variable = kernel.variables[v];
    if (variable.space == Space::Shared && (variable.isExtern || variable.bytes == 0))
      addresses[v] = code->dynamicSharedStart;
  }
  code->localBytes = static_cast<u32>(alignUp(local - localBase, 16));
  return true;
}

bool Decoder::placeGlobal(std::size_t v) {
  const ptx::Variable &variable = kernel.variables[v];
  Allocation *place = memory.allocate(std::max<u64>(variable.bytes, 1), variable.name);
  if (!place) {
    failure = Status(StatusKind::Resource, "out of host memory");
    return false;
  }
  // Variables without an initial value start as zero.
  u8 *bytes = reinterpret_cast<u8 *>(place->base);
  std::memset(bytes, 0, variable.bytes);
  if (!variable.initial.empty())
    std::memcpy(bytes, variable.initial.data(), variable.initial.size());
  std::memset(place->initialised, 1, variable.bytes);
  place->readOnly = variable.space == Space::Const;
  addresses[v] = place->base;
  code->ownedAllocations.push_back(place->base);
  return true;
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

/// Binds operands by the row's short notation.
static void bindOperands(Binder &binder, const std::string &notation) {
  const auto &operands = binder.statement.operands;
  Instruction &out = binder.out;
  std::vector<u32> list;
  std::size_t o = 0;
  for (std::size_t at = 0; at < notation.size(); ++at) {
    char field = notation[at];
    if (field == ' ')
      continue;
    if (o == operands.size())
      return binder.fail("too few operands");
    const Operand &operand = operands[o++];
    if (field == 'i') {
      if (operand.kind != Operand::Kind::Immediate)
        return binder.fail("operand " + std::to_string(o) + " must be an immediate");
      out.imm = operand.value;
      continue;
    }
    if (field == 'm') {
      binder.address(operand);
      continue;
    }
    char width = notation[++at];
    u32 slot;
    if (width == 'p') {
      if (operand.negated)
        return binder.fail("operand " + std::to_string(o) + " may not be negated");
      slot = field == 'd' ? binder.predicateDestination(operand) : binder.predicateSource(operand);
    } else {
      u32 bytes = static_cast<u32>(width - '0');
      slot = field == 'd' ? binder.destination(operand, bytes) : binder.source(operand, bytes);
    }
    switch (field) {
    case 'd':
      out.d = slot;
      break;
    case 'a':
      out.a = slot;
      break;
    case 'b':
      out.b = slot;
      break;
    case 'c':
      out.c = slot;
      break;
    default:
      list.push_back(slot);
      break;
    }
  }
  if (o != operands.size())
    return binder.fail("too many operands");
  if (!list.empty())
    binder.setList(std::move(list));
}

bool Decoder::bindAll() {
  std::vector<u8> weights = weigh(kernel, effects);
  for (std::size_t s = 0; s < kernel.statements.size(); ++s) {
    const Statement &statement = kernel.statements[s];
    const Row &row = *rows[s];
    Instruction instruction;
    instruction.execute = row.handler;
    instruction.option = row.option;
    if (statement.guard >= 0) {
      instruction.guard = static_cast<s32>(slots.offset[statement.guard]);
      instruction.guardNegated = statement.guardNegated;
    }
    if (statement.target >= 0) {
      int meet = cfg.reconvergence(cfg.blockOf[s]);
      instruction.reconvergence = meet < 0 ? nowhere : static_cast<u32>(meet);
    }
    Binder binder(*this, statement, instruction);
    if (!row.operands.empty() || !row.bind)
      bindOperands(binder, row.operands);
    if (failure.isOk() && row.bind)
      row.bind(binder);
    if (!failure.isOk())
      return false;
    instruction.tracked = trackedUse(s, instruction);
    code->instructions.push_back(instruction);
    code->info.push_back({statement.opcode, std::string(statement.text), statement.ptxLine,
                          statement.source, weights[s]});
  }
  return true;
}

void Decoder::finishRegisterFile() {
  code->registerBytes = (end + 255) / 256 * 256;
  // Registers start as a NaN that no computation makes.
  constexpr u32 poison = 0x7fa5dead;
  code->initialRegisters.resize(code->registerBytes);
  for (u32 at = 0; at < code->registerBytes; at += 4)
    std::memcpy(&code->initialRegisters[at], &poison, 4);
  for (const auto &[key, slot] : constants) {
    auto [value, bytes] = key;
    for (u32 lane = 0; lane < warpSize && bytes; ++lane)
      std::memcpy(&code->initialRegisters[slot + lane * bytes], &value, bytes);
    if (!bytes)
      std::memcpy(&code->initialRegisters[slot], &value, 4);
  }
}

Result<std::unique_ptr<Code>> Decoder::run() {
  code->name = kernel.name;
  code->files = module.files;
  code->blocksPerSm = kernel.blocksPerSm;
  code->tracked.resize(1);
  if (!matchRows())
    return failure;
  collectEffects();
  cfg = buildCfg(kernel);
  Liveness liveness = computeLiveness(kernel, cfg, effects);
  trackRegisters(liveness);
  pinRegisters();
  std::vector<bool> pinned(kernel.registers.size());
  for (std::size_t r = 0; r < pinned.size(); ++r)
    pinned[r] = trackedIndex[r] != 0 || pinnedIndex[r] >= 0;
  // The first slot takes what nobody reads ("_").
  slots = assignSlots(kernel, liveness, pinned, sinkSlot + slotBytes(RegisterClass::Double));
  end = slots.end;
  if (!placeVariables() || !bindAll() || (predicts && !keepSlice()))
    return failure;
  finishRegisterFile();
  return std::move(code);
}

Result<std::unique_ptr<Code>> lacuna::emulator::decode(const Module &module,
                                                       const std::string &entry,
                                                       GlobalMemory &memory, bool predicts) {
  Result<Kernel> kernel = flatten(module, entry);
  if (!kernel)
    return kernel.status();
  return Decoder(module, *kernel, memory, predicts).run();
}
