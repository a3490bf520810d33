//===- AttnDialect.cpp - Registration and attributes of the attn dialect --===//
#include "dialects/Attn/IR/Attn.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FoldInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna::attn;

#include "dialects/Attn/IR/AttnDialect.cpp.inc"

#include "dialects/Attn/IR/AttnEnums.cpp.inc"

#include "dialects/Attn/IR/AttnInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Attn/IR/AttnAttrs.cpp.inc"

namespace {
/// Keeps the constants of a region in it: a region reads, moves and lowers as a
/// whole, though it may capture values.
struct AttnFoldInterface final : DialectFoldInterface {
  using DialectFoldInterface::DialectFoldInterface;
  bool shouldMaterializeInto(Region *region) const override {
    return isa<Attention>(region->getParentOp());
  }
};
} // namespace

void AttnDialect::initialize() {
  addInterfaces<AttnFoldInterface>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Attn/IR/AttnAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Attn/IR/AttnOps.cpp.inc"
      >();
}

Operation *AttnDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                            Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

LogicalResult ScheduleAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                                   int64_t queryTile, int64_t keyTile, int64_t warps,
                                   int64_t stages, int64_t planCapacity, int64_t heads) {
  const std::pair<llvm::StringRef, int64_t> parameters[] = {
      {"query_tile", queryTile}, {"key_tile", keyTile},           {"warps", warps},
      {"stages", stages},        {"plan_capacity", planCapacity}, {"heads", heads}};
  for (auto [name, value] : parameters)
    if (value < 0)
      return emitError() << "schedule parameter '" << name << "' must be positive, but is "
                         << value;
  return success();
}
