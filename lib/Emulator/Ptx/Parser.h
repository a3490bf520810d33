//===- Parser.h - PTX text into a module -----------------------------------===//
#ifndef LIB_EMULATOR_PTX_PARSER_H
#define LIB_EMULATOR_PTX_PARSER_H

#include "lacuna/Result.h"
#include "lib/Emulator/Ptx/Ast.h"

#include <memory>

namespace lacuna::emulator::ptx {

/// Parses a module: directives, variables with initial values, entries and
/// device functions, nested scopes with their own registers and labels (inline
/// assembly). The module's statements point into `text`, which must outlive it.
/// Errors: Driver, with the PTX line.
Result<Module> parse(std::string_view text);

/// Expands every call of entry `name` in place, so that what follows sees one
/// body: parameters and results become per-thread variables, `ret` of a callee
/// a branch to its end.
/// Errors: Driver when there is no such entry, or on recursion.
Result<Kernel> flatten(const Module &module, std::string_view name);

} // namespace lacuna::emulator::ptx

#endif // LIB_EMULATOR_PTX_PARSER_H
