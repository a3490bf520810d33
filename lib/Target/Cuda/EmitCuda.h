//===- EmitCuda.h - EmitC as CUDA C++ text ---------------------*- C++ -*-===//
#ifndef LIB_TARGET_CUDA_EMITCUDA_H
#define LIB_TARGET_CUDA_EMITCUDA_H

#include "mlir/IR/BuiltinOps.h"

#include <span>
#include <string>
#include <string_view>

namespace lacuna {

/// A file of kernels/, embedded in the library.
struct DeviceHeader {
  const char *name; ///< as generated text includes it: "lacuna/view.cuh"
  const char *text;
};

/// All device headers, by name. They include one another and nothing else, so a
/// compiler that is given all of them needs no file system.
std::span<const DeviceHeader> deviceHeaders();

/// Appends the module as CUDA C++ to `text`, byte for byte the same for the same
/// module. Variables carry the names that `emitc-prepare-names` marked. Fails with
/// a located error on what is not EmitC.
mlir::LogicalResult emitCuda(mlir::ModuleOp module, std::string &text);

/// The text with every mark of `emitc-prepare-names` applied and removed: a line
/// `//= v7 scores` names the variable v7 from its definition, the line before, to
/// the end of the block that the mark stands in.
std::string applyNames(std::string_view text);

} // namespace lacuna

#endif // LIB_TARGET_CUDA_EMITCUDA_H
