//===- CheckGradient.cpp - check-gradient SPEC.mlir INPUT... -----------------===//
//
// Compares the gradient function of a spec with finite differences. Exit status 0,
// or 1 with a message that says what is wrong.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Files.h"
#include "test/unit/Reference/FiniteDifferences.h"

#include <cstdio>

int main(int argc, char **argv) {
  lacuna::Result<std::string> spec = lacuna::readFile(argc > 1 ? argv[1] : "");
  std::string failure = spec ? lacuna::compareWithDifferences(*spec, {argv + 2, argv + argc})
                             : spec.status().message();
  if (!failure.empty())
    std::fprintf(stderr, "%s\n", failure.c_str());
  return !failure.empty();
}
