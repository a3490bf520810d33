#include "tools/lacuna-compile/Report.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace lacuna;

static void explainSpills(llvm::raw_ostream &out, const FunctionFacts &function) {
  out << "- spills: ";
  if (function.spillStoreBytes || function.spillLoadBytes)
    out << function.spillStoreBytes << " bytes stored, " << function.spillLoadBytes << " loaded\n";
  else
    out << "none\n";
}

static void explainKernel(llvm::raw_ostream &out, const KernelFacts &facts, const NvrtcLog &log) {
  out << "\n## Kernel " << facts.name << "\n\n- runs: " << facts.runs
      << "\n- schedule: " << facts.schedule << (facts.tuned ? " (measured to be the fastest)" : "")
      << "\n- threads: " << facts.threads << "\n- shared memory: " << facts.sharedBytes << " bytes"
      << "\n- blocks per SM: " << facts.blocksPerSm << "\n";
  for (const FunctionFacts &function : log.functions)
    if (function.name == facts.name) {
      out << "- registers: " << function.registers << " (" << facts.predictedRegisters
          << " predicted)\n";
      explainSpills(out, function);
    }
  if (facts.refused.empty())
    return;
  out << "- candidates that were refused:\n";
  for (const std::string &refused : facts.refused)
    out << "  - " << refused << "\n";
}

std::string lacuna::explain(const Program &program, const Compilation &compilation,
                            const NvrtcLog &log, double nvrtcMilliseconds) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "# @" << program.name << " for " << compilation.target() << "\n";
  for (const KernelFacts &facts : compilation.facts())
    explainKernel(out, facts, log);
  for (const FunctionFacts &function : log.functions)
    if (llvm::none_of(compilation.facts(),
                      [&](const KernelFacts &facts) { return facts.name == function.name; })) {
      out << "\n## Kernel " << function.name
          << "\n\n- a part of the plan\n- registers: " << function.registers << "\n";
      explainSpills(out, function);
    }
  if (!compilation.remarks().empty()) {
    out << "\n## Remarks\n\n";
    for (const std::string &remark : compilation.remarks())
      out << "- " << remark << "\n";
  }
  if (!log.advisories.empty()) {
    out << "\n## Advisories of the assembler\n\n";
    for (const std::string &advisory : log.advisories)
      out << "- " << advisory << "\n";
  }
  out << "\n## Times\n\n| stage | ms |\n|---|---:|\n";
  for (const StageTime &stage : compilation.stages())
    out << llvm::formatv("| {0} | {1:f2} |\n", stage.name, stage.milliseconds);
  out << llvm::formatv("| nvrtc | {0:f2} |\n", nvrtcMilliseconds);
  return text;
}
