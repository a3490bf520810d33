#include "lib/Compiler/SpecMask.h"

#include "lib/Support/TensorBytes.h"

#include <algorithm>
#include <cstring>
#include <limits>

using namespace lacuna;

static Status mismatch(const std::string &what) {
  return Status(StatusKind::Type, "the mask does not fit its arguments: " + what);
}

static Result<mask::AttendShape> shapeOf(const TensorRef &query, const TensorRef &key) {
  if (query.rank != 4 || key.rank != 4)
    return mismatch("query and keys have four dimensions");
  const mask::AttendShape shape = {query.shape[0], query.shape[1], key.shape[1], query.shape[2],
                                   key.shape[2]};
  if (key.shape[0] != shape.batches)
    return mismatch("batch sizes of query and keys differ");
  if (shape.keyHeads ? shape.heads % shape.keyHeads : shape.heads)
    return mismatch("query heads are no multiple of key heads");
  if (std::max(shape.queries, shape.keys) > std::numeric_limits<std::int32_t>::max())
    return mismatch("a sequence is longer than 2^31 - 1");
  return shape;
}

/// Positions from an argument that describes a tensor [batch, heads, sequence, ...].
static Result<mask::Positions> positionsOf(std::optional<unsigned> argument, Span<Value> arguments,
                                           const TensorRef &described) {
  if (!argument)
    return mask::Positions();
  const Value &value = arguments[*argument];
  if (!value.isTensor)
    return mask::Positions(*asInteger(value));
  const TensorRef &table = value.tensor;
  for (int axis = 0; axis < table.rank; ++axis)
    if (table.shape[axis] != described.shape[axis + 1 == table.rank ? 2 : axis])
      return mismatch("positions do not have the shape of what they describe");
  if (!table.address && table.elementCount())
    return mismatch("positions have no elements");
  return mask::Positions(table);
}

/// Offsets of sequences among `rows` rows, as 64-bit integers.
static Result<std::vector<std::int64_t>> offsetsOf(const TensorRef &table, std::int64_t rows) {
  if (!table.address)
    return mismatch("offsets have no elements");
  const std::string bytes = rowMajorBytes(table, reinterpret_cast<const char *>(table.address));
  std::vector<std::int32_t> elements(bytes.size() / sizeof(std::int32_t));
  std::memcpy(elements.data(), bytes.data(), elements.size() * sizeof(std::int32_t));
  if (elements.empty() || elements.front() != 0 || elements.back() != rows ||
      !std::is_sorted(elements.begin(), elements.end()))
    return mismatch("offsets do not ascend from 0 to the number of rows, " + std::to_string(rows));
  return std::vector<std::int64_t>(elements.begin(), elements.end());
}

Result<std::vector<mask::Sequence>> SpecMask::sequences(Span<Value> arguments) const {
  auto read = [&](unsigned offsets, unsigned described) {
    return offsetsOf(arguments[offsets].tensor, arguments[described].tensor.shape[2]);
  };
  Result<std::vector<std::int64_t>> queries = read(*queryOffsets, query);
  if (!queries)
    return queries.status();
  Result<std::vector<std::int64_t>> keys = read(*keyOffsets, key);
  if (!keys)
    return keys.status();
  if (queries->size() != keys->size())
    return mismatch("queries and keys have different numbers of sequences");
  std::vector<mask::Sequence> all;
  for (std::size_t n = 0; n + 1 < queries->size(); ++n)
    all.push_back({.number = std::int64_t(n),
                   .queryBegin = (*queries)[n],
                   .keyBegin = (*keys)[n],
                   .queries = (*queries)[n + 1] - (*queries)[n],
                   .keys = (*keys)[n + 1] - (*keys)[n]});
  return all;
}

Result<mask::BoxClassifier> SpecMask::bind(Span<Value> arguments,
                                           std::deque<BlockTable> &expanded) const {
  Result<mask::AttendShape> shape = shapeOf(arguments[query].tensor, arguments[key].tensor);
  if (!shape)
    return shape.status();
  std::vector<std::int64_t> integers;
  for (unsigned scalar : scalars)
    integers.push_back(*asInteger(arguments[scalar]));
  std::vector<TensorRef> refs;
  for (const SpecTable &table : tables) {
    Result<TensorRef> resolved = table.resolve(arguments, expanded);
    if (!resolved)
      return mismatch(resolved.status().message());
    refs.push_back(*resolved);
  }
  for (const mask::BoxStep &step : code.steps())
    if (step.op == mask::BoxOp::LoadRange && !refs[step.table].address &&
        refs[step.table].elementCount())
      return mismatch("argument " + std::to_string(tables[step.table].argument) +
                      " is read, but has no elements");
  Result<mask::BoxEvaluator> evaluator = mask::BoxEvaluator::bind(code, integers, refs);
  if (!evaluator)
    return evaluator.status();
  Result<mask::Positions> queries = positionsOf(queryPositions, arguments, arguments[query].tensor);
  if (!queries)
    return queries.status();
  Result<mask::Positions> keys = positionsOf(keyPositions, arguments, arguments[key].tensor);
  if (!keys)
    return keys.status();
  return mask::BoxClassifier(std::move(*evaluator), *shape, std::move(*queries), std::move(*keys));
}
