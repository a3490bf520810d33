//===- CommandOutput.h - What a command prints -------------------------------===//
#ifndef LIB_SUPPORT_COMMANDOUTPUT_H
#define LIB_SUPPORT_COMMANDOUTPUT_H

#include <string>

namespace lacuna {

/// Output of a shell command, without the last line's end; empty when it fails.
std::string outputOf(const std::string &command);

} // namespace lacuna

#endif // LIB_SUPPORT_COMMANDOUTPUT_H
