//===- CompileDriverTest.cpp - The driver with a compiler of one line -------===//
#include "lib/Api/CompileDriver.h"

#include "lib/Support/Environment.h"
#include "lib/Support/Files.h"
#include "test/unit/Support/TemporaryFolder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace lacuna;

namespace {

/// Skipped where there is no NVRTC.
class CompileDriverTest : public testing::Test {
protected:
  void SetUp() override {
    if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
      GTEST_SKIP() << found.status().message();
  }

  /// A spec is a number, which its kernel stores; blanks around it mean nothing.
  CompilerFrontEnd frontEnd(std::string buildId = "build 1") {
    CompilerFrontEnd made;
    made.buildId = std::move(buildId);
    made.lower = [this](std::string_view spec, const CompileOptions &options) -> Result<Program> {
      ++lowerings;
      std::string number(spec);
      number.erase(std::remove(number.begin(), number.end(), ' '), number.end());
      if (number.find_first_not_of("0123456789") != std::string::npos)
        return Status(StatusKind::Syntax, options.fileName + ":1:1: error: not a number");
      Program program;
      program.name = "store";
      program.arguments = {{"n", DType::I32, false, {}}};
      program.results = {{"result 0", DType::I32, {Expression::scalar(0)}, 4}};
      program.kernels = {{"store", options.target, "", "",
                          "extern \"C\" __global__ void store(int *p) { *p = " + number + "; }\n"}};
      program.steps = {{0, 1, 32, 0, {ProgramParameter::result(0)}}};
      return program;
    };
    made.nvrtcInput = [](const Program &program) {
      return NvrtcInput{"store.cu", program.kernels[0].source, program.kernels[0].target, {}};
    };
    return made;
  }

  static CompileOptions optionsFor(std::string target) {
    CompileOptions options;
    options.target = std::move(target);
    return options;
  }

  std::atomic<int> lowerings{0};
  TemporaryFolder folder;
};

} // namespace

TEST_F(CompileDriverTest, CompilesThenHitsMemoryThenDisk) {
  KernelCache cache({.folder = folder.path()});
  CompileDriver driver(cache, frontEnd());
  auto first = driver.compile("42", optionsFor("sm_80"));
  ASSERT_TRUE(first) << first.status().message();
  EXPECT_EQ((*first)->report.source, CompileSource::Compiled);
  EXPECT_GT((*first)->report.nvrtcSeconds, 0);
  ASSERT_EQ((*first)->report.kernels.size(), 1u);
  EXPECT_EQ((*first)->report.kernels[0].name, "store");
  EXPECT_GT((*first)->report.kernels[0].registers, 0);
  const KernelImage &kernel = (*first)->program.kernels[0];
  EXPECT_NE(kernel.ptx.find(".target sm_80"), std::string::npos);
  EXPECT_NE(kernel.source.find("*p = 42"), std::string::npos);

  auto second = driver.compile("42", optionsFor("sm_80"));
  EXPECT_EQ((*second)->report.source, CompileSource::MemoryCache);
  KernelCache freshCache({.folder = folder.path()});
  CompileDriver fresh(freshCache, frontEnd());
  auto third = fresh.compile("42", optionsFor("sm_80"));
  EXPECT_EQ((*third)->report.source, CompileSource::DiskCache);
  EXPECT_EQ((*third)->report.nvrtcSeconds, 0);
  EXPECT_EQ((*third)->report.kernels[0].registers, (*first)->report.kernels[0].registers);
  EXPECT_EQ((*third)->program.kernels[0].cubin, kernel.cubin);
  EXPECT_EQ((*third)->program.kernels[0].source, kernel.source);
  EXPECT_EQ((*third)->program.steps, (*first)->program.steps);
  EXPECT_EQ(lowerings, 1);
  EXPECT_EQ(driver.nvrtcRuns() + fresh.nvrtcRuns(), 1u);
}

TEST_F(CompileDriverTest, WhateverDecidesTheResultIsInTheKey) {
  KernelCache cache({.folder = ""});
  CompileDriver driver(cache, frontEnd());
  ASSERT_TRUE(driver.compile("1", optionsFor("sm_80")));
  ASSERT_TRUE(driver.compile("1", optionsFor("sm_90a")));
  EXPECT_EQ(driver.nvrtcRuns(), 2u);
  ASSERT_TRUE(driver.compile("2", optionsFor("sm_80")));
  EXPECT_EQ(driver.nvrtcRuns(), 3u);
  CompileOptions other = optionsFor("sm_80");
  other.function = "f";
  ASSERT_TRUE(driver.compile("1", other));
  EXPECT_EQ(lowerings, 4);
  other = optionsFor("sm_80");
  other.mode = "planned";
  ASSERT_TRUE(driver.compile("1", other));
  EXPECT_EQ(lowerings, 5);
  CompileDriver newer(cache, frontEnd("build 2"));
  ASSERT_TRUE(newer.compile("1", optionsFor("sm_80")));
  EXPECT_EQ(lowerings, 6);
}

TEST_F(CompileDriverTest, SpecsThatEndInTheSameSourceShareIt) {
  KernelCache cache({.folder = ""});
  CompileDriver driver(cache, frontEnd());
  ASSERT_TRUE(driver.compile("7", optionsFor("sm_80")));
  ASSERT_TRUE(driver.compile(" 7 ", optionsFor("sm_80")));
  EXPECT_EQ(lowerings, 2);
  EXPECT_EQ(driver.nvrtcRuns(), 1u);
}

TEST_F(CompileDriverTest, EqualRequestsAtOnceCompileOnce) {
  KernelCache cache({.folder = folder.path()});
  CompileDriver driver(cache, frontEnd());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { EXPECT_TRUE(driver.compile("5", optionsFor("sm_80"))); });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(driver.nvrtcRuns(), 1u);
}

TEST_F(CompileDriverTest, WithoutNvrtcWhatWasCompiledStillLoads) {
  {
    KernelCache cache({.folder = folder.path()});
    ASSERT_TRUE(CompileDriver(cache, frontEnd()).compile("42", optionsFor("sm_80")));
  }
  overrideEnvironment(Variable::NvrtcPath, "/nonexistent/libnvrtc.so.13");
  KernelCache cache({.folder = folder.path()});
  CompileDriver driver(cache, frontEnd());
  auto known = driver.compile("42", optionsFor("sm_80"));
  auto unknown = driver.compile("43", optionsFor("sm_80"));
  overrideEnvironment(Variable::NvrtcPath, std::nullopt);
  ASSERT_TRUE(known) << known.status().message();
  EXPECT_EQ((*known)->report.source, CompileSource::DiskCache);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.status().message(), "LACUNA_NVRTC_PATH is /nonexistent/libnvrtc.so.13, where "
                                        "there is no NVRTC library");
}

TEST_F(CompileDriverTest, DamagedEntriesAreCompiledAnew) {
  {
    KernelCache cache({.folder = folder.path()});
    ASSERT_TRUE(CompileDriver(cache, frontEnd()).compile("42", optionsFor("sm_80")));
  }
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file())
      continue;
    ASSERT_TRUE(writeFile(entry.path().string(), "lacuna-cache 1 damaged").isOk());
  }
  KernelCache cache({.folder = folder.path()});
  CompileDriver driver(cache, frontEnd());
  auto compiled = driver.compile("42", optionsFor("sm_80"));
  ASSERT_TRUE(compiled);
  EXPECT_EQ((*compiled)->report.source, CompileSource::Compiled);
  EXPECT_EQ(driver.nvrtcRuns(), 1u);
}

TEST_F(CompileDriverTest, WithoutTheCacheNothingIsStored) {
  KernelCache cache({.folder = folder.path()});
  CompileDriver driver(cache, frontEnd());
  CompileOptions options = optionsFor("sm_80");
  options.useCache = false;
  ASSERT_TRUE(driver.compile("42", options));
  ASSERT_TRUE(driver.compile("42", options));
  EXPECT_EQ(driver.nvrtcRuns(), 2u);
  EXPECT_EQ(folder.fileCount(), 0);
}

TEST_F(CompileDriverTest, ErrorsOfTheCompilerPassThrough) {
  KernelCache cache({.folder = folder.path()});
  CompileDriver driver(cache, frontEnd());
  auto compiled = driver.compile("x", optionsFor("sm_80"));
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.status().kind(), StatusKind::Syntax);
  EXPECT_EQ(compiled.status().message(), "spec:1:1: error: not a number");
  EXPECT_EQ(driver.compile("1", optionsFor("sm_77")).status().kind(), StatusKind::Unsupported);
  EXPECT_EQ(folder.fileCount(), 0);
}
