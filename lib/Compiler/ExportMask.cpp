#include "lib/Compiler/ExportMask.h"

#include "lib/Compiler/ExportClassifier.h"

using namespace lacuna;
using mlir::FailureOr;

/// A classifier with the same answer for every box.
static ExportedClassifier constantClassifier(bool maySee, bool mayHide) {
  mask::BoxCodeBuilder builder;
  mask::ValueId see = builder.constant(maySee), hide = builder.constant(mayHide);
  return {std::move(*builder.finish(see, hide)), {}, {}};
}

static FailureOr<ExportedClassifier> classifierOf(attn::AttendOp attend) {
  if (attend.getWhere().empty())
    return constantClassifier(true, false);
  if (attend.getClassify().empty())
    return constantClassifier(true, true);
  return exportClassifier(attend);
}

/// The number of the argument that `value` is.
static FailureOr<unsigned> argumentNumber(attn::AttendOp attend, mlir::Value value,
                                          llvm::StringRef role) {
  auto argument = mlir::dyn_cast<mlir::BlockArgument>(value);
  if (!argument)
    return attend.emitOpError() << "the " << role << " are no argument of the spec, so their "
                                << "shape is not known before it runs";
  return argument.getArgNumber();
}

static std::optional<unsigned> positionArgument(mlir::Value positions) {
  if (!positions)
    return std::nullopt;
  return mlir::cast<mlir::BlockArgument>(positions).getArgNumber(); // attn-check-spec
}

FailureOr<SpecMask> lacuna::exportMask(attn::AttendOp attend) {
  if (attend.isRagged())
    return attend.emitOpError("is ragged: its mask is a different one for every batch of lengths, "
                              "so tiles are found on the device only; give one sequence without "
                              "offsets, or use mode 'closed' or 'planned'");
  FailureOr<ExportedClassifier> classifier = classifierOf(attend);
  FailureOr<unsigned> query = argumentNumber(attend, attend.getQuery(), "queries");
  FailureOr<unsigned> key = argumentNumber(attend, attend.getKey(), "keys");
  if (mlir::failed(classifier) || mlir::failed(query) || mlir::failed(key))
    return mlir::failure();
  return SpecMask{std::move(classifier->code),
                  std::move(classifier->scalars),
                  std::move(classifier->tables),
                  *query,
                  *key,
                  positionArgument(attend.getQueryPosition()),
                  positionArgument(attend.getKeyPosition()),
                  attn::stringifyMode(*attend.getMode()).str(),
                  {}};
}
