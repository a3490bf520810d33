//===- AttendGrad.h - One attn.attend_grad in float64 -----------------------===//
#ifndef LIB_REFERENCE_ATTENDGRAD_H
#define LIB_REFERENCE_ATTENDGRAD_H

#include "dialects/Attn/IR/Attn.h"
#include "lacuna/Reference.h"
#include "lib/Reference/RegionCode.h"

#include <vector>

namespace lacuna::reference {

/// The gradients, one for each result of the op, in its order. Emits an error at the op
/// when sizes do not agree, and at the op of a region that has no value for an element.
/// `merged` is what a merged op's output and log-sum-exp are before they are rounded; null:
/// as they are.
mlir::FailureOr<std::vector<ReferenceGradient>> evaluateAttendGrad(attn::AttendGradOp op,
                                                                   const Environment &environment,
                                                                   const ReferenceAttend *merged);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_ATTENDGRAD_H
