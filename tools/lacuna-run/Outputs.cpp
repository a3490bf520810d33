#include "tools/lacuna-run/Outputs.h"

#include "tools/lacuna-run/Inputs.h"

#include <charconv>
#include <cstdio>

namespace lacuna {

std::vector<HostArray> roundedResults(const ReferenceRun &run) {
  std::vector<HostArray> results;
  for (std::size_t n = 0; n < run.results.size(); ++n) {
    const ReferenceArray &array = run.result(n);
    HostArray rounded{run.results[n].dtype, array.shape, {}};
    for (double value : array.values)
      appendElement(rounded.bytes, rounded.dtype, value);
    results.push_back(std::move(rounded));
  }
  return results;
}

static void appendNumber(std::string &text, double value) {
  char buffer[64];
  // The shortest text that names this float; every element is one.
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), static_cast<float>(value));
  text.append(buffer, end);
}

/// The elements from `first` on of the part of the array below `axis`.
static void appendElements(std::string &text, const HostArray &array, std::size_t axis,
                           std::int64_t &first) {
  if (axis == array.shape.size()) {
    appendNumber(text, elementOf(array, first++));
    return;
  }
  text += '[';
  for (std::int64_t n = 0; n < array.shape[axis]; ++n) {
    if (n > 0 && axis + 1 == array.shape.size())
      text += ' ';
    appendElements(text, array, axis + 1, first);
  }
  text += ']';
}

std::string textOf(const HostArray &array) {
  std::string text;
  for (std::int64_t size : array.shape)
    text += std::to_string(size) + "x";
  text += std::string(name(array.dtype)) + "=";
  std::int64_t first = 0;
  appendElements(text, array, 0, first);
  return text;
}

Status writeResults(const std::vector<HostArray> &results,
                    const std::vector<std::string> &destinations) {
  if (destinations.size() > results.size())
    return Status(StatusKind::Type, "there are " + std::to_string(destinations.size()) +
                                        " outputs, but the spec has " +
                                        std::to_string(results.size()) + " results");
  for (const std::string &destination : destinations)
    if (destination != "-" && (destination.size() < 2 || destination.front() != '@'))
      return Status(StatusKind::Type,
                    "--output=" + destination + ": is neither @file.npy nor - for text");
  for (std::size_t n = 0; n < destinations.size(); ++n) {
    if (destinations[n] == "-") {
      std::printf("%s\n", textOf(results[n]).c_str());
      continue;
    }
    Status written = writeNpy(destinations[n].substr(1), results[n]);
    if (!written.isOk())
      return written;
  }
  return Status();
}

} // namespace lacuna
