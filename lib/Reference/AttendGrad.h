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
mlir::FailureOr<std::vector<ReferenceGradient>> evaluateAttendGrad(attn::AttendGradOp op,
                                                                   const Environment &environment);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_ATTENDGRAD_H
