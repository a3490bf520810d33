//===- DefectsTest.cpp - Seeded defects are reported, at the right line -----===//
//
// Each kernel has one defect, on the line that ends with the comment "bug".
// The report must have the right kind and name that line; the same kernel with
// the line's repair must be silent.
//
//===----------------------------------------------------------------------===//
#include "test/unit/Emulator/Harness.h"

using namespace lacuna;
using namespace lacuna::test;

namespace {

/// A kernel "k(int *out, const int *in)" with a defect, and its repair.
struct Defect {
  const char *name;
  ReportKind kind;
  const char *source;
  /// Text of the source that makes it wrong, and what is right instead.
  const char *wrong, *right;
  std::uint32_t blocks = 1, threads = 64, sharedBytes = 0;
};

const Defect defects[] = {
    {"MissingSyncthreads", ReportKind::Race, R"(
extern "C" __global__ void k(int *out, const int *in) {
  __shared__ int buffer[64];
  buffer[threadIdx.x] = in[threadIdx.x];
  /*sync*/
  out[threadIdx.x] = buffer[63 - threadIdx.x]; // bug
})",
     "/*sync*/", "__syncthreads();"},
    {"OverwriteWhileOthersRead", ReportKind::Race, R"(
extern "C" __global__ void k(int *out, const int *in) {
  __shared__ int buffer[64];
  buffer[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  int x = buffer[63 - threadIdx.x];
  /*sync*/
  buffer[threadIdx.x] = x; // bug
  __syncthreads();
  out[threadIdx.x] = buffer[threadIdx.x ^ 32];
})",
     "/*sync*/", "__syncthreads();"},
    {"MissingSyncwarp", ReportKind::WarpRace, R"(
extern "C" __global__ void k(int *out, const int *in) {
  __shared__ int buffer[64];
  buffer[threadIdx.x] = in[threadIdx.x];
  /*sync*/
  out[threadIdx.x] = buffer[threadIdx.x ^ 1]; // bug
})",
     "/*sync*/", "__syncwarp();"},
    {"LanesWriteDifferentValues", ReportKind::WarpRace, R"(
extern "C" __global__ void k(int *out, const int *in) {
  __shared__ int buffer[2];
  buffer[threadIdx.x / 32] = int(threadIdx.x) / WIDTH; // bug
  __syncthreads();
  out[threadIdx.x] = buffer[0];
})",
     "WIDTH", "32"},
    {"RaceOnGlobalMemory", ReportKind::Race, R"(
extern "C" __global__ void k(int *out, const int *in) {
  out[threadIdx.x] = in[threadIdx.x];
  /*sync*/
  out[64 + threadIdx.x] = out[63 - threadIdx.x]; // bug
})",
     "/*sync*/", "__syncthreads();"},
    {"BlocksWriteOneElement", ReportKind::BlockConflict, R"(
extern "C" __global__ void k(int *out, const int *in) {
  out[threadIdx.x + blockIdx.x * STRIDE] = in[threadIdx.x]; // bug
})",
     "STRIDE", "64", 2},
    {"BlockReadsWhatAnotherWrites", ReportKind::BlockConflict, R"(
extern "C" __global__ void k(int *out, const int *in) {
  if (blockIdx.x == 0)
    out[threadIdx.x] = in[threadIdx.x];
  else
    out[64 + threadIdx.x] = FROM[threadIdx.x]; // bug
})",
     "FROM", "in", 2},
    {"SharedOutOfBounds", ReportKind::OutOfBounds, R"(
extern "C" __global__ void k(int *out, const int *in) {
  extern __shared__ int buffer[];
  buffer[threadIdx.x + PAD] = in[threadIdx.x]; // bug
  __syncthreads();
  out[threadIdx.x] = buffer[threadIdx.x + PAD];
})",
     "PAD", "0", 1, 64, 256},
    {"GlobalReadOutOfBounds", ReportKind::OutOfBounds, R"(
extern "C" __global__ void k(int *out, const int *in) {
  out[threadIdx.x] = in[threadIdx.x + PAD]; // bug
})",
     "PAD", "0"},
    {"GlobalWriteBeforeStart", ReportKind::OutOfBounds, R"(
extern "C" __global__ void k(int *out, const int *in) {
  out[(int)threadIdx.x - PAD] = in[threadIdx.x]; // bug
})",
     "PAD", "0"},
    {"Misaligned", ReportKind::Misaligned, R"(
extern "C" __global__ void k(int *out, const int *in) {
  if (threadIdx.x < 8)
    *(int4 *)(out + 4 * threadIdx.x + PAD) = *(const int4 *)(in + 4 * threadIdx.x); // bug
})",
     "PAD", "0"},
    {"UninitialisedShared", ReportKind::UninitialisedShared, R"(
extern "C" __global__ void k(int *out, const int *in) {
  __shared__ int buffer[64];
  if (threadIdx.x != SKIP)
    buffer[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = buffer[threadIdx.x ^ 1]; // bug
})",
     "SKIP", "99"},
    {"UninitialisedGlobal", ReportKind::UninitialisedGlobal, R"(
extern "C" __global__ void k(int *out, const int *in) {
  out[threadIdx.x] = FROM[(threadIdx.x + 1) & 63]; // bug
})",
     "FROM", "in"},
    {"UninitialisedRegister", ReportKind::UninitialisedRegister, R"(
extern "C" __global__ void k(int *out, const int *in) {
  int x;
  asm volatile("{ .reg .pred p; .reg .s32 t; setp.lt.s32 p, %1, LIMIT; @p mov.s32 t, 5;"
               " add.s32 %0, t, 1; }" : "=r"(x) : "r"(threadIdx.x)); // bug
  out[threadIdx.x] = x;
})",
     "LIMIT", "64"},
    {"CopyNotWaitedFor", ReportKind::AsyncCopy, R"(
extern "C" __global__ void k(int *out, const int *in) {
  __shared__ __align__(16) int buffer[64 * 4];
  unsigned to = (unsigned)__cvta_generic_to_shared(buffer + 4 * threadIdx.x);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(in + 4 * (threadIdx.x & 7)));
  asm volatile("cp.async.commit_group;");
  asm volatile("cp.async.wait_group GROUPS;" ::: "memory");
  out[threadIdx.x] = buffer[4 * threadIdx.x]; // bug
})",
     "GROUPS", "0"},
    {"CopyNotSynchronised", ReportKind::Race, R"(
extern "C" __global__ void k(int *out, const int *in) {
  __shared__ __align__(16) int buffer[64 * 4];
  unsigned to = (unsigned)__cvta_generic_to_shared(buffer + 4 * threadIdx.x);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(in + 4 * (threadIdx.x & 7)));
  asm volatile("cp.async.commit_group;");
  asm volatile("cp.async.wait_group 0;" ::: "memory");
  /*sync*/
  out[threadIdx.x] = buffer[4 * (threadIdx.x ^ 32)]; // bug
})",
     "/*sync*/", "__syncthreads();"},
    {"CopyWaitedForByAnotherLane", ReportKind::AsyncCopy, R"(
extern "C" __global__ void k(int *out, const int *in) {
  __shared__ __align__(16) int buffer[64 * 4];
  unsigned to = (unsigned)__cvta_generic_to_shared(buffer + 4 * threadIdx.x);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(in + 4 * (threadIdx.x & 7)));
  asm volatile("cp.async.commit_group;");
  asm volatile("cp.async.wait_group 0;" ::: "memory");
  /*sync*/
  out[threadIdx.x] = buffer[4 * (threadIdx.x ^ 1)]; // bug
})",
     "/*sync*/", "__syncwarp();"},
    {"BarrierInDivergedWarp", ReportKind::Divergence, R"(
extern "C" __global__ void k(int *out, const int *in) {
  if (threadIdx.x % 32 < COUNT) {
    out[threadIdx.x] = in[threadIdx.x];
    asm volatile("bar.sync 0;" ::: "memory"); // bug
    out[threadIdx.x] += 1;
  }
})",
     "COUNT", "32"},
    {"ShuffleWithoutMember", ReportKind::Divergence, R"(
extern "C" __global__ void k(int *out, const int *in) {
  int x = in[threadIdx.x];
  if (threadIdx.x % 32 < COUNT)
    x = __shfl_xor_sync(~0u, x, 1); // bug
  out[threadIdx.x] = x;
})",
     "COUNT", "32"},
    {"BarrierCount", ReportKind::Barrier, R"(
extern "C" __global__ void k(int *out, const int *in) {
  out[threadIdx.x] = in[threadIdx.x];
  asm volatile("bar.sync 1, %0;" ::"r"(in[0] + COUNT) : "memory"); // bug
})",
     "COUNT", "64"},
    {"Deadlock", ReportKind::Deadlock, R"(
extern "C" __global__ void k(int *out, const int *in) {
  out[threadIdx.x] = in[threadIdx.x];
  if (threadIdx.x < LIMIT)
    asm volatile("bar.sync 1, 64;" ::: "memory"); // bug
})",
     "LIMIT", "64"},
    {"Trap", ReportKind::Trap, R"(
extern "C" __global__ void k(int *out, const int *in) {
  out[threadIdx.x] = in[threadIdx.x];
  if (threadIdx.x == WHO)
    __trap(); // bug
})",
     "WHO", "99"},
};

/// What the defective source has in place of the repair.
std::string wrongValue(const Defect &defect) {
  std::string name = defect.name, wrong = defect.wrong;
  if (wrong == "/*sync*/")
    return "";
  if (wrong == "FROM")
    return "out";
  if (wrong == "WIDTH" || wrong == "STRIDE" || wrong == "PAD" || wrong == "GROUPS")
    return "1";
  if (wrong == "COUNT")
    return name == "BarrierCount" ? "40" : "16";
  if (wrong == "LIMIT")
    return "32";
  return "5"; // SKIP, WHO
}

std::string replaceAll(std::string text, const std::string &from, const std::string &to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::uint32_t lineOf(const std::string &text, const std::string &marker) {
  std::uint32_t line = 1;
  for (std::size_t i = 0; i < text.find(marker); ++i)
    line += text[i] == '\n';
  return line;
}

std::vector<Report> run(const Defect &defect, const std::string &source, EmulatorOptions options) {
  Machine machine(options);
  std::vector<int> values(64);
  for (int i = 0; i < 64; ++i)
    values[i] = i * 3;
  DeviceAddress in = machine.upload(values, "in"), out = machine.fresh<int>(128, "out");
  LaunchShape shape;
  shape.grid.x = defect.blocks;
  shape.block.x = defect.threads;
  shape.sharedBytes = defect.sharedBytes;
  std::string message = runKernel(machine, source, shape, Arguments(out, in));
  EXPECT_EQ(message.empty(), machine.device->reports().empty());
  Status status = machine.device->synchronize({});
  EXPECT_EQ(status.message(), message);
  EXPECT_EQ(status.kind(), message.empty() ? StatusKind::Ok : StatusKind::Driver);
  return machine.device->takeReports();
}

class Defects : public testing::TestWithParam<Defect> {};

TEST_P(Defects, AreReportedAtTheirLine) {
  const Defect &defect = GetParam();
  std::string wrong = replaceAll(defect.source, defect.wrong, wrongValue(defect));
  for (unsigned threads : {1u, 2u}) {
    EmulatorOptions options;
    options.threads = threads;
    std::vector<Report> reports = run(defect, wrong, options);
    ASSERT_FALSE(reports.empty());
    bool found = false;
    std::string all;
    for (const Report &report : reports) {
      all += report.line() + "\n";
      found |= report.kind == defect.kind && report.sourceLine == lineOf(wrong, "// bug");
    }
    EXPECT_TRUE(found) << all;
  }
}

TEST_P(Defects, AreSilentWhenRepaired) {
  const Defect &defect = GetParam();
  std::string right = replaceAll(defect.source, defect.wrong, defect.right);
  for (AsyncMode mode : {AsyncMode::Eager, AsyncMode::Lazy, AsyncMode::Random}) {
    EmulatorOptions options;
    options.mode = mode;
    options.seed = mode == AsyncMode::Random ? 3 : 0;
    for (const Report &report : run(defect, right, options))
      ADD_FAILURE() << report.line();
  }
}

INSTANTIATE_TEST_SUITE_P(All, Defects, testing::ValuesIn(defects),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
