//===- Flatten.cpp - Device functions expanded where they are called -------===//
//
// A GPU has a call stack; the emulator's analyses (post-dominators, liveness,
// register slots) are simpler and exact on one body. NVRTC inlines nearly
// everything itself, so what is expanded here is small.
//
// A callee's parameters and results are .param variables. The caller declares
// variables of the same kind, stores arguments into them and names them in the
// call: expanding a call binds the callee's names to the caller's variables.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Ptx/Parser.h"

#include <unordered_map>

using namespace lacuna;
using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

namespace {

class Flattener {
public:
  explicit Flattener(const Module &module) : module(module) {}
  Result<Kernel> run(const Function &entry);

private:
  using Binding = std::unordered_map<int, int>; ///< module variable -> kernel variable

  void expand(const Function &function, Binding &binding, int depth);
  void call(const Statement &statement, Binding &binding, int depth);
  int bind(int variable, Binding &binding);
  void rename(Operand &operand, Binding &binding, int firstRegister);
  const Function *find(std::string_view name, bool entry) const;

  const Module &module;
  Kernel kernel;
  Binding shared; ///< variables of the module and of the entry: one copy each
  Status failure;

  friend Result<Kernel> ptx::flatten(const Module &, std::string_view);
};

constexpr int deepestCall = 64;

} // namespace

const Function *Flattener::find(std::string_view name, bool entry) const {
  for (const Function &function : module.functions)
    if (function.name == name && function.isEntry == entry)
      return &function;
  return nullptr;
}

int Flattener::bind(int variable, Binding &binding) {
  const Variable &declared = module.variables[variable];
  // Per-thread variables of a callee get a copy for each expansion.
  bool perThread = declared.space == Space::Local || declared.space == Space::Param;
  Binding &where = perThread ? binding : shared;
  auto [place, isNew] = where.try_emplace(variable, static_cast<int>(kernel.variables.size()));
  if (isNew)
    kernel.variables.push_back(declared);
  return place->second;
}

void Flattener::rename(Operand &operand, Binding &binding, int firstRegister) {
  if (operand.kind == Operand::Kind::Register)
    operand.index += firstRegister;
  if (operand.kind == Operand::Kind::Symbol)
    operand.index = bind(operand.index, binding);
  for (Operand &element : operand.elements)
    rename(element, binding, firstRegister);
}

void Flattener::call(const Statement &statement, Binding &binding, int depth) {
  // call [(results),] name [, (arguments)]
  const std::vector<Operand> &operands = statement.operands;
  bool hasResults = !operands.empty() && operands[0].kind == Operand::Kind::Vector;
  std::size_t nameAt = hasResults ? 1 : 0;
  const Function *callee = operands.size() > nameAt ? find(operands[nameAt].name, false) : nullptr;
  std::string where = "PTX line " + std::to_string(statement.ptxLine) + ": ";
  if (!callee || operands.size() > nameAt + 2) {
    failure = Status(StatusKind::Driver,
                     where + "unsupported call: '" + std::string(statement.text) + "'");
    return;
  }
  if (depth == deepestCall) {
    failure =
        Status(StatusKind::Driver, where + "unsupported: recursion through '" + callee->name + "'");
    return;
  }
  Binding inner;
  auto bindAll = [&](const std::vector<int> &formal, const Operand *actual) {
    std::size_t count = actual ? actual->elements.size() : 0;
    if (count != formal.size()) {
      failure = Status(StatusKind::Driver,
                       where + "wrong number of arguments for '" + callee->name + "'");
      return;
    }
    for (std::size_t i = 0; i < count; ++i)
      inner[formal[i]] = bind(actual->elements[i].index, binding);
  };
  bindAll(callee->results, hasResults ? &operands[0] : nullptr);
  bindAll(callee->parameters, operands.size() > nameAt + 1 ? &operands[nameAt + 1] : nullptr);
  if (failure.isOk())
    expand(*callee, inner, depth + 1);
}

void Flattener::expand(const Function &function, Binding &binding, int depth) {
  int firstRegister = static_cast<int>(kernel.registers.size());
  kernel.registers.insert(kernel.registers.end(), function.registers.begin(),
                          function.registers.end());
  // Statement i of the function is statement position[i] of the kernel.
  std::vector<int> position;
  std::vector<int> branches, returns;
  for (const Statement &original : function.statements) {
    position.push_back(static_cast<int>(kernel.statements.size()));
    if (original.mnemonic() == "call") {
      if (original.guard >= 0)
        failure = Status(StatusKind::Driver, "PTX line " + std::to_string(original.ptxLine) +
                                                 ": unsupported: call under a predicate");
      call(original, binding, depth);
      if (!failure.isOk())
        return;
      continue;
    }
    Statement copy = original;
    if (copy.guard >= 0)
      copy.guard += firstRegister;
    for (Operand &operand : copy.operands)
      rename(operand, binding, firstRegister);
    if (copy.target >= 0)
      branches.push_back(static_cast<int>(kernel.statements.size()));
    if (depth > 0 && copy.mnemonic() == "ret") {
      copy.opcode = "bra";
      returns.push_back(static_cast<int>(kernel.statements.size()));
    }
    kernel.statements.push_back(std::move(copy));
  }
  position.push_back(static_cast<int>(kernel.statements.size()));
  for (int branch : branches)
    kernel.statements[branch].target = position[kernel.statements[branch].target];
  for (int branch : returns)
    kernel.statements[branch].target = position.back();
}

Result<Kernel> Flattener::run(const Function &entry) {
  kernel.name = entry.name;
  kernel.blocksPerSm = entry.blocksPerSm;
  Binding binding;
  for (int parameter : entry.parameters)
    kernel.parameters.push_back(bind(parameter, binding));
  expand(entry, binding, 0);
  if (!failure.isOk())
    return failure;
  return std::move(kernel);
}

Result<Kernel> ptx::flatten(const Module &module, std::string_view name) {
  Flattener flattener(module);
  const Function *entry = flattener.find(name, true);
  if (!entry) {
    std::string names;
    for (const Function &function : module.functions)
      if (function.isEntry)
        names += (names.empty() ? "" : ", ") + function.name;
    return Status(StatusKind::Driver,
                  "the PTX has no entry '" + std::string(name) + "'; it has: " + names);
  }
  return flattener.run(*entry);
}
