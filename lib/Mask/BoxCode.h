//===- BoxCode.h - A tile classifier as flat integer code -----------------===//
//
// A classifier answers two questions about a box of queries x keys: may one of
// its elements be visible, may one be hidden. Answers may err towards "may";
// never the other way. Planning asks them of up to millions of boxes, so the
// classifier is not walked as a tree per box: it is a list of integer
// operations, each of which runs over a batch of boxes as one loop that the
// compiler vectorises (BoxEvaluator.h).
//
// Every value is a 64-bit integer per box; truth values are 0 and 1. All
// operations are total, so that no box can trap:
//
//   add, sub, mul, shl        wrap around (two's complement)
//   floordiv, ceildiv, div,   by 0 gives 0; div truncates, rem has the sign of
//   mod, rem                  the dividend, mod that of the divisor; the
//                             smallest integer by -1 wraps
//   shl, shr, ushr            amounts outside 0 .. 63 shift everything out
//   narrow                    keeps the low bits and extends their sign, as a
//                             narrower integer type would
//
// Who needs another answer for such operands (a range that is unknown, say)
// selects it with `select`; nothing here saturates. Clamping is min and max.
//
// load_range is the one operation that reads memory: the smallest and the
// largest element in an inclusive box of indices of a table, and its signature:
// one bit of 64 per element, its residue (ValueRange.h). A box of indices that is
// inverted or leaves the table gives the whole range of 64-bit integers
// and all signature bits, so that nothing is concluded from it.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_MASK_BOXCODE_H
#define LIB_MASK_BOXCODE_H

#include "lacuna/Result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lacuna::mask {

/// What a classifier is asked about. Bounds are inclusive. Positions are what a
/// predicate calls i and j; slots are indices into the tensors of queries and
/// keys.
enum class BoxInput : std::uint8_t {
  Batch,
  Head,
  QueryFirst,
  QueryLast,
  KeyFirst,
  KeyLast,
  QuerySlotFirst,
  QuerySlotLast,
  KeySlotFirst,
  KeySlotLast,
};
inline constexpr int boxInputCount = 10;

/// Operations; the comment above has what is not plain about them.
enum class BoxOp : std::uint8_t {
  Constant, ///< the immediate
  Argument, ///< scalar argument number immediate
  Dim,      ///< size of an axis of a table
  Input,    ///< the BoxInput that immediate numbers
  LoadRange,
  Select, ///< a if the condition is not 0, else b
  Narrow, ///< a as an integer of immediate bits
  Add,
  Sub,
  Mul,
  FloorDiv,
  CeilDiv,
  Div,
  Rem,
  Mod,
  Min,
  Max,
  And,
  Or,
  Xor,
  Shl,
  Shr,
  Ushr,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  UnsignedLess,
  UnsignedLessEqual,
};

/// Values that an operation takes, besides the bounds of load_range.
int operandCount(BoxOp op);
/// Values that an operation makes.
inline std::uint32_t resultCount(BoxOp op) { return op == BoxOp::LoadRange ? 3 : 1; }

/// Number of a value, in the order in which values are made.
using ValueId = std::uint32_t;

/// One operation and its value.
struct BoxStep {
  BoxOp op = BoxOp::Constant;
  ValueId result = 0; ///< of load_range: the minimum; maximum and signature follow
  ValueId operands[3] = {};
  std::int64_t immediate = 0; ///< of dim: the axis
  std::uint32_t table = 0;    ///< of dim and load_range
  std::uint32_t indices = 0;  ///< of load_range: where its bounds start in BoxCode::indices()
};

/// How often a value has to be computed.
enum class Variation : std::uint8_t {
  Fixed,   ///< once: constants, arguments and what follows from them
  PerHead, ///< for each batch and head
  PerBox,
};

/// A classifier. Made by BoxCodeBuilder; immutable.
class BoxCode {
public:
  const std::vector<BoxStep> &steps() const { return code; }
  /// Bounds of load_range steps: for each axis of its table the first index,
  /// then for each axis the last one.
  const std::vector<ValueId> &indices() const { return indexValues; }
  ValueId valueCount() const { return ValueId(variations.size()); }
  Variation variation(ValueId value) const { return variations[value]; }
  /// How many scalar arguments and tables the code takes.
  unsigned argumentCount() const { return arguments; }
  /// The rank of each table.
  const std::vector<int> &tableRanks() const { return ranks; }
  ValueId maySee() const { return yielded[0]; }
  ValueId mayHide() const { return yielded[1]; }
  /// Calls `visit` for every value that a step reads.
  template <class F>
  void forEachOperand(const BoxStep &step, F visit) const {
    for (int n = 0; n < operandCount(step.op); ++n)
      visit(step.operands[n]);
    if (step.op == BoxOp::LoadRange)
      for (int n = 0; n < 2 * ranks[step.table]; ++n)
        visit(indexValues[step.indices + n]);
  }

  /// Whether an answer can depend on the batch or the head.
  bool readsBatch() const { return reads(BoxInput::Batch); }
  bool readsHead() const { return reads(BoxInput::Head); }

  /// The code as text, one step a line; for tests and for people.
  std::string text() const;

private:
  friend class BoxCodeBuilder;
  BoxCode() = default;
  bool reads(BoxInput input) const;

  std::vector<BoxStep> code;
  std::vector<ValueId> indexValues;
  std::vector<Variation> variations; ///< of each value
  std::vector<int> ranks;
  unsigned arguments = 0;
  ValueId yielded[2] = {};
};

/// What load_range yields.
struct RangeValues {
  ValueId min, max, signature;
};

/// Writes a BoxCode, operands before their uses.
class BoxCodeBuilder {
public:
  /// Declares the next table; tables count from 0. A table that only gives its
  /// sizes may hold elements of any type; others hold integers.
  std::uint32_t addTable(int rank);

  ValueId constant(std::int64_t value) {
    return append({.op = BoxOp::Constant, .immediate = value});
  }
  ValueId argument(unsigned index) { return append({.op = BoxOp::Argument, .immediate = index}); }
  ValueId input(BoxInput input) {
    return append({.op = BoxOp::Input, .immediate = std::int64_t(input)});
  }
  ValueId dim(std::uint32_t table, int axis) {
    return append({.op = BoxOp::Dim, .immediate = axis, .table = table});
  }
  /// Operations of two values, from Add on.
  ValueId binary(BoxOp op, ValueId a, ValueId b) { return append({.op = op, .operands = {a, b}}); }
  ValueId select(ValueId condition, ValueId a, ValueId b) {
    return append({.op = BoxOp::Select, .operands = {condition, a, b}});
  }
  /// `bits` from 1 to 64. One bit stays 0 or 1, as truth values are.
  ValueId narrow(ValueId value, int bits) {
    return append({.op = BoxOp::Narrow, .operands = {value}, .immediate = bits});
  }
  /// One first and one last index for each axis of the table.
  RangeValues loadRange(std::uint32_t table, const std::vector<ValueId> &first,
                        const std::vector<ValueId> &last);

  /// Ends the code; the builder is empty afterwards. Steps that no answer needs
  /// are dropped. Errors: Compiler, naming the step that breaks a rule (an
  /// operand that is not made before it, a table, axis, width or operation that
  /// does not exist, a number of indices that is not the rank).
  Result<BoxCode> finish(ValueId maySee, ValueId mayHide);

private:
  ValueId append(BoxStep step);
  Status verify() const;
  void dropUnusedSteps();

  BoxCode code;
  std::vector<unsigned> indexCounts; ///< of each step: first and last indices given
};

} // namespace lacuna::mask

#endif // LIB_MASK_BOXCODE_H
