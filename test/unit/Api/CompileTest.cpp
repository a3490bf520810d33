//===- CompileTest.cpp - The public compile on specs of the gallery ---------===//
#include "lacuna/Baked.h"
#include "lacuna/Gradient.h"
#include "lacuna/Runtime.h"
#include "lib/Api/Executable.h"
#include "lib/Api/FrontEnd.h"
#include "lib/Runtime/NullDevice.h"
#include "lib/Support/Files.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

using namespace lacuna;

static std::string gallery(const std::string &name) {
  Result<std::string> text = readFile(LACUNA_SPECS "/" + name + ".mlir");
  EXPECT_TRUE(text) << text.status().message();
  return text ? *text : "";
}

namespace {

/// Compiles with a cache in memory, so that every compile is counted. Skipped
/// without NVRTC.
class CompileTest : public testing::Test {
protected:
  void SetUp() override {
    if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
      GTEST_SKIP() << found.status().message();
  }
  Result<Executable> compileFor(const std::string &spec, const std::string &target) {
    CompileOptions options;
    options.target = target;
    auto compiled = driver.compile(spec, options);
    if (!compiled)
      return compiled.status();
    return Executable(std::make_shared<const Executable::Implementation>(*compiled));
  }

  /// The compiler, counting its runs.
  CompilerFrontEnd countingFrontEnd() {
    CompilerFrontEnd frontEnd = mlirFrontEnd();
    frontEnd.lower = [this, lower = frontEnd.lower](std::string_view spec,
                                                    const CompileOptions &options) {
      ++lowerings;
      return lower(spec, options);
    };
    return frontEnd;
  }

  std::atomic<int> lowerings{0};
  KernelCache cache{{.folder = ""}};
  CompileDriver driver{cache, countingFrontEnd()};
  NullDevice device{"sm_80"};
};

} // namespace

TEST_F(CompileTest, ASweepOverLengthsCompilesOnce) {
  std::string spec = gallery("sliding_window");
  for (std::int64_t length = 1; length <= 200; ++length) {
    Result<Executable> executable = compileFor(spec, "sm_80");
    ASSERT_TRUE(executable) << executable.status().message();
    Result<LoadedProgram> program = LoadedProgram::load(*executable, device);
    ASSERT_TRUE(program) << program.status().message();
    TensorRef q = TensorRef::contiguous(4096, DType::BF16, {1 + length % 3, 4, length, 128});
    TensorRef k = TensorRef::contiguous(4096, DType::BF16, {1 + length % 3, 2, 7 * length, 128});
    TensorRef lse = TensorRef::contiguous(4096, DType::F32, {1 + length % 3, 4, length});
    Status status = program->launch({q, k, k, std::int32_t(length / 2)}, {q, lse});
    ASSERT_TRUE(status.isOk()) << status.message();
  }
  EXPECT_EQ(driver.nvrtcRuns(), 1u);
  EXPECT_EQ(device.launches, 200u);
}

// Every length with every window and every document layout asks for the program
// of its spec, and launches it; what differs are arguments.
TEST_F(CompileTest, LengthsWindowsAndLayoutsShareOneCompile) {
  static const char *spec = R"(
!t = tensor<?x?x?x64xf16>
func.func @spec(%q: !t, %k: !t, %v: !t, %ids: tensor<?x?xi32>, %left: i32) -> !t {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    %near = attn.sliding_window %i, %j left %left
    %same = attn.document %i, %j in %ids[%b] : tensor<?x?xi32>
    %keep = attn.and %past, %near, %same
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
})";
  constexpr std::int64_t lengths = 200, windows = 20, layouts = 50;
  for (std::int64_t length = 1; length <= lengths; ++length) {
    TensorRef q = TensorRef::contiguous(4096, DType::F16, {1, 2, 17 * length, 64});
    for (std::int64_t window = 0; window < windows; ++window) {
      Result<Executable> executable = compileFor(spec, "sm_80");
      ASSERT_TRUE(executable) << executable.status().message();
      Result<LoadedProgram> program = LoadedProgram::load(*executable, device);
      ASSERT_TRUE(program) << program.status().message();
      for (std::int64_t layout = 1; layout <= layouts; ++layout) {
        TensorRef ids = TensorRef::contiguous(4096 * layout, DType::I32, {1, 17 * length});
        std::vector<Value> arguments = {q, q, q, ids, std::int32_t(8 * window)};
        Result<std::size_t> bytes = program->workspaceBytes(arguments);
        ASSERT_TRUE(bytes) << bytes.status().message();
        Status status = program->launch(arguments, {q}, {}, {4096, *bytes});
        ASSERT_TRUE(status.isOk()) << status.message();
      }
    }
  }
  EXPECT_EQ(lowerings, 1);
  EXPECT_EQ(driver.nvrtcRuns(), 1u);
  EXPECT_GE(device.launches, std::uint64_t(lengths * windows * layouts));
}

// Forty windows, each with tables of its own in its kernel.
TEST_F(CompileTest, FortyBakedMasksStayWithinABudgetOfEight) {
  std::string spec = gallery("sliding_window");
  TensorRef q = TensorRef::contiguous(4096, DType::BF16, {1, 2, 300, 128});
  TensorRef lse = TensorRef::contiguous(4096, DType::F32, {1, 2, 300});
  CompileOptions options;
  options.target = "sm_80";
  BakedPrograms programs(device, [&](const std::string &window) -> Result<Executable> {
    Result<std::string> baked = bake(spec, options, {q, q, q, std::int32_t(std::stoi(window))});
    return baked ? compileFor(*baked, "sm_80") : baked.status();
  });
  for (int window = 0; window < 40; ++window) {
    std::string mask = std::to_string(7 * window);
    EXPECT_EQ(programs.use(mask), nullptr);
    EXPECT_EQ(programs.use(mask), nullptr) << "it is being compiled";
    programs.finish();
    std::shared_ptr<LoadedProgram> baked = programs.use(mask);
    ASSERT_TRUE(baked) << programs.failure().message();
    EXPECT_EQ(baked->launch({q, q, q, 7 * window}, {q, lse}).message(), "");
    EXPECT_EQ(baked->launch({q, q, q, 7 * window + 1}, {q, lse}).message(),
              "%left is " + std::to_string(7 * window + 1) + ", needs to equal " +
                  std::to_string(7 * window));
    EXPECT_LE(programs.statistics().programs, 8u);
    EXPECT_LE(programs.statistics().bytes, BakedPolicy().bytes);
  }
  EXPECT_EQ(lowerings, 40);
  EXPECT_EQ(programs.statistics().bakes, 40u);
  EXPECT_EQ(programs.statistics().evictions, 32u);
}

// The general program serves until the baked one is there; both give the same bits.
TEST_F(CompileTest, DocumentsAreBakedInTheBackground) {
  Result<std::unique_ptr<Device>> emulator = openDevice("emulator");
  ASSERT_TRUE(emulator);
  CompileOptions options;
  options.target = (*emulator)->target();
  options.mode = "planned";
  options.useCache = false;
  std::string spec = gallery("packed_documents");
  BakedPrograms programs(**emulator, bakeFrom(spec, options));
  constexpr std::int64_t tokens = 200;
  auto make = [&](DType dtype, std::vector<std::int64_t> shape) {
    return std::move(*DeviceTensor::create(**emulator, dtype, std::move(shape)));
  };
  DeviceTensor q = make(DType::BF16, {1, 2, tokens, 128}),
               o = make(DType::BF16, {1, 2, tokens, 128});
  DeviceTensor lse = make(DType::F32, {1, 2, tokens}), ids = make(DType::I32, {1, tokens});
  std::vector<std::uint16_t> numbers(q.bytes() / 2);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = std::uint16_t(0x3f00 + i * 37 % 256);
  std::vector<std::int32_t> labels(tokens);
  for (std::int64_t i = 0; i < tokens; ++i)
    labels[i] = i / 70;
  ASSERT_TRUE(q.copyIn(numbers.data()).isOk() && ids.copyIn(labels.data()).isOk());
  // What the mask reads, in host memory; queries and keys only have shapes.
  TensorRef shape = TensorRef::contiguous(0, DType::BF16, {1, 2, tokens, 128});
  TensorRef documents =
      TensorRef::contiguous(DeviceAddress(labels.data()), DType::I32, {1, tokens});
  const std::string mask = maskOf({shape, shape, shape, documents});

  auto run = [&](LoadedProgram &program) {
    Result<std::size_t> bytes = program.workspaceBytes({q, q, q, ids});
    EXPECT_TRUE(bytes) << bytes.status().message();
    DeviceTensor scratch = make(DType::I8, {std::int64_t(*bytes) + 1});
    EXPECT_EQ(
        program.launch({q, q, q, ids}, {o, lse}, {}, {scratch.ref().address, *bytes}).message(),
        "");
    EXPECT_EQ(program.synchronize().message(), "");
    std::vector<std::uint16_t> result(numbers.size());
    EXPECT_TRUE(o.copyOut(result.data()).isOk());
    return result;
  };
  Result<Executable> executable = compile(spec, options);
  ASSERT_TRUE(executable) << executable.status().message();
  Result<LoadedProgram> planned = LoadedProgram::load(*executable, **emulator);
  ASSERT_TRUE(planned) << planned.status().message();
  EXPECT_EQ(programs.use(mask), nullptr);
  EXPECT_EQ(programs.use(mask), nullptr) << "it is being compiled";
  std::vector<std::uint16_t> expected = run(*planned);
  programs.finish();
  std::shared_ptr<LoadedProgram> baked = programs.use(mask);
  ASSERT_TRUE(baked) << programs.failure().message();
  EXPECT_FALSE(baked->makesPlan());
  EXPECT_EQ(run(*baked), expected);
}

TEST_F(CompileTest, MasksThatCannotBeBakedSayWhy) {
  CompileOptions options;
  options.target = "sm_80";
  std::string spec = gallery("packed_documents");
  TensorRef q = TensorRef::contiguous(0, DType::BF16, {1, 2, 200, 128});
  TensorRef ids = TensorRef::contiguous(0, DType::I32, {1, 200});
  auto failure = [&](const std::string &mask) {
    return bakeFrom(spec, options)(mask).status().message();
  };
  EXPECT_EQ(failure("no mask"), "a mask to bake is not what maskOf made");
  std::string whole = maskOf({q, q, q, ids});
  EXPECT_EQ(failure(whole.substr(0, whole.size() - 8)), "a mask to bake is not what maskOf made");
  EXPECT_EQ(failure(maskOf({q, q, q})), "packed_documents takes 4 arguments, 3 are given");
  EXPECT_NE(failure(whole).find("argument 3 is read, but has no elements"), std::string::npos);
  Result<std::string> tile = bake("tile.kernel @k() { tile.return }\n"
                                  "tile.program @p() { tile.return }",
                                  options, {});
  EXPECT_EQ(tile.status().message(), "only a spec can be baked, and only once");
}

TEST_F(CompileTest, SpecsCompileInParallel) {
  std::vector<std::thread> threads;
  for (const char *name : {"dense", "causal", "alibi", "softcap"})
    threads.emplace_back([this, name] {
      Result<Executable> executable = compileFor(gallery(name), "sm_90a");
      EXPECT_TRUE(executable) << executable.status().message();
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(CompileTest, LaunchErrorsNameTheSpecsArguments) {
  Result<Executable> executable = compileFor(gallery("causal"), "sm_80");
  ASSERT_TRUE(executable) << executable.status().message();
  Result<LoadedProgram> program = LoadedProgram::load(*executable, device);
  ASSERT_TRUE(program);
  TensorRef q = TensorRef::contiguous(4096, DType::BF16, {1, 4, 10, 128});
  TensorRef k = TensorRef::contiguous(4096, DType::BF16, {1, 3, 10, 128});
  TensorRef lse = TensorRef::contiguous(4096, DType::F32, {1, 4, 10});
  EXPECT_EQ(program->launch({q, k, k}, {q, lse}).message(),
            "key heads of %k is 3, needs to divide query heads of %q, 4");
  TensorRef half = q;
  half.dtype = DType::F16;
  EXPECT_EQ(program->launch({half, q, q}, {q, lse}).message(),
            "%q is a tensor of bf16, one of f16 is given");
  TensorRef shifted = q;
  shifted.address += 2;
  EXPECT_EQ(program->launch({q, shifted, q}, {q, lse}).message(),
            "the address of %k is 2 bytes past a multiple of 16, needs to be one");
  // LSE rows are not a multiple of 16 bytes, and need not be.
  EXPECT_TRUE(program->launch({q, q, q}, {q, lse}).isOk());
}

// What a launch of the gradient takes follows from the spec.
TEST_F(CompileTest, AGradientIsASpecLikeAnyOther) {
  CompileOptions options;
  options.target = "sm_80";
  Result<std::string> gradient = differentiate(gallery("sliding_window"), options);
  ASSERT_TRUE(gradient) << gradient.status().message();
  Result<Executable> executable = compileFor(*gradient, "sm_80");
  ASSERT_TRUE(executable) << executable.status().message();
  EXPECT_EQ(executable->name(), "sliding_window_gradient");
  std::vector<std::string> names;
  for (const ArgumentInfo &argument : executable->arguments())
    names.push_back(argument.name);
  EXPECT_EQ(names, (std::vector<std::string>{"q", "k", "v", "left", "o", "lse", "do", "dlse"}));
  EXPECT_EQ(executable->results().size(), 3u);
}

TEST(GradientErrorTest, SaysWhatHasNone) {
  CompileOptions options;
  options.fileName = "mine.mlir";
  EXPECT_EQ(differentiate("func.func @f(", options).status().kind(), StatusKind::Syntax);
  Result<std::string> gradient = differentiate(gallery("dense"), options);
  ASSERT_TRUE(gradient) << gradient.status().message();
  EXPECT_EQ(differentiate(*gradient, options).status().message(),
            "@dense_gradient has no attn.attend to differentiate, or is a gradient itself");
  EXPECT_EQ(compileGradient(*gradient, options).status().kind(), StatusKind::Unsupported);
}

TEST(CompileErrorTest, SaysWhereAndWhy) {
  CompileOptions options;
  options.target = "sm_80";
  options.fileName = "mine.mlir";
  Result<Executable> executable = compile("func.func @f(", options);
  ASSERT_FALSE(executable);
  EXPECT_EQ(executable.status().kind(), StatusKind::Syntax);
  EXPECT_TRUE(executable.status().message().starts_with("mine.mlir:1:13: error: "))
      << executable.status().message();
  options.target = "sm_77";
  executable = compile(gallery("dense"), options);
  ASSERT_FALSE(executable);
  EXPECT_EQ(executable.status().kind(), StatusKind::Unsupported) << executable.status().message();
  EXPECT_NE(executable.status().message().find("sm_77"), std::string::npos);
  EXPECT_NE(executable.status().message().find("sm_90a"), std::string::npos);
}
