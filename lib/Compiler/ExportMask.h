//===- ExportMask.h - An attend's mask as plain data -------------*- C++ -*-===//
#ifndef LIB_COMPILER_EXPORTMASK_H
#define LIB_COMPILER_EXPORTMASK_H

#include "dialects/Attn/IR/Attn.h"
#include "lib/Compiler/SpecMask.h"

namespace lacuna {

/// The mask of an attend with one source, after attn-derive-classifier
/// and attn-choose-mode. Without a `where` every key is visible; with a `where`
/// and no `classify` nothing is known of any tile. Emits an error at what it cannot
/// express.
mlir::FailureOr<SpecMask> exportMask(attn::AttendOp attend);

} // namespace lacuna

#endif // LIB_COMPILER_EXPORTMASK_H
