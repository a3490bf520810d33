//===- BoxEvaluator.h - Runs a classifier over batches of boxes ------------===//
//
// One step of the code at a time over up to 256 boxes, so that decoding is paid
// once per batch and every step is a loop over arrays. Values that do not depend
// on the box are computed once (Variation) and enter those loops as scalars.
// Arrays of values that are no longer needed are used again; a typical
// classifier works in 16 KiB.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_MASK_BOXEVALUATOR_H
#define LIB_MASK_BOXEVALUATOR_H

#include "lib/Mask/BoxCode.h"
#include "lib/Mask/TableSummary.h"

#include <cstdint>
#include <vector>

namespace lacuna::mask {

/// What a classifier says of a box; the numbers are bit 0 "may see" and bit 1
/// "may hide". None is the answer to a box without elements.
enum class TileClass : std::uint8_t { None = 0, Full = 1, Empty = 2, Partial = 3 };

/// A classifier with its arguments and tables. It owns its working arrays, so one
/// thread uses it at a time.
class BoxEvaluator {
public:
  /// Boxes of one evaluation.
  static constexpr int batch = 256;

  /// Binds `code`, which must outlive the evaluator, to the scalar arguments and
  /// the tables (host memory; only sizes are read of tables that are never
  /// loaded). Summaries of the tables are built here. Errors: Type, when
  /// arguments or tables are missing, ranks differ, or a loaded table does not
  /// hold integers.
  static Result<BoxEvaluator> bind(const BoxCode &code, Span<std::int64_t> arguments,
                                   Span<TensorRef> tables);
  BoxEvaluator(BoxEvaluator &&) = default; // values keep their places
  BoxEvaluator &operator=(BoxEvaluator &&) = default;

  /// Chooses the batch and the head of the boxes that follow; (0, 0) at first.
  void setHead(std::int64_t batchIndex, std::int64_t head);

  /// Where the caller writes bounds of the boxes, `batch` numbers; from
  /// QueryFirst on. The evaluation leaves them as they are.
  std::int64_t *input(BoxInput bound) { return lanes[laneOfInput(bound)].values; }

  /// Classifies the first `count` boxes of the inputs. Allocates nothing.
  void evaluate(int count, TileClass *classes);

  const BoxCode &code() const { return *boxCode; }
  /// Memory of summaries and working arrays.
  std::size_t bytes() const;

private:
  struct alignas(64) Lanes {
    std::int64_t values[batch];
  };
  /// A value as an operand: one number, or one of each box.
  struct Operand {
    const std::int64_t *at = nullptr;
    bool perBox = false;
  };
  /// A step whose values have places.
  struct Instruction {
    BoxOp op;
    std::int64_t *result;
    Operand operands[3];
    std::size_t load; ///< of load_range
    std::int64_t immediate;
  };
  /// What a load_range reads.
  struct Load {
    std::size_t summary;
    int rank;
    Operand first[maxRank], last[maxRank];
    std::int64_t *results[3];
  };
  struct Summary {
    std::uint32_t table;
    TableSummary::Axes axes;
    TableSummary pyramid;
  };
  explicit BoxEvaluator(const BoxCode &code) : boxCode(&code) {}
  static constexpr std::size_t laneOfInput(BoxInput bound) {
    return std::size_t(bound) - std::size_t(BoxInput::QueryFirst);
  }
  void assignPlaces();
  Operand operand(ValueId value) const;
  Result<std::size_t> makeLoad(const BoxStep &step, Span<TensorRef> tables);
  Status makeInstructions(Span<std::int64_t> arguments, Span<TensorRef> tables);
  void execute(const Instruction &instruction, int count) const;
  void executeLoad(const Load &load, int count) const;

  const BoxCode *boxCode;
  std::vector<std::int64_t> scalars;  ///< of each value that does not vary with the box
  std::vector<Lanes> lanes;           ///< the inputs, then arrays that values share
  std::vector<std::int64_t *> places; ///< of each value that is computed
  std::vector<Summary> summaries;
  std::vector<Load> loads;
  std::vector<Instruction> perHead, perBox;
};

} // namespace lacuna::mask

#endif // LIB_MASK_BOXEVALUATOR_H
