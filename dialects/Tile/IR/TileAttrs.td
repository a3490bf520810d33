//===- TileAttrs.td - Layouts and schedules ---------------*- tablegen -*-===//
#ifndef DIALECTS_TILE_IR_TILEATTRS_TD
#define DIALECTS_TILE_IR_TILEATTRS_TD

include "dialects/Tile/IR/TileDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"

def Tile_Axis : I32EnumAttr<"Axis", "what an extent of a tile counts", [
    I32EnumAttrCase<"Query", 0, "query">,
    I32EnumAttrCase<"Key", 1, "key">,
    I32EnumAttrCase<"Feature", 2, "feature">]> {
  let cppNamespace = "::lacuna::tile";
  let genSpecializedAttr = 0;
}

def Tile_FragmentKind : I32EnumAttr<"FragmentKind", "which thread of a warp holds which element", [
    I32EnumAttrCase<"Accumulator", 0, "accumulator">,
    I32EnumAttrCase<"Operand", 1, "operand">,
    I32EnumAttrCase<"Row", 2, "row">,
    I32EnumAttrCase<"PartialRow", 3, "partial_row">,
    I32EnumAttrCase<"Column", 4, "column">]> {
  let cppNamespace = "::lacuna::tile";
  let genSpecializedAttr = 0;
}

def Tile_ReduceKind : I32EnumAttr<"ReduceKind", "how elements of a row are combined", [
    I32EnumAttrCase<"Max", 0, "max">,
    I32EnumAttrCase<"Add", 1, "add">]> {
  let cppNamespace = "::lacuna::tile";
  let genSpecializedAttr = 0;
}

// These print a space before themselves, which the generic form of an op needs;
// "``" before them in an op's own form leaves out the op's.
def Tile_AxisAttr : EnumAttr<Tile_Dialect, Tile_Axis, "axis"> {
  let assemblyFormat = "$value";
}

def Tile_ReduceKindAttr : EnumAttr<Tile_Dialect, Tile_ReduceKind, "reduce_kind"> {
  let assemblyFormat = "$value";
}

class Tile_Attr<string name, string mnemonicText, list<Trait> traits = []>
    : AttrDef<Tile_Dialect, name, traits> {
  let mnemonic = mnemonicText;
}

def Tile_AxesAttr : Tile_Attr<"Axes", "axes"> {
  let summary = "names the axes of a tile and nothing else";
  let description = [{
    The layout of the abstract contract. Extents along `query` and `key` are the
    query and key tile sizes that scheduling will choose, so they are dynamic;
    extents along `feature` are static.

    Example: `tensor<?x128xbf16, #tile.axes<[key, feature]>>`
  }];
  let parameters = (ins ArrayRefParameter<"Axis">:$axes);
  let hasCustomAssemblyFormat = 1;
}

def Tile_FragmentAttr : Tile_Attr<"Fragment", "fragment"> {
  let summary = "distributes a tile over the threads of `warps` warps";
  let description = [{
    Rows are dealt to warps in equal consecutive shares, each a multiple of 16. Where an
    accumulator has only n blocks of 16 rows for a multiple of n warps, warp w has block
    w mod n, and of its columns the w / n-th of equal consecutive shares. Inside a warp, lane = 4 g + t holds, for every block of 16 rows,

    - `accumulator` (the C/D layout of mma.m16n8k16): rows g and g + 8, columns
      8 n + 2 t and 8 n + 2 t + 1 of every block n of 8 columns;
    - `operand` (the A layout): rows g and g + 8, columns 16 k + 2 t, + 1, + 8,
      + 9 of every block k of 16 columns, as packed pairs of 16-bit elements;
    - `row` (a vector along the first axis): rows g and g + 8, the same value in
      the four lanes of a group;
    - `partial_row`: like `row`, but the value of a row is the sum over the four
      lanes of its group, not yet added;
    - `column` (a vector along the second axis): columns 8 n + 2 t and
      8 n + 2 t + 1 of every block n of 8 columns, the same in all groups and warps.

    An accumulator's registers, packed in pairs, are an operand's registers.

    Example: `tensor<64x64xf32, #tile.fragment<[query, key], accumulator, warps = 4>>`
  }];
  let parameters = (ins ArrayRefParameter<"Axis">:$axes, "FragmentKind":$kind,
                        "int64_t":$warps);
  let hasCustomAssemblyFormat = 1;
}

def Tile_ScheduleAttr : Tile_Attr<"Schedule", "schedule"> {
  let summary = "tile sizes, warps and pipeline depth of a kernel";
  let description = [{
    `query_tile` and `key_tile` are the extents of a score tile, whose rows are
    queries or, in a kernel whose blocks are of keys, keys. Every one of the `warps`
    has a multiple of 16 rows. `stages` are the slots of rings that the loop fills
    (2 to 4). `query_in_registers` keeps the operands of rows in registers for the
    whole kernel instead of reading them from shared memory for every column tile.
    With `roles`, a further warp group copies what the `warps` compute with.

    Example: `#tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>`
  }];
  let parameters = (ins "int64_t":$query_tile, "int64_t":$key_tile, "int64_t":$warps,
                        "int64_t":$stages, "bool":$query_in_registers,
                        DefaultValuedParameter<"bool", "false">:$roles);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // DIALECTS_TILE_IR_TILEATTRS_TD
