#include "lib/Support/Environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace lacuna;

TEST(EnvironmentTest, TableIsSortedAndIndexedByVariable) {
  std::string_view last;
  int index = 0;
  for (const VariableInfo &info : environmentTable()) {
    EXPECT_EQ(int(info.variable), index++);
    EXPECT_TRUE(info.name.starts_with("LACUNA_"));
    EXPECT_GT(info.name, last);
    EXPECT_FALSE(info.description.empty());
    last = info.name;
  }
  EXPECT_EQ(environmentName(Variable::NvrtcPath), "LACUNA_NVRTC_PATH");
}

TEST(EnvironmentTest, OverrideBeatsTheProcessWhichIsReadOnce) {
  std::optional<std::string> before = environmentValue(Variable::CudaPath);
  ::setenv("LACUNA_CUDA_PATH", "/later", 1);
  EXPECT_EQ(environmentValue(Variable::CudaPath), before);
  overrideEnvironment(Variable::CudaPath, "/mine");
  EXPECT_EQ(environmentValue(Variable::CudaPath), "/mine");
  overrideEnvironment(Variable::CudaPath, std::nullopt);
  EXPECT_EQ(environmentValue(Variable::CudaPath), before);
}
