#include "lib/Reference/Orders.h"

#include "lib/Reference/Rows.h"
#include "lib/Support/TensorBytes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace lacuna::reference {

template <class T>
static std::vector<T> elementsOf(const TensorRef &tensor) {
  std::string bytes = rowMajorBytes(tensor, reinterpret_cast<const char *>(tensor.address));
  std::vector<T> elements(bytes.size() / sizeof(T));
  if (!elements.empty())
    std::memcpy(elements.data(), bytes.data(), bytes.size());
  return elements;
}

static HostTensor tensorOf(std::vector<std::int64_t> shape, const std::vector<std::int32_t> &of) {
  std::string bytes(reinterpret_cast<const char *>(of.data()), of.size() * sizeof(of[0]));
  return {DType::I32, std::move(shape), std::move(bytes)};
}

static std::vector<std::int64_t> leadingShape(const TensorRef &tensor, int axes) {
  return {tensor.shape, tensor.shape + axes};
}

/// The bucket of a row, by projections one after the other.
static std::int32_t bucketOf(const float *row, std::int64_t features, const float *projections,
                             std::int64_t count) {
  std::vector<float> along(std::size_t(2 * count));
  for (std::int64_t n = 0; n < count; ++n) {
    float sum = 0;
    for (std::int64_t feature = 0; feature < features; ++feature)
      sum = std::fma(row[feature], projections[n * features + feature], sum);
    along[std::size_t(n)] = sum;
    along[std::size_t(count + n)] = -sum;
  }
  std::int32_t bucket = 0;
  float largest = -INFINITY;
  for (std::size_t n = 0; n < along.size(); ++n)
    if (along[n] > largest) { // not true of NaN
      largest = along[n];
      bucket = std::int32_t(n);
    }
  return bucket;
}

HostTensor hashRows(const TensorRef &rows, const TensorRef &projections) {
  std::vector<float> elements = toFloats(rows), directions = elementsOf<float>(projections);
  std::int64_t features = rows.shape[3], heads = rows.shape[1], count = projections.shape[1];
  std::vector<std::int32_t> buckets(std::size_t(rows.shape[0] * heads * rows.shape[2]));
  for (std::size_t n = 0; n < buckets.size(); ++n) {
    std::int64_t head = std::int64_t(n) / rows.shape[2] % heads;
    std::int64_t group = head / (heads / projections.shape[0]);
    buckets[n] = bucketOf(&elements[n * std::size_t(features)], features,
                          directions.data() + group * count * features, count);
  }
  return tensorOf(leadingShape(rows, 3), buckets);
}

/// Rows of every head in the order of their keys.
template <class Key>
static HostTensor orderBy(const TensorRef &table, const std::vector<Key> &keys) {
  std::vector<std::int32_t> order(keys.size());
  auto rows = static_cast<std::size_t>(table.shape[2]);
  for (std::size_t begin = 0; begin < keys.size(); begin += rows) {
    auto first = order.begin() + std::ptrdiff_t(begin), last = first + std::ptrdiff_t(rows);
    std::iota(first, last, 0);
    std::stable_sort(first, last, [&](std::int32_t a, std::int32_t b) {
      return keys[begin + std::size_t(a)] < keys[begin + std::size_t(b)];
    });
  }
  return tensorOf(leadingShape(table, 3), order);
}

HostTensor sortRows(const TensorRef &labels) {
  return orderBy(labels, elementsOf<std::int32_t>(labels));
}

std::pair<HostTensor, HostTensor> compactRows(const TensorRef &keep) {
  std::vector<std::uint8_t> dropped = elementsOf<std::uint8_t>(keep);
  std::vector<std::int32_t> counts(std::size_t(keep.shape[0] * keep.shape[1]));
  for (std::size_t n = 0; n < dropped.size(); ++n) {
    dropped[n] = dropped[n] == 0;
    counts[n / std::size_t(keep.shape[2])] += !dropped[n];
  }
  return {orderBy(keep, dropped), tensorOf(leadingShape(keep, 2), counts)};
}

std::vector<std::size_t> rowsBefore(const TensorRef &order, bool scatters) {
  std::vector<std::int32_t> places = elementsOf<std::int32_t>(order);
  std::vector<std::size_t> rows(places.size());
  for (std::size_t n = 0; n < rows.size(); ++n) {
    std::size_t other = n - n % std::size_t(order.shape[2]) + std::size_t(places[n]);
    if (scatters)
      rows[other] = n;
    else
      rows[n] = other;
  }
  return rows;
}

HostTensor moveRows(const TensorRef &source, const std::vector<std::size_t> &rows) {
  HostTensor moved{source.dtype, leadingShape(source, source.rank), {}};
  if (!source.address)
    return moved;
  std::string bytes = rowMajorBytes(source, reinterpret_cast<const char *>(source.address));
  std::size_t width = rows.empty() ? 0 : bytes.size() / rows.size();
  for (std::size_t row : rows)
    moved.bytes.append(bytes, row * width, width);
  return moved;
}

template <class T>
static std::vector<T> moved(const std::vector<T> &values, const std::vector<std::size_t> &rows) {
  std::vector<T> result;
  std::size_t width = rows.empty() ? 0 : values.size() / rows.size();
  for (std::size_t row : rows) {
    auto first = values.begin() + std::ptrdiff_t(row * width);
    result.insert(result.end(), first, first + std::ptrdiff_t(width));
  }
  return result;
}

static ReferenceArray moved(const ReferenceArray &array, const std::vector<std::size_t> &rows) {
  return {array.shape, moved(array.values, rows)};
}

ReferenceGradient moveRows(const ReferenceGradient &source, const std::vector<std::size_t> &rows) {
  return {moved(source.values, rows), moved(source.rounded, rows), moved(source.magnitudes, rows)};
}

ReferenceAttend moveRows(const ReferenceAttend &attend, const std::vector<std::size_t> &rows) {
  return {attend.keys,
          moved(attend.output, rows),
          moved(attend.rounded, rows),
          moved(attend.lse, rows),
          moved(attend.visibleKeys, rows),
          moved(attend.largestScore, rows)};
}

} // namespace lacuna::reference
