//===- Coverage.h - Is every instruction of the emulator executed? ---------===//
//
// The emulator's table spells an instruction as a pattern of modifiers:
// "ld[.weak|.volatile].(b32|b64)". A form is a pattern with one of its choices
// made: "ld.volatile.(b32|b64)", or "ld.(b32|b64)" for none. Every form of every
// row must be executed by some test. Which ones were follows from the opcodes in
// the counters that the emulator keeps anyway: nothing of this is in it.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_EMULATOR_COVERAGE_H
#define TEST_UNIT_EMULATOR_COVERAGE_H

#include "lib/Emulator/Counters.h"

#include <string>
#include <vector>

namespace lacuna::emulator {

/// Adds what a device has executed to what this program has executed.
void noteExecuted(const Counters &counters);

/// The patterns that `pattern` becomes when one of its choices is made, each
/// choice in turn; itself when there is none to make.
std::vector<std::string> formsOf(const std::string &pattern);

/// Forms of the emulator's instructions that this program has not executed.
std::vector<std::string> formsNeverExecuted();

} // namespace lacuna::emulator

#endif // TEST_UNIT_EMULATOR_COVERAGE_H
