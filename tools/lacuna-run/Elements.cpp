#include "tools/lacuna-run/Elements.h"

#include "tools/lacuna-run/Inputs.h"
#include "tools/lacuna-run/Text.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace lacuna {

std::string elementSyntax() {
  return "random:SEED, random:SEED:LOW:HIGH, chance:SEED:P, steps:N, documents:SEED:LONGEST, "
         "restarts:SEED:LONGEST, offsets:SEED:ROWS, ascending:SEED:LOW:HIGH, buckets:SEED:N, "
         "bucket_positions:SEED:N, topk:SEED:N, full_topk:SEED:N, ancestors:SEED, [LIST] with an "
         "element for each place, or one number";
}

/// Whether a number is an element of that type: integers whole and in range.
static bool isElement(double value, DType type) {
  if (isFloat(type))
    return true;
  if (type == DType::I1)
    return value == 0 || value == 1;
  double limit = std::ldexp(1.0, static_cast<int>(byteSize(type)) * 8 - 1);
  return value == std::trunc(value) && value >= -limit && value < limit;
}

bool parseElement(std::string_view text, DType type, double &value) {
  if (type == DType::I1 && (text == "true" || text == "false")) {
    value = text == "true";
    return true;
  }
  return parseNumber(text, value) && isElement(value, type);
}

namespace {
/// SplitMix64: a stream that is the same on every machine.
class RandomBits {
public:
  explicit RandomBits(std::uint64_t seed) : state(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Mean 0, variance 1, never beyond 3.5: the sum of four uniform numbers.
  double normal() { return (uniform() + uniform() + uniform() + uniform() - 2.0) * std::sqrt(3.0); }
  /// Whole, in [low, high].
  double whole(double low, double high) { return low + std::floor(uniform() * (high - low + 1)); }

private:
  std::uint64_t state;
};

using Row = std::span<double>;
using Numbers = std::vector<double>;
} // namespace

//===----------------------------------------------------------------------===//
// Patterns of a row
//===----------------------------------------------------------------------===//

/// Calls visit(element, document, token) along the row.
template <class Visit>
static void forEachToken(RandomBits &random, Row row, double longest, Visit visit) {
  double document = 0, token = 0, length = random.whole(1, longest);
  for (double &element : row) {
    if (token == length) {
      ++document;
      token = 0;
      length = random.whole(1, longest);
    }
    visit(element, document, token++);
  }
}

static void fillDocuments(RandomBits &random, Row row, const Numbers &numbers) {
  forEachToken(random, row, numbers[1],
               [](double &element, double document, double) { element = document; });
}

static void fillRestarts(RandomBits &random, Row row, const Numbers &numbers) {
  forEachToken(random, row, numbers[1],
               [](double &element, double, double token) { element = token; });
}

static void fillSteps(RandomBits &, Row row, const Numbers &numbers) {
  for (std::size_t n = 0; n < row.size(); ++n)
    row[n] = std::floor(static_cast<double>(n) / numbers[0]);
}

static void fillAscending(RandomBits &random, Row row, const Numbers &numbers) {
  for (double &element : row)
    element = random.whole(numbers[1], numbers[2]);
  std::sort(row.begin(), row.end());
}

/// From 0 to the number of rows; a third of the sequences in between are empty.
static void fillOffsets(RandomBits &random, Row row, const Numbers &numbers) {
  for (double &element : row)
    element = random.whole(0, numbers[1]);
  std::ranges::sort(row);
  for (std::size_t n = 1; n < row.size(); ++n)
    if (random.uniform() < 1.0 / 3)
      row[n] = row[n - 1];
  if (!row.empty()) {
    row.back() = numbers[1];
    row.front() = 0;
  }
}

/// (bucket, position) of the tokens, sorted.
static std::vector<std::pair<double, double>> throwTokens(RandomBits &random, std::size_t count,
                                                          double buckets) {
  std::vector<std::pair<double, double>> tokens;
  for (std::size_t n = 0; n < count; ++n)
    tokens.emplace_back(random.whole(0, buckets - 1), static_cast<double>(n));
  std::sort(tokens.begin(), tokens.end());
  return tokens;
}

static void fillBuckets(RandomBits &random, Row row, const Numbers &numbers) {
  std::ranges::transform(throwTokens(random, row.size(), numbers[1]), row.begin(),
                         [](auto token) { return token.first; });
}

static void fillBucketPositions(RandomBits &random, Row row, const Numbers &numbers) {
  std::ranges::transform(throwTokens(random, row.size(), numbers[1]), row.begin(),
                         [](auto token) { return token.second; });
}

static void fillSubset(RandomBits &random, Row row, double all, double wanted) {
  std::ranges::fill(row, -1.0);
  // Each candidate is taken with the share of places that are left.
  std::size_t taken = 0;
  for (double candidate = 0; candidate < all; ++candidate)
    if (random.uniform() * (all - candidate) < wanted - double(taken))
      row[taken++] = candidate;
}
static void fillTopk(RandomBits &random, Row row, const Numbers &numbers) {
  double all = numbers[1];
  fillSubset(random, row, all, random.whole(0, std::min(all, double(row.size()))));
}
static void fillFullTopk(RandomBits &random, Row row, const Numbers &numbers) {
  fillSubset(random, row, numbers[1], std::min(numbers[1], double(row.size())));
}

namespace {
struct RowPattern {
  std::string_view name;
  std::size_t numbers;
  double least; ///< that the last number may be, but for the highest of a range
  void (*fill)(RandomBits &, Row, const Numbers &);
};
} // namespace

static constexpr RowPattern rowPatterns[] = {
    {"steps", 1, 1, fillSteps},        {"documents", 2, 1, fillDocuments},
    {"restarts", 2, 1, fillRestarts},  {"offsets", 2, 0, fillOffsets},
    {"buckets", 2, 1, fillBuckets},    {"bucket_positions", 2, 1, fillBucketPositions},
    {"topk", 2, 0, fillTopk},          {"ascending", 3, 0, fillAscending},
    {"full_topk", 2, 0, fillFullTopk},
};

//===----------------------------------------------------------------------===//
// Patterns of arrays
//===----------------------------------------------------------------------===//

/// Calls fill(random, piece) for pieces of `size` elements, each with a stream of
/// its own.
template <class Fill>
static void forEachPiece(std::vector<double> &values, std::int64_t size, double seed, Fill fill) {
  RandomBits streams(static_cast<std::uint64_t>(seed));
  for (std::size_t begin = 0; begin < values.size(); begin += static_cast<std::size_t>(size)) {
    RandomBits random(streams.next());
    fill(random, Row(values).subspan(begin, static_cast<std::size_t>(size)));
  }
}

static bool fillRows(const RowPattern &pattern, const Numbers &numbers, const HostArray &array,
                     std::vector<double> &values) {
  double least = numbers.size() == 3 ? numbers[1] : pattern.least;
  if (array.shape.empty() || numbers.size() != pattern.numbers || numbers.back() < least)
    return false;
  forEachPiece(values, array.shape.back(), numbers[0],
               [&](RandomBits &random, Row row) { pattern.fill(random, row, numbers); });
  return true;
}

static bool fillAncestors(const Numbers &numbers, const HostArray &array,
                          std::vector<double> &values) {
  if (array.shape.size() < 2 || numbers.size() != 1)
    return false;
  std::int64_t rows = array.shape.end()[-2], columns = array.shape.back();
  forEachPiece(values, rows * columns, numbers[0], [&](RandomBits &random, Row matrix) {
    for (std::int64_t row = 0; row < rows; ++row) {
      Row bits = matrix.subspan(row * columns, columns);
      if (row > 0) {
        auto parent = static_cast<std::int64_t>(random.whole(0, double(row - 1)));
        std::ranges::copy(matrix.subspan(parent * columns, columns), bits.begin());
      }
      if (row < columns)
        bits[row] = 1;
    }
  });
  return true;
}

static bool fillRandom(const Numbers &numbers, const HostArray &array,
                       std::vector<double> &values) {
  bool bounded = numbers.size() == 3;
  if (numbers.size() != 1 && !bounded)
    return false;
  double low = bounded ? numbers[1] : 0;
  double high = bounded ? numbers[2] : array.dtype == DType::I1 ? 1 : 15;
  if (!isElement(low, array.dtype) || !isElement(high, array.dtype) || high < low)
    return false;
  RandomBits random(static_cast<std::uint64_t>(numbers[0]));
  for (double &value : values)
    value = !isFloat(array.dtype) ? random.whole(low, high)
            : bounded             ? low + random.uniform() * (high - low)
                                  : random.normal();
  return true;
}

static bool fillChance(const Numbers &numbers, std::vector<double> &values) {
  if (numbers.size() != 2)
    return false;
  RandomBits random(static_cast<std::uint64_t>(numbers[0]));
  for (double &value : values)
    value = random.uniform() < numbers[1];
  return true;
}

/// NAME:NUMBER:NUMBER...
static bool fillPattern(std::string_view text, const HostArray &array,
                        std::vector<double> &values) {
  std::string_view name = takeUntil(text, ':');
  Numbers numbers;
  while (!text.empty()) {
    double number;
    if (!parseNumber(takeUntil(text, ':'), number))
      return false;
    numbers.push_back(number);
  }
  // All but probabilities and bounds of floats are whole; the first is never negative.
  bool isSeed = !numbers.empty() && numbers[0] == std::trunc(numbers[0]) && numbers[0] >= 0;
  if (!isSeed)
    return false;
  if (name == "random")
    return fillRandom(numbers, array, values);
  if (name == "chance")
    return fillChance(numbers, values);
  if (name == "ancestors")
    return fillAncestors(numbers, array, values);
  auto pattern = std::ranges::find(rowPatterns, name, &RowPattern::name);
  bool whole = std::ranges::all_of(numbers, [](double n) { return n == std::trunc(n); });
  return pattern != std::end(rowPatterns) && whole && fillRows(*pattern, numbers, array, values);
}

//===----------------------------------------------------------------------===//
// Elements one by one
//===----------------------------------------------------------------------===//

/// 1 2 3], separated by spaces or commas.
static bool fillList(std::string_view text, DType type, std::vector<double> &values) {
  if (text.empty() || text.back() != ']')
    return false;
  text.remove_suffix(1);
  for (double &value : values) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    std::string_view piece = text.substr(0, text.find_first_of(" ,"));
    text.remove_prefix(piece.size());
    if (!parseElement(piece, type, value))
      return false;
  }
  return text.find_first_not_of(" ,") == std::string_view::npos;
}

bool fillElements(std::string_view text, HostArray &array) {
  std::vector<double> values(static_cast<std::size_t>(elementCount(array.shape)));
  double value;
  if (parseElement(text, array.dtype, value))
    std::ranges::fill(values, value);
  else if (text.substr(0, 1) == "[" ? !fillList(text.substr(1), array.dtype, values)
                                    : !fillPattern(text, array, values))
    return false;
  for (double element : values) {
    if (!isElement(element, array.dtype))
      return false;
    appendElement(array.bytes, array.dtype, element);
  }
  return true;
}

} // namespace lacuna
