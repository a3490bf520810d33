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

/// The number of the argument that positions or offsets are, if there are any.
static std::optional<unsigned> optionalArgument(mlir::Value value) {
  if (!value)
    return std::nullopt;
  return mlir::cast<mlir::BlockArgument>(value).getArgNumber(); // attn-check-spec, hasOrder
}

/// Whether positions are an order that the spec makes.
static bool hasOrder(mlir::Value positions) {
  return positions && !mlir::isa<mlir::BlockArgument>(positions);
}

FailureOr<SpecMask> lacuna::exportMask(attn::AttendOp attend) {
  if (hasOrder(attend.getQueryPosition()) || hasOrder(attend.getKeyPosition()))
    return attend.emitOpError("has its rows in an order that is made on the device, so the mask is "
                              "not known before it runs; lacuna-run --show-mask draws it");
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
                  optionalArgument(attend.getQueryPosition()),
                  optionalArgument(attend.getKeyPosition()),
                  optionalArgument(attend.getQueryOffsets()),
                  optionalArgument(attend.getKeyOffsets()),
                  attn::stringifyMode(*attend.getMode()).str(),
                  {}};
}
