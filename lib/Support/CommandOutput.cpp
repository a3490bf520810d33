#include "lib/Support/CommandOutput.h"

#include <cstdio>

using namespace lacuna;

std::string lacuna::outputOf(const std::string &command) {
  std::string output;
  if (FILE *pipe = popen(command.c_str(), "r")) {
    char buffer[256];
    while (std::size_t read = fread(buffer, 1, sizeof buffer, pipe))
      output.append(buffer, read);
    if (pclose(pipe) != 0)
      output.clear();
  }
  while (!output.empty() && output.back() == '\n')
    output.pop_back();
  return output;
}
