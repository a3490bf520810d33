//===- DeviceHeadersTest.cpp - kernels/ inside the library ----------------===//
#include "lib/Target/Cuda/EmitCuda.h"

#include "gtest/gtest.h"

#include <set>
#include <sstream>
#include <string>

TEST(DeviceHeaders, includeOnlyOneAnother) {
  std::set<std::string> names;
  for (const lacuna::DeviceHeader &header : lacuna::deviceHeaders())
    EXPECT_TRUE(names.insert(header.name).second) << header.name;
  EXPECT_TRUE(names.contains("lacuna/types.cuh"));
  const std::string include = "#include \"";
  for (const lacuna::DeviceHeader &header : lacuna::deviceHeaders()) {
    std::istringstream lines(header.text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(include)) {
        EXPECT_TRUE(names.contains(line.substr(include.size(), line.size() - include.size() - 1)))
            << header.name << ": " << line;
      }
  }
}

TEST(DeviceHeaders, areTextAndInOrder) {
  std::string last;
  for (const lacuna::DeviceHeader &header : lacuna::deviceHeaders()) {
    EXPECT_LT(last, header.name);
    last = header.name;
    EXPECT_NE(std::string(header.text).find("#endif"), std::string::npos) << header.name;
  }
}
