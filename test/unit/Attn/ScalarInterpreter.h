//===- ScalarInterpreter.h - Runs integer regions of an attend --------------===//
//
// Independent of the code under test: one number per value, evaluated op by op.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_ATTN_SCALARINTERPRETER_H
#define TEST_UNIT_ATTN_SCALARINTERPRETER_H

#include "mlir/IR/Region.h"
#include "llvm/ADT/DenseMap.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace lacuna::attn {

/// Values from outside of a region, and the sizes of tensors.
struct Surroundings {
  llvm::DenseMap<mlir::Value, int64_t> scalars;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, int64_t> sizes;
};

/// What the region yields for these arguments; nothing if an integer operation
/// overflows its type or divides by zero.
std::optional<std::vector<int64_t>>
interpret(mlir::Region &region, llvm::ArrayRef<int64_t> arguments, const Surroundings &around);

} // namespace lacuna::attn

#endif // TEST_UNIT_ATTN_SCALARINTERPRETER_H
