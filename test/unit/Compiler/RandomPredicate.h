//===- RandomPredicate.h - Predicates that are spec and oracle at once -------===//
//
// A random predicate over queries and keys with its scalars and tables. It is
// written as a spec for the compiler, and evaluated here for every element, by
// code that shares nothing with the compiler. Among what it is made of: tables of
// labels, sorted and not, of i8 and i64, a matrix of bits, tables of two
// dimensions, sizes that follow no tile, division that truncates, by negative and
// by run-time numbers, numbers near the ends of i32, loads under a guard.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_COMPILER_RANDOMPREDICATE_H
#define TEST_UNIT_COMPILER_RANDOMPREDICATE_H

#include "lacuna/Tensor.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace lacuna {

class RandomPredicate {
public:
  /// The same seed makes the same predicate, anywhere.
  explicit RandomPredicate(std::uint64_t seed);

  int queries, keys;
  int queryTile, keyTile;

  /// The spec, @mask. Arguments: query, keys, the scalars, the tables.
  std::string spec() const;
  static constexpr unsigned firstScalar = 2, firstTable = 4;
  std::int64_t scalar(unsigned argument) const { return scalars[argument - firstScalar]; }
  TensorRef table(unsigned argument) const;

  /// Whether query i sees key j, at [i * keys + j]; nothing when an element
  /// overflows, divides by 0 or reads outside of a table: no predicate then.
  std::optional<std::vector<std::uint8_t>> evaluate() const;

private:
  enum class Op {
    I,
    J,
    Scalar,
    Constant,
    Add,
    Sub,
    Mul,
    DivS,
    FloorDiv,
    CeilDiv,
    RemS,
    Min,
    Max,
    ShiftRight,
    And,
    Or,
    Abs,
    Select,
    Extend,
    Load,
    GuardedLoad,
    Compare,
    CompareWide,
    AllOf,
    AnyOf,
    Differ,
    Not,
    Choose,
    Bit,
  };
  struct Node {
    Op op;
    int operands[3] = {};
    std::int64_t number = 0; ///< constant, argument, table or predicate of a comparison
  };
  enum TableName { Labels, Sorted, Bytes, Wide, Bits, Grid, tableCount };
  struct Table {
    const char *type;
    DType dtype;
    int rows, columns; ///< rows 0: one dimension
    std::vector<std::int64_t> values;
    std::vector<char> bytes; ///< as the type stores them
  };

  std::int64_t between(std::int64_t low, std::int64_t high);
  bool chance(int percent) { return between(1, 100) <= percent; }
  void fillTables();
  /// The operands are chosen in their order, so that a seed is a seed everywhere.
  int add(Op op, std::initializer_list<int> operands = {}, std::int64_t number = 0);
  int constant(std::int64_t value) { return add(Op::Constant, {}, value); }
  int integer(int depth);
  int load(int depth);
  int indexBelow(int size, int depth);
  int comparison(int depth);
  int boolean(int depth);
  bool evaluateRow(const Node &node, int row, std::vector<std::vector<std::int64_t>> &values,
                   std::vector<std::int64_t> &result) const;
  void print(std::string &text, int id) const;

  std::mt19937_64 random;
  std::int64_t scalars[2];
  Table tables[tableCount];
  std::vector<Node> nodes;
  int root;
};

} // namespace lacuna

#endif // TEST_UNIT_COMPILER_RANDOMPREDICATE_H
