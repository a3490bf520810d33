#include "tools/gpu-check/Report.h"

#include <nlohmann/json.hpp>

#include <cstdio>

using namespace lacuna;
using nlohmann::ordered_json;

static int countWhere(const CheckSummary &summary, bool failing) {
  int count = 0;
  for (const auto *list : {&summary.numbers, &summary.counts})
    for (const CaseOutcome &outcome : *list)
      count += outcome.failures.empty() != failing;
  return count;
}

int CheckSummary::passed() const { return countWhere(*this, false); }
int CheckSummary::failed() const { return countWhere(*this, true); }

static ordered_json toJson(const CaseOutcome &outcome) {
  return {{"kernel", outcome.kernel.name()},
          {"launches", outcome.launches},
          {"worst_lse", outcome.worstLse},
          {"worst_head", outcome.worstHead},
          {"worst_row", outcome.worstRow},
          {"worst_against_emulator", outcome.worstAgainstEmulator},
          {"compile_seconds", outcome.compileSeconds},
          {"spill_bytes", outcome.spillBytes},
          {"failures", outcome.failures}};
}

std::string lacuna::toJson(const CheckSummary &summary) {
  ordered_json json = {{"date", summary.date},       {"device", summary.device},
                       {"machine", summary.machine}, {"target", summary.target},
                       {"version", summary.version}, {"passed", summary.passed()},
                       {"failed", summary.failed()}};
  for (const CaseOutcome &outcome : summary.numbers)
    json["numbers"].push_back(::toJson(outcome));
  for (const CaseOutcome &outcome : summary.counts)
    json["counts"].push_back(::toJson(outcome));
  return json.dump(2) + "\n";
}

static std::string format(const char *pattern, double value) {
  char text[32];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

static void appendOutcomes(std::string &text, const std::vector<CaseOutcome> &outcomes) {
  text += "| kernel | launches | spilled | LSE | head | row | against emulator | result |\n"
          "|---|---:|---:|---:|---:|---:|---:|---|\n";
  for (const CaseOutcome &outcome : outcomes) {
    text += "| " + outcome.kernel.name() + " | " + std::to_string(outcome.launches) + " | " +
            std::to_string(outcome.spillBytes);
    for (double worst :
         {outcome.worstLse, outcome.worstHead, outcome.worstRow, outcome.worstAgainstEmulator})
      text += " | " + format("%.2e", worst);
    text += " | " + (outcome.failures.empty() ? "ok" : outcome.failures.front()) + " |\n";
  }
}

std::string lacuna::toMarkdown(const CheckSummary &summary) {
  std::string text = "# GPU check\n\n";
  text += "- date: " + summary.date + "\n- device: " + summary.device +
          "\n- machine: " + summary.machine + "\n- target: " + summary.target +
          "\n- passed: " + std::to_string(summary.passed()) +
          ", failed: " + std::to_string(summary.failed()) + "\n\n";
  text += "Worst errors against the float64 reference: of LSE per max(1, |score|), of the output\n"
          "as relative Frobenius norm of a head and of a row; and the largest difference of an\n"
          "output element from the emulator's.\n\n";
  appendOutcomes(text, summary.numbers);
  return text;
}
