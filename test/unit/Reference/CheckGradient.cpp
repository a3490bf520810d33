//===- CheckGradient.cpp - check-gradient SPEC.mlir FUNCTION INPUT... --------===//
//
// Compares the gradient function of a spec with finite differences. Exit status 0,
// or 1 with a message that says what is wrong.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Files.h"
#include "test/unit/Reference/FiniteDifferences.h"

#include <cstdio>

int main(int argc, char **argv) {
  if (argc < 3)
    return std::fputs("check-gradient SPEC.mlir FUNCTION INPUT...\n", stderr), 1;
  lacuna::Result<std::string> text = lacuna::readFile(argv[1]);
  std::string failure =
      text ? lacuna::compareWithDifferences(*text, {argv + 3, argv + argc}, argv[2])
           : text.status().message();
  if (!failure.empty())
    std::fprintf(stderr, "%s\n", failure.c_str());
  return !failure.empty();
}
