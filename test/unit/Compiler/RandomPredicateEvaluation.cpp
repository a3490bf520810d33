//===- RandomPredicateEvaluation.cpp - What a random predicate means ---------===//
//
// A row of queries at a time, one node after the other; whatever a spec calls an
// error makes the predicate illegal.
//
//===----------------------------------------------------------------------===//
#include "test/unit/Compiler/RandomPredicate.h"

#include <algorithm>
#include <cstdlib>

namespace lacuna {

static bool compare(std::int64_t predicate, std::int64_t a, std::int64_t b) {
  const auto x = std::uint32_t(a), y = std::uint32_t(b);
  const bool answers[] = {a == b, a != b, a<b, a <= b, a> b, a >= b, x < y, x >= y};
  return answers[predicate];
}

static std::int64_t floorDivide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

bool RandomPredicate::evaluateRow(const Node &node, int row,
                                  std::vector<std::vector<std::int64_t>> &values,
                                  std::vector<std::int64_t> &result) const {
  bool legal = true;
  auto each = [&](auto function) {
    for (int j = 0; j < keys; ++j)
      result[j] = function(j);
  };
  auto in = [&](int operand, int j) { return values[node.operands[operand]][j]; };
  auto pairs = [&](auto function) {
    each([&](int j) {
      const std::int64_t value = function(in(0, j), in(1, j));
      legal &= value == std::int32_t(value);
      return value;
    });
  };
  auto divisions = [&](auto function) {
    pairs([&](std::int64_t a, std::int64_t b) {
      legal &= b != 0;
      return b ? function(a, b) : 0;
    });
  };
  auto element = [&](const Table &table, std::int64_t index) {
    const bool inside = index >= 0 && index < std::int64_t(table.values.size());
    legal &= inside;
    return inside ? table.values[index] : 0;
  };
  const Table *table = nullptr;
  if (node.op == Op::Load || node.op == Op::GuardedLoad || node.op == Op::Bit)
    table = &tables[node.number];
  switch (node.op) {
  case Op::I:
    each([&](int) { return row; });
    break;
  case Op::J:
    each([](int j) { return j; });
    break;
  case Op::Scalar:
    each([&](int) { return scalars[node.number]; });
    break;
  case Op::Constant:
    each([&](int) { return node.number; });
    break;
  case Op::Add:
    pairs([](auto a, auto b) { return a + b; });
    break;
  case Op::Sub:
    pairs([](auto a, auto b) { return a - b; });
    break;
  case Op::Mul:
    pairs([](auto a, auto b) { return a * b; });
    break;
  case Op::DivS:
    divisions([](auto a, auto b) { return a / b; });
    break;
  case Op::FloorDiv:
    divisions(floorDivide);
    break;
  case Op::CeilDiv:
    divisions([](auto a, auto b) { return -floorDivide(-a, b); });
    break;
  case Op::RemS:
    divisions([](auto a, auto b) { return a % b; });
    break;
  case Op::Min:
    pairs([](auto a, auto b) { return std::min(a, b); });
    break;
  case Op::Max:
    pairs([](auto a, auto b) { return std::max(a, b); });
    break;
  case Op::ShiftRight:
    pairs([](auto a, auto b) { return a >> b; });
    break;
  case Op::And:
    pairs([](auto a, auto b) { return a & b; });
    break;
  case Op::Or:
    pairs([](auto a, auto b) { return a | b; });
    break;
  case Op::Abs:
    each([&](int j) {
      legal &= in(0, j) != INT32_MIN;
      return std::abs(in(0, j));
    });
    break;
  case Op::Select:
  case Op::Choose:
    each([&](int j) { return in(0, j) ? in(1, j) : in(2, j); });
    break;
  case Op::Extend:
    each([&](int j) { return in(0, j); });
    break;
  case Op::Load:
    each([&](int j) {
      if (!table->rows)
        return element(*table, in(0, j));
      legal &= in(1, j) >= 0 && in(1, j) < table->columns;
      return element(*table, in(0, j) * table->columns + in(1, j));
    });
    break;
  case Op::Bit:
    each([&](int j) { return element(*table, in(0, j) * table->columns + in(1, j)); });
    break;
  case Op::GuardedLoad:
    each([&](int j) {
      const bool inside = in(0, j) >= 0 && in(0, j) < table->columns;
      return inside ? element(*table, in(0, j)) : -1;
    });
    break;
  case Op::Compare:
  case Op::CompareWide:
    each([&](int j) { return compare(node.number, in(0, j), in(1, j)); });
    break;
  case Op::AllOf:
    each([&](int j) { return in(0, j) && in(1, j); });
    break;
  case Op::AnyOf:
    each([&](int j) { return in(0, j) || in(1, j); });
    break;
  case Op::Differ:
    each([&](int j) { return in(0, j) != in(1, j); });
    break;
  case Op::Not:
    each([&](int j) { return !in(0, j); });
    break;
  }
  return legal;
}

std::optional<std::vector<std::uint8_t>> RandomPredicate::evaluate() const {
  std::vector<std::vector<std::int64_t>> values(nodes.size(), std::vector<std::int64_t>(keys));
  std::vector<std::uint8_t> visible;
  for (int i = 0; i < queries; ++i) {
    for (size_t id = 0; id < nodes.size(); ++id)
      if (!evaluateRow(nodes[id], i, values, values[id]))
        return std::nullopt;
    visible.insert(visible.end(), values[root].begin(), values[root].end());
  }
  return visible;
}

} // namespace lacuna
