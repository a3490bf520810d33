#include "lib/Runtime/Nvrtc.h"

#include "lib/Runtime/NvrtcSearch.h"
#include "lib/Support/Environment.h"
#include "lib/Support/FileIdentity.h"
#include "lib/Support/Files.h"
#include "lib/Support/SharedLibrary.h"
#include "test/unit/Support/TemporaryFolder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

using namespace lacuna;

namespace {

/// LACUNA_NVRTC_PATH set for one test.
class NvrtcPath {
public:
  explicit NvrtcPath(std::string path) { overrideEnvironment(Variable::NvrtcPath, path); }
  NvrtcPath(const NvrtcPath &) = delete;
  NvrtcPath &operator=(const NvrtcPath &) = delete;
  ~NvrtcPath() { overrideEnvironment(Variable::NvrtcPath, std::nullopt); }
};

} // namespace

TEST(NvrtcSearchTest, TheVariableNamesAFileOrAFolder) {
  TemporaryFolder folder;
  ASSERT_TRUE(writeFile(folder.file("libnvrtc.so.13"), "x").isOk());
  {
    NvrtcPath path(folder.path());
    EXPECT_EQ(*findNvrtc(), folder.file("libnvrtc.so.13"));
  }
  ASSERT_TRUE(writeFile(folder.file("mine.so"), "y").isOk());
  {
    NvrtcPath path(folder.file("mine.so"));
    EXPECT_EQ(*findNvrtc(), folder.file("mine.so"));
    EXPECT_TRUE(nvrtcIdentity()->starts_with("content:"));
  }
  NvrtcPath path(folder.file("none"));
  EXPECT_EQ(findNvrtc().status().kind(), StatusKind::Driver);
  EXPECT_EQ(findNvrtc().status().message(),
            "LACUNA_NVRTC_PATH is " + folder.file("none") + ", where there is no NVRTC library");
}

TEST(NvrtcSearchTest, AFileThatIsNoNvrtcIsAnError) {
  TemporaryFolder folder;
  ASSERT_TRUE(writeFile(folder.file("libnvrtc.so.13"), "not ELF").isOk());
  {
    NvrtcPath path(folder.path());
    Result<const Nvrtc *> nvrtc = Nvrtc::get();
    ASSERT_FALSE(nvrtc);
    EXPECT_EQ(nvrtc.status().kind(), StatusKind::Driver);
    EXPECT_TRUE(nvrtc.status().message().starts_with("cannot load the NVRTC library: "));
  }
  // A library, but another one.
  NvrtcPath path(SharedLibrary::open("libc.so.6")->path());
  Result<const Nvrtc *> nvrtc = Nvrtc::get();
  ASSERT_FALSE(nvrtc);
  EXPECT_NE(nvrtc.status().message().find(" is too old or no NVRTC: it has no nvrtc"),
            std::string::npos);
}

TEST(NvrtcKeyTest, DiffersWhereverTheInputDoes) {
  NvrtcInput input{"k.cu", "source", "sm_80", {{"a.cuh", "text"}}};
  std::string key = nvrtcKey(input);
  EXPECT_EQ(nvrtcKey(input), key);
  NvrtcInput other = input;
  other.target = "sm_90a";
  EXPECT_NE(nvrtcKey(other), key);
  other = input;
  other.source += " ";
  EXPECT_NE(nvrtcKey(other), key);
  other = input;
  other.headers[0] = {"a.cuht", "ext"};
  EXPECT_NE(nvrtcKey(other), key);
}

TEST(FileIdentityTest, ReadsTheBuildIdWithoutTheRest) {
  Result<std::string> own = fileIdentity(ownFile());
  ASSERT_TRUE(own) << own.status().message();
  EXPECT_GT(own->size(), 20u);
  EXPECT_EQ(fileIdentity("/nonexistent").status().kind(), StatusKind::Io);
}

namespace {

/// Tests that need the real library are skipped without it.
class NvrtcTest : public testing::Test {
protected:
  void SetUp() override {
    Result<const Nvrtc *> found = Nvrtc::get();
    if (!found)
      GTEST_SKIP() << found.status().message();
    nvrtc = *found;
  }
  const Nvrtc *nvrtc = nullptr;
};

} // namespace

TEST_F(NvrtcTest, OneCompileGivesCubinPtxAndFacts) {
  NvrtcInput input{"fill.cu",
                   "#include <lacuna/value.cuh>\n"
                   "extern \"C\" __global__ void fill(int *out) { out[threadIdx.x] = value; }\n",
                   "sm_90a",
                   {{"lacuna/value.cuh", "constexpr int value = 42;"}}};
  Result<NvrtcOutput> output = nvrtc->compile(input);
  ASSERT_TRUE(output) << output.status().message();
  EXPECT_EQ(output->cubin.substr(0, 4), "\x7f"
                                        "ELF");
  EXPECT_NE(output->ptx.find(".entry fill"), std::string::npos);
  EXPECT_NE(output->ptx.find(".target sm_90a"), std::string::npos);
  EXPECT_NE(output->ptx.find("fill.cu"), std::string::npos); // the line table
  ASSERT_EQ(output->log.functions.size(), 1u);
  EXPECT_EQ(output->log.functions[0].name, "fill");
  EXPECT_TRUE(output->log.functions[0].isKernel);
  EXPECT_GT(output->log.functions[0].registers, 0);
  EXPECT_EQ(nvrtc->compile(input)->cubin, output->cubin);
}

TEST_F(NvrtcTest, OutputDoesNotDependOnTheWorkingDirectory) {
  NvrtcInput input{"fill.cu",
                   "#include \"lacuna/value.cuh\"\n"
                   "extern \"C\" __global__ void fill(int *out) { out[threadIdx.x] = value(); }\n",
                   "sm_80",
                   {{"lacuna/value.cuh", "__device__ int value() { return blockIdx.x; }\n"}}};
  Result<NvrtcOutput> here = nvrtc->compile(input);
  ASSERT_TRUE(here) << here.status().message();
  EXPECT_NE(here->ptx.find("\"/fill.cu\""), std::string::npos);
  EXPECT_NE(here->ptx.find("\"/lacuna/value.cuh\""), std::string::npos);

  const std::filesystem::path folder = std::filesystem::current_path();
  std::filesystem::current_path("/");
  Result<NvrtcOutput> elsewhere = nvrtc->compile(input);
  std::filesystem::current_path(folder);
  ASSERT_TRUE(elsewhere) << elsewhere.status().message();
  EXPECT_EQ(here->ptx, elsewhere->ptx);
  EXPECT_EQ(here->cubin, elsewhere->cubin);
}

TEST_F(NvrtcTest, RefusedSourceIsACompilerErrorWithTheLine) {
  Result<NvrtcOutput> output =
      nvrtc->compile({"bad.cu", "__global__ void k() {\n  x = 1;\n}\n", "sm_80", {}});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.status().kind(), StatusKind::Compiler);
  EXPECT_NE(output.status().message().find("bad.cu(2): error: identifier \"x\" is undefined"),
            std::string::npos);
}

TEST_F(NvrtcTest, UnknownTargetNamesTheLibrary) {
  Result<NvrtcOutput> output = nvrtc->compile({"k.cu", "", "sm_77", {}});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.status().kind(), StatusKind::Unsupported);
  EXPECT_TRUE(output.status().message().starts_with(
      "NVRTC " + nvrtc->version() + " (" + nvrtc->path() + ") does not compile for sm_77; it "));
}

TEST_F(NvrtcTest, SpillsAreSeen) {
  // More live values than the registers that these launch bounds leave.
  std::string source = "extern \"C\" __global__ void __launch_bounds__(1024, 2) k(float *p) {\n";
  for (int i = 0; i < 64; ++i)
    source +=
        "  float v" + std::to_string(i) + " = p[threadIdx.x + " + std::to_string(i * 1024) + "];\n";
  source += "  __syncthreads();\n";
  for (int i = 0; i < 64; ++i)
    source += "  p[threadIdx.x * 64 + " + std::to_string((i * 37) % 64) + "] = v" +
              std::to_string(i) + " * v" + std::to_string(63 - i) + ";\n";
  Result<NvrtcOutput> output = nvrtc->compile({"k.cu", source + "}\n", "sm_80", {}});
  ASSERT_TRUE(output) << output.status().message();
  ASSERT_FALSE(output->log.functions.empty());
  EXPECT_GT(output->log.functions[0].spillStoreBytes, 0);
}

// The memory model wants one wgmma.fence in this loop, before the first product. The
// assembler wants one before a product under a condition, and one behind it, too.
TEST_F(NvrtcTest, AdvisoriesAreSeen) {
  const std::string source = R"(
#define MULTIPLY(a, b, c, d)                                                                       \
  asm volatile("wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%0, %1, %2, %3}, %4, %4, "      \
               "1, 1, 1, 0, 0;" : "+f"(a), "+f"(b), "+f"(c), "+f"(d) : "l"(place))
#define FENCE asm volatile("wgmma.fence.sync.aligned;" ::: "memory")
#define COMMIT asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory")
extern "C" __global__ void k(float *out, int n, unsigned long long place) {
  float a = 0, b = 0, c = 0, d = 0, e = out[0], f = out[1], g = out[2], h = out[3];
#pragma unroll 1
  for (int i = 0; i < n; ++i) {
    FENCE;
    MULTIPLY(a, b, c, d);
    COMMIT;
    if (i) {
      BEFORE;
      MULTIPLY(e, f, g, h);
    }
    BEHIND;
    COMMIT;
    asm volatile("wgmma.wait_group.sync.aligned 0;"
                 : "+f"(a), "+f"(b), "+f"(c), "+f"(d), "+f"(e), "+f"(f), "+f"(g), "+f"(h));
    out[i] = a + b + c + d;
  }
  out[threadIdx.x] = e + f + g + h;
})";
  auto advisories = [&](const char *before, const char *behind) {
    std::string text = std::string("#define BEFORE ") + before + "\n#define BEHIND " + behind;
    Result<NvrtcOutput> output = nvrtc->compile({"k.cu", text + source, "sm_90a", {}});
    EXPECT_TRUE(output) << output.status().message();
    return output ? output->log.advisories : std::vector<std::string>();
  };
  EXPECT_TRUE(advisories("FENCE", "FENCE").empty());
  for (const auto &said : {advisories("", "FENCE"), advisories("FENCE", "")}) {
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].substr(0, 7), "(C7519)");
  }
}

TEST_F(NvrtcTest, CompilesInParallel) {
  auto compile = [&](int i) {
    Result<NvrtcOutput> output = nvrtc->compile(
        {"k.cu",
         "extern \"C\" __global__ void k(int *p) { *p = " + std::to_string(i) + "; }",
         "sm_80",
         {}});
    EXPECT_TRUE(output);
  };
  std::thread first(compile, 1), second(compile, 2);
  first.join();
  second.join();
}
