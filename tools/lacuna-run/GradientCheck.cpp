#include "tools/lacuna-run/GradientCheck.h"

#include "tools/lacuna-run/Inputs.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace lacuna {

/// Roundings may fall the other way than those of the model.
static constexpr double modelFactor = 2;
/// Of the size of the terms: what true zeros may be off.
static constexpr double sizeFactor = 1e-3;

GradientReport checkGradient(const ReferenceGradient &reference, const HostArray &found) {
  GradientReport report;
  const std::vector<double> &exact = reference.values.values;
  bool hasNan = std::any_of(exact.begin(), exact.end(), [](double x) { return std::isnan(x); });
  std::size_t rows = reference.magnitudes.size(), columns = rows ? exact.size() / rows : 0;
  for (std::size_t row = 0; row < rows; ++row) {
    double error = 0, modelError = 0;
    bool strays = false; // from NaN or infinity
    for (std::size_t n = row * columns; n < (row + 1) * columns; ++n) {
      double value = elementOf(found, static_cast<std::int64_t>(n));
      double difference = value - exact[n], ofModel = reference.rounded[n] - exact[n];
      if (!std::isfinite(exact[n]) || !std::isfinite(reference.rounded[n])) {
        strays |= std::isnan(exact[n]) ? !std::isnan(value) : std::isfinite(value);
        continue;
      }
      if (hasNan && std::isnan(value))
        continue;
      error += difference * difference;
      modelError += ofModel * ofModel;
    }
    double allowed = modelFactor * std::sqrt(modelError) + sizeFactor * reference.magnitudes[row];
    error = strays ? std::nan("") : std::sqrt(error);
    double relative = error == 0 ? 0 : error / allowed;
    report.worst = relative <= report.worst ? report.worst : relative; // keeps a NaN
    if (relative <= 1 || !report.failure.empty())
      continue;
    char text[128];
    std::snprintf(text, sizeof(text), "row %zu: error %.3g, allowed %.3g", row, error, allowed);
    report.failure = text;
  }
  return report;
}

} // namespace lacuna
