//===- TileOpBase.td - What all operations share ----------*- tablegen -*-===//
#ifndef DIALECTS_TILE_IR_TILEOPBASE_TD
#define DIALECTS_TILE_IR_TILEOPBASE_TD

include "dialects/Tile/IR/TileTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string name, list<Trait> traits = []> : Op<Tile_Dialect, name, traits>;

/// A tensor of rank 1 or 2 whose layout is #tile.axes or #tile.fragment.
def Tile_Tile : Type<
    CPred<"::llvm::isa<::mlir::RankedTensorType>($_self) && "
          "::llvm::isa_and_nonnull<::lacuna::tile::AxesAttr, ::lacuna::tile::FragmentAttr>("
          "::llvm::cast<::mlir::RankedTensorType>($_self).getEncoding())">,
    "tensor with a #tile.axes or #tile.fragment layout", "::mlir::RankedTensorType">;

/// Scalars that kernels compute with.
def Tile_Scalar : AnyTypeOf<[AnySignlessInteger, AnyFloat]>;

#endif // DIALECTS_TILE_IR_TILEOPBASE_TD
