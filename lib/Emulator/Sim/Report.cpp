#include "lib/Emulator/Sim/Report.h"

#include <algorithm>

using namespace lacuna::emulator;

std::string_view lacuna::emulator::describe(ReportKind kind) {
  switch (kind) {
  case ReportKind::OutOfBounds:
    return "out-of-bounds";
  case ReportKind::Misaligned:
    return "misaligned";
  case ReportKind::ReadOnlyWrite:
    return "read-only-write";
  case ReportKind::UninitialisedShared:
    return "uninitialised-shared";
  case ReportKind::UninitialisedGlobal:
    return "uninitialised-global";
  case ReportKind::UninitialisedLocal:
    return "uninitialised-local";
  case ReportKind::UninitialisedRegister:
    return "uninitialised-register";
  case ReportKind::Race:
    return "race";
  case ReportKind::WarpRace:
    return "warp-race";
  case ReportKind::BlockConflict:
    return "block-conflict";
  case ReportKind::AsyncCopy:
    return "async-copy-not-waited";
  case ReportKind::Proxy:
    return "missing-proxy-fence";
  case ReportKind::Divergence:
    return "divergence";
  case ReportKind::Barrier:
    return "barrier";
  case ReportKind::Mbarrier:
    return "mbarrier";
  case ReportKind::Tma:
    return "tma";
  case ReportKind::Wgmma:
    return "wgmma";
  case ReportKind::RegisterBudget:
    return "register-budget";
  case ReportKind::Deadlock:
    return "deadlock";
  case ReportKind::Trap:
    return "trap";
  case ReportKind::Limit:
    return "instruction-limit";
  }
  return "?";
}

std::string Report::line() const {
  auto number = [](u64 value) { return std::to_string(value); };
  std::string text(describe(kind));
  text += ": block (" + number(blockX) + "," + number(blockY) + "," + number(blockZ) + ") warp " +
          number(warp);
  if (lane >= 0)
    text += " lane " + number(static_cast<u64>(lane));
  text += ": " + message + " at PTX line " + number(ptxLine);
  if (sourceLine) {
    text += " (" + (sourceFile.empty() ? "source" : sourceFile) + ":" + number(sourceLine);
    if (inlinedLine)
      text += ", inlined at " + number(inlinedLine);
    text += ")";
  }
  text += ": `" + instruction + "`";
  if (count > 1)
    text += " (seen " + number(count) + " times)";
  return text;
}

void Reporter::add(Report report, u32 position) {
  auto [place, isNew] = reports.try_emplace({report.kind, position}, report);
  if (isNew)
    return;
  u64 count = place->second.count + report.count;
  if (report.block < place->second.block)
    place->second = std::move(report);
  place->second.count = count;
}

bool Reporter::known(ReportKind kind, u32 position, u64 block) {
  auto found = reports.find({kind, position});
  if (found == reports.end() || found->second.block > block)
    return false;
  ++found->second.count;
  return true;
}

void Reporter::merge(Reporter &&other) {
  for (auto &[key, report] : other.reports)
    add(std::move(report), key.second);
}

std::vector<Report> Reporter::sorted() const {
  std::vector<Report> result;
  for (const auto &[key, report] : reports)
    result.push_back(report);
  std::stable_sort(result.begin(), result.end(),
                   [](const Report &x, const Report &y) { return x.block < y.block; });
  return result;
}
