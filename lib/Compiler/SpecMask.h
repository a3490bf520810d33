//===- SpecMask.h - The mask of a spec, to be planned on the host ----------===//
//
// What the compiler knows of which tiles an attend visits, without MLIR: the code
// of its classifier, and which arguments of the spec it reads. Bound to arguments
// it answers for boxes of queries and keys (lib/Mask).
//
//===----------------------------------------------------------------------===//
#ifndef LIB_COMPILER_SPECMASK_H
#define LIB_COMPILER_SPECMASK_H

#include "lacuna/Result.h"
#include "lacuna/Tensor.h"
#include "lib/Compiler/SpecTable.h"
#include "lib/Mask/BoxClassifier.h"

#include <optional>
#include <string>
#include <vector>

namespace lacuna {

/// The mask of one attend. Numbers of arguments are those of the spec function.
struct SpecMask {
  mask::BoxCode code;
  std::vector<unsigned> scalars;                        ///< argument n of the code
  std::vector<SpecTable> tables;                        ///< table n of the code
  unsigned query = 0, key = 0;                          ///< whose shapes are those of the mask
  std::optional<unsigned> queryPositions, keyPositions; ///< offset or table; none: slots
  std::optional<unsigned> queryOffsets, keyOffsets;     ///< of a ragged batch, else none
  std::string mode;                 ///< where a kernel's runs come from: "closed", "planned"
  std::vector<std::string> remarks; ///< why, with places: "spec.mlir:9:3: ..."

  /// The mask for arguments that have the types of the spec's, lie in host memory
  /// and outlive it, as this object does. Tensors that the mask does not read may
  /// have address 0. What lists of blocks say is put into `expanded`, which must
  /// outlive the mask as well. That of a ragged batch is told the sequence
  /// (BoxClassifier::setSequence) before anything is asked. Errors: Type, when shapes do not agree,
  /// lists are wrong or a tensor that is read has no address.
  Result<mask::BoxClassifier> bind(Span<Value> arguments, std::deque<BlockTable> &expanded) const;

  /// The sequences of a ragged batch, for arguments as above. Errors: Type, when
  /// offsets have no address, or do not ascend from 0 to the number of rows.
  Result<std::vector<mask::Sequence>> sequences(Span<Value> arguments) const;
};

/// The mask of attend number `attend` of a spec: of `function`, or of the only one
/// where that is empty. `fileName` is for messages. Errors: Syntax, Type and
/// Unsupported, as compiling the spec gives them.
Result<SpecMask> deriveMask(const std::string &text, const std::string &fileName,
                            const std::string &function, unsigned attend);

} // namespace lacuna

#endif // LIB_COMPILER_SPECMASK_H
