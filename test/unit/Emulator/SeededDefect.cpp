#include "test/unit/Emulator/SeededDefect.h"

using namespace lacuna;
using namespace lacuna::emulator;

/// Line of the source, from 1, that is marked.
static u32 markedLine(const std::string &source) {
  std::size_t mark = source.find("// HERE");
  EXPECT_NE(mark, std::string::npos);
  return 1 + static_cast<u32>(std::count(source.begin(), source.begin() + mark, '\n'));
}

static std::string ptxLineText(const std::string &ptx, u32 line) {
  std::size_t at = 0;
  for (u32 i = 1; i < line && at != std::string::npos; ++i)
    at = ptx.find('\n', at) + 1;
  return ptx.substr(at, ptx.find('\n', at) - at);
}

static Outcome runOnce(const KernelImage &image, const SeededDefect &defect,
                       EmulatorOptions options) {
  options.instructionLimit = defect.instructionLimit;
  options.threads = 1 + options.seed % 2;
  KernelRunner runner(options);
  std::vector<s32> values;
  for (int i = 0; i < 1024; ++i)
    values.push_back(i % 64);
  DeviceAddress in = runner.put(values, "in"), out = runner.allocate(4096, "out");
  Outcome outcome = runner.run(image, defect.shape, Arguments(in, out));
  // What went wrong in a launch is said once more when the stream is waited for.
  EXPECT_EQ(runner.device->synchronize({}).message(), outcome.status.message());
  EXPECT_EQ(outcome.status.kind(), outcome.reports.empty() ? StatusKind::Ok : StatusKind::Driver);
  return outcome;
}

/// Is this the report that the defect must give?
static bool matches(const Report &report, const SeededDefect &defect, u32 line) {
  if (report.kind != defect.kind || (report.sourceLine != line && report.inlinedLine != line))
    return false;
  for (const std::string &piece : defect.message)
    if (report.message.find(piece) == std::string::npos)
      return false;
  return true;
}

static void checkReport(const Report &report, const KernelImage &image) {
  EXPECT_TRUE(report.sourceFile.ends_with("kernel.cu")) << report.sourceFile;
  std::string text = ptxLineText(image.ptx, report.ptxLine);
  EXPECT_NE(text.find(report.instruction.substr(0, 8)), std::string::npos)
      << "PTX line " << report.ptxLine << " is `" << text << "`, reported: " << report.line();
}

void lacuna::emulator::checkDefect(const SeededDefect &defect) {
  if (skipWithoutNvrtc())
    return;
  if (testsUseGpu())
    return;
  KernelImage broken = compileKernel(defect.source, "k");
  KernelImage fixed = compileKernel("#define FIXED\n#line 1\n" + defect.source, "k");
  u32 line = markedLine(defect.source);
  int found = 0;
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    Outcome outcome = runOnce(broken, defect, options);
    bool seen = false;
    for (const Report &report : outcome.reports) {
      if (matches(report, defect, line)) {
        seen = true;
        checkReport(report, broken);
      } else {
        bool allowed = report.kind == defect.kind;
        for (ReportKind kind : defect.alsoAllowed)
          allowed |= report.kind == kind;
        EXPECT_TRUE(allowed) << report.line();
      }
    }
    found += seen;
    if (defect.inEveryMode) {
      EXPECT_TRUE(seen) << "not reported at line " << line << " as " << describe(defect.kind)
                        << "; reported:\n"
                        << toString(outcome.reports);
    }
    Outcome clean = runOnce(fixed, defect, options);
    EXPECT_TRUE(clean.status.isOk()) << "the correct twin: " << clean.status.message();
  }
  EXPECT_GT(found, 0) << "never reported";
}
