#include "tools/lacuna-run/Check.h"

#include "tools/lacuna-run/GradientCheck.h"
#include "tools/lacuna-run/Inputs.h"

#include <cmath>
#include <cstdio>

namespace lacuna {

namespace {

/// One result against its attend.
class ResultCheck {
public:
  ResultCheck(const ReferenceAttend &attend, std::size_t index, const HostArray &result,
              const Tolerance &tolerance, CheckReport &report)
      : attend(attend), index(index), result(result), tolerance(tolerance), report(report) {}

  void checkLse();
  void checkOutput();
  void checkCount();

private:
  bool isEmpty(std::size_t row) const { return attend.visibleKeys[row] == 0; }
  void checkOutputRow(std::size_t row, double &error, double &norm);
  /// Notes what is wrong with a row, unless something was wrong before.
  void fail(std::size_t row, const char *what, double found, double limit);

  const ReferenceAttend &attend;
  std::size_t index;
  const HostArray &result;
  const Tolerance &tolerance;
  CheckReport &report;
};

} // namespace

void ResultCheck::fail(std::size_t row, const char *what, double found, double limit) {
  if (!report.failure.empty())
    return;
  const std::vector<std::int64_t> &shape = attend.lse.shape;
  auto number = static_cast<std::int64_t>(row);
  char text[256];
  std::snprintf(text, sizeof(text),
                "result %zu, batch %lld, head %lld, query %lld: %s %.3g, should be %.3g", index,
                static_cast<long long>(number / (shape[1] * shape[2])),
                static_cast<long long>(number / shape[2] % shape[1]),
                static_cast<long long>(number % shape[2]), what, found, limit);
  report.failure = text;
}

void ResultCheck::checkLse() {
  for (std::size_t row = 0; row < attend.lse.values.size(); ++row) {
    double expected = attend.lse.values[row];
    double found = elementOf(result, static_cast<std::int64_t>(row));
    if (!std::isfinite(expected)) {
      bool same = std::isnan(expected) ? std::isnan(found) : found == expected;
      if (!same)
        fail(row, "log-sum-exp is", found, expected);
      continue;
    }
    double error = std::fabs(found - expected) / std::fmax(1.0, attend.largestScore[row]);
    report.worstLse = error <= report.worstLse ? report.worstLse : error; // keeps a NaN
    if (!(error <= tolerance.lse))
      fail(row, "log-sum-exp is", found, expected);
  }
}

/// Adds the squares of the row's error and of its expected values.
void ResultCheck::checkOutputRow(std::size_t row, double &headError, double &headNorm) {
  auto columns = static_cast<std::size_t>(attend.output.shape[3]);
  double limit = tolerance.rowFactor *
                 (result.dtype == DType::F16 ? tolerance.outputF16 : tolerance.outputBF16);
  double error = 0, norm = 0;
  for (std::size_t n = row * columns; n < (row + 1) * columns; ++n) {
    double expected = attend.output.values[n];
    double found = elementOf(result, static_cast<std::int64_t>(n));
    if (isEmpty(row) && found != 0.0)
      fail(row, "output of a row without keys is", found, 0.0);
    if (std::isnan(expected)) {
      if (!std::isnan(found))
        fail(row, "output is", found, expected);
      continue;
    }
    error += (found - expected) * (found - expected);
    norm += expected * expected;
  }
  headError += error;
  headNorm += norm;
  double relative = error == 0 ? 0.0 : std::sqrt(error / norm);
  report.worstRow = relative <= report.worstRow ? report.worstRow : relative;
  if (!(relative <= limit))
    fail(row, "relative error of the row is", relative, limit);
}

void ResultCheck::checkOutput() {
  const std::vector<std::int64_t> &shape = attend.output.shape;
  double limit = result.dtype == DType::F16 ? tolerance.outputF16 : tolerance.outputBF16;
  auto queries = static_cast<std::size_t>(shape[2]);
  for (std::size_t head = 0; head < static_cast<std::size_t>(shape[0] * shape[1]); ++head) {
    double error = 0, norm = 0;
    std::size_t rowsWithKeys = 0;
    for (std::size_t row = head * queries; row < (head + 1) * queries; ++row) {
      checkOutputRow(row, error, norm);
      rowsWithKeys += !isEmpty(row);
    }
    if (rowsWithKeys == 1)
      continue; // what holds for a row has been asked of it
    double relative = error == 0 ? 0.0 : std::sqrt(error / norm);
    report.worstHead = relative <= report.worstHead ? report.worstHead : relative;
    if (!(relative <= limit))
      fail(head * queries, "relative error of the head that begins here is", relative, limit);
  }
}

void ResultCheck::checkCount() {
  for (std::size_t row = 0; row < attend.visibleKeys.size(); ++row) {
    double found = std::round(std::exp(elementOf(result, static_cast<std::int64_t>(row))));
    auto expected = static_cast<double>(attend.visibleKeys[row]);
    if (found != expected)
      fail(row, "number of visible keys is", found, expected);
  }
}

/// A report that says what there is to see.
static CheckReport describe(const ReferenceRun &reference) {
  CheckReport report;
  report.isOfGradients = !reference.gradients.empty();
  for (const ReferenceAttend &attend : reference.attends) {
    report.rows += static_cast<std::int64_t>(attend.visibleKeys.size());
    report.pairs += static_cast<std::int64_t>(attend.visibleKeys.size()) * attend.keys;
    for (std::int64_t keys : attend.visibleKeys) {
      report.emptyRows += keys == 0;
      report.visiblePairs += keys;
    }
    for (double score : attend.largestScore)
      report.largestScore = score <= report.largestScore ? report.largestScore : score;
  }
  return report;
}

CheckReport checkResults(const ReferenceRun &reference, const std::vector<HostArray> &results,
                         const Tolerance &tolerance) {
  CheckReport report = describe(reference);
  for (std::size_t n = 0; n < results.size(); ++n) {
    if (results[n].shape != reference.result(n).shape && report.failure.empty()) {
      report.failure = "result " + std::to_string(n) + " has another shape than the reference";
      break;
    }
    const ReferenceResult &from = reference.results[n];
    if (from.kind == ReferenceResult::Kind::Gradient) {
      GradientReport gradient = checkGradient(reference.gradients[from.index], results[n]);
      report.worstGradient =
          gradient.worst <= report.worstGradient ? report.worstGradient : gradient.worst;
      if (!gradient.failure.empty() && report.failure.empty())
        report.failure = "result " + std::to_string(n) + ", " + gradient.failure;
      continue;
    }
    ResultCheck check(reference.attendOf(n), n, results[n], tolerance, report);
    if (from.kind == ReferenceResult::Kind::Lse)
      check.checkLse();
    else
      check.checkOutput();
  }
  return report;
}

CheckReport countKeys(const ReferenceRun &reference, const std::vector<HostArray> &results) {
  CheckReport report = describe(reference);
  for (std::size_t n = 0; n < results.size(); ++n) {
    const ReferenceResult &from = reference.results[n];
    if (from.kind == ReferenceResult::Kind::Lse)
      ResultCheck(reference.attendOf(n), n, results[n], {}, report).checkCount();
  }
  return report;
}

std::string CheckReport::summary() const {
  if (isOfGradients) {
    char text[128];
    std::snprintf(text, sizeof(text), "check %s: worst error of a gradient %.2g of what is allowed",
                  failure.empty() ? "passed" : "failed", worstGradient);
    return text;
  }
  char text[320];
  std::snprintf(text, sizeof(text),
                "check %s: worst error of log-sum-exp %.2g, of a head %.2g, of a row %.2g; "
                "%lld of %lld rows see no key, density %.3f, largest score %.3g",
                failure.empty() ? "passed" : "failed", worstLse, worstHead, worstRow,
                static_cast<long long>(emptyRows), static_cast<long long>(rows),
                pairs == 0 ? 0.0 : double(visiblePairs) / double(pairs), largestScore);
  return text;
}

} // namespace lacuna
