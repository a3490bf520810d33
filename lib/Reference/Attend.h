//===- Attend.h - One attn.attend in float64 -------------------------------===//
#ifndef LIB_REFERENCE_ATTEND_H
#define LIB_REFERENCE_ATTEND_H

#include "dialects/Attn/IR/Attn.h"
#include "lacuna/Reference.h"
#include "lib/Reference/RegionCode.h"

#include <cstdint>
#include <vector>

namespace lacuna::reference {

/// Evaluates every row, on `threads` threads. Emits an error at the op when
/// sizes do not agree, and at the op of a region that has no value for an
/// element: the first such element, whatever the number of threads.
mlir::FailureOr<ReferenceAttend> evaluateAttend(attn::AttendOp op, const Environment &environment,
                                                unsigned threads);

/// The `where` alone, of one batch (or sequence of a ragged one) and query head. Errors as above,
/// and when batch or head are out of range though there are rows.
mlir::FailureOr<ReferenceMask> evaluateVisibility(attn::AttendOp op, const Environment &environment,
                                                  std::int64_t batch, std::int64_t head);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_ATTEND_H
