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

/// A part of a plan, or a table in its place: a view of i32 with these axes.
class Tile_PlanView<int rank, string axes, list<Pred> more = []> : Type<
    And<[Tile_ViewType.predicate,
         CPred<"::llvm::cast<::lacuna::tile::ViewType>($_self).getRank() == " # rank>,
         CPred<"::llvm::cast<::lacuna::tile::ViewType>($_self).getElementType().isInteger(32)">]
        # more>,
    "view of i32, " # axes, "::lacuna::tile::ViewType">;

def Tile_OfPairs : CPred<"::llvm::cast<::lacuna::tile::ViewType>($_self).getShape().back() == 2">;

def Tile_RunListView : Tile_PlanView<5, "[batch, head, query tile, run, 2]", [Tile_OfPairs]>;
def Tile_RunCountView : Tile_PlanView<4, "[batch, head, query tile, 2]", [Tile_OfPairs]>;
def Tile_OrderView : Tile_PlanView<3, "[batch, head, query tile]">;

#endif // DIALECTS_TILE_IR_TILEOPBASE_TD
