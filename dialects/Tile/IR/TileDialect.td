//===- TileDialect.td - The tile dialect -----------------*- tablegen -*-===//
//
// How one thread block computes. Two contracts in one dialect (README.md):
// abstract programs know neither target nor thread, scheduled ones place every
// value, copy and barrier.
//
//===--------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_IR_TILEDIALECT_TD
#define DIALECTS_TILE_IR_TILEDIALECT_TD

include "mlir/IR/DialectBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::lacuna::tile";
  let summary = "tiles of tensors owned by the threads of a block";
  let description = [{
    Values are builtin tensors, `tensor<ROWSxCOLUMNSxT, #layout>`, held together
    by all threads of a block. Memory is explicit: views of tensors in global
    memory and rings of stages in shared memory.

    In the *abstract* contract a layout names only axes (`#tile.axes`), extents
    along queries and keys are dynamic because no tile size is chosen yet, and
    there is no barrier, stage or thread. In the *scheduled* contract every
    extent is static, every layout says which thread holds which element
    (`#tile.fragment`), and copies, waits and barriers are operations.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
    void registerTypes();
  }];
}

#endif // DIALECTS_TILE_IR_TILEDIALECT_TD
