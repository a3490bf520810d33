//===- Reference.h - What a spec means, element by element -----------------===//
//
// The oracle: evaluates a spec on host arrays in float64, straight from its
// text. It shares no code with the compiler but the definition of the language,
// derives no masks and is meant to be right rather than fast (1024 x 1024 keys
// of one head take about a tenth of a second on one core). It looks at no key that
// a row does not see: where V is not finite there, it gives a number and a kernel
// may give NaN.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_REFERENCE_H
#define LACUNA_REFERENCE_H

#include "lacuna/Result.h"
#include "lacuna/Tensor.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default) // these are what the shared library exports

namespace lacuna {

/// A row-major array of the reference.
struct ReferenceArray {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// What one attn.attend of a spec computes. Rows are [batch, query heads,
/// queries], in that order.
struct ReferenceAttend {
  std::int64_t keys = 0; ///< of each row, visible or not; of all sequences of a ragged batch
  ReferenceArray output; ///< [batch, query heads, queries, value head_dim], not rounded
  /// The output as kernels that read it have it: made with probabilities of the tensors'
  /// type, and rounded itself. Empty where nothing reads it.
  std::vector<double> rounded;
  ReferenceArray lse;                    ///< natural logarithm, -inf for a row that sees no key
  std::vector<std::int64_t> visibleKeys; ///< of each row: keys with where and a score above -inf
  std::vector<double> largestScore; ///< of each row: max |score| of its visible keys, 0 if none
};

/// One result of an attn.attend_grad or attn.merge_grad, or a sum of such, and what
/// rounding may make of it.
struct ReferenceGradient {
  ReferenceArray values; ///< not rounded; of sums that are taken again, not of `output` and `lse`
  /// The same by a run that rounds where kernels do: it reads `output` and `lse`, and
  /// probabilities and gradients of scores are of the tensors' type, the result of its own.
  std::vector<double> rounded;
  /// How large the terms of the sums were, as the root of the sum of their squares, with
  /// |dp| + |delta| for dp - delta: for each row of queries, keys and values, or for each
  /// element of a table.
  std::vector<double> magnitudes;
};

/// Where a result of the spec function comes from.
struct ReferenceResult {
  enum class Kind { Output, Lse, Gradient };
  Kind kind = Kind::Output;
  std::size_t index = 0;    ///< into ReferenceRun::attends, ::derived or ::gradients
  DType dtype = DType::F32; ///< of the result in the spec
  bool isDerived = false;   ///< of a state: its rows were moved, or it was merged
};

/// Everything a spec computes from its arguments.
struct ReferenceRun {
  std::vector<ReferenceAttend> attends;     ///< in the order of the spec
  std::vector<ReferenceAttend> derived;     ///< what attn.scatter, gather and merge made of them
  std::vector<ReferenceGradient> gradients; ///< results of gradients, and what was made of them
  std::vector<ReferenceResult> results;     ///< in the order of the return

  /// The attend, or what was made of attends, that result `index` is of; it is no gradient.
  const ReferenceAttend &attendOf(std::size_t index) const {
    const ReferenceResult &from = results[index];
    return from.isDerived ? derived[from.index] : attends[from.index];
  }

  /// Result `index` of the spec function.
  const ReferenceArray &result(std::size_t index) const {
    const ReferenceResult &from = results[index];
    if (from.kind == ReferenceResult::Kind::Gradient)
      return gradients[from.index].values;
    const ReferenceAttend &attend = attendOf(index);
    return from.kind == ReferenceResult::Kind::Lse ? attend.lse : attend.output;
  }
};

/// What the queries of one head see.
struct ReferenceMask {
  std::int64_t queries = 0, keys = 0;
  std::vector<std::uint8_t> visible; ///< queries x keys, 1 = visible
};

/// An argument that a spec function takes.
struct ReferenceArgument {
  DType dtype = DType::F32;
  bool isTensor = false;
  std::vector<std::int64_t> shape; ///< of a tensor; -1 where any size is legal
};

/// A spec function, parsed and verified.
class ReferenceSpec {
public:
  /// Parses MLIR text. `sourceName` stands in error locations; `function` may be
  /// empty when there is only one. Errors: Syntax, with MLIR's diagnostics.
  static Result<ReferenceSpec> parse(std::string_view text, std::string_view sourceName,
                                     std::string_view function = {});

  ReferenceSpec(ReferenceSpec &&) noexcept;
  ReferenceSpec &operator=(ReferenceSpec &&) noexcept;
  ~ReferenceSpec();

  /// The name of the function, without '@'.
  const std::string &name() const;
  /// What the function takes, in order.
  const std::vector<ReferenceArgument> &arguments() const;

  /// How many attends the function holds.
  std::size_t attendCount() const;

  /// Evaluates. Tensors lie in host memory: their addresses are pointers, their
  /// strides may be any. `threads` = 0 takes every core; the result does not
  /// depend on it. Errors: Type, when arguments do not fit or an element has no
  /// value (overflow, division by zero, an index outside its table).
  Result<ReferenceRun> run(Span<Value> arguments, unsigned threads = 0) const;

  /// The `where` of one attend for one batch and query head. Reads only the
  /// shapes of queries, keys and values, so their addresses may be 0; where there
  /// is no batch or no head, nothing is visible. Errors: as run, and Type for an
  /// index that is out of range otherwise.
  Result<ReferenceMask> visibility(Span<Value> arguments, std::size_t attend, std::int64_t batch,
                                   std::int64_t head) const;

private:
  struct Implementation;
  explicit ReferenceSpec(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

} // namespace lacuna

#pragma GCC visibility pop

#endif // LACUNA_REFERENCE_H
