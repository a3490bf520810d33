//===- TileTypes.td - Memory and control types ------------*- tablegen -*-===//
#ifndef DIALECTS_TILE_IR_TILETYPES_TD
#define DIALECTS_TILE_IR_TILETYPES_TD

include "dialects/Tile/IR/TileAttrs.td"
include "mlir/IR/CommonTypeConstraints.td"

class Tile_Type<string name, string mnemonicText> : TypeDef<Tile_Dialect, name> {
  let mnemonic = mnemonicText;
}

def Tile_ViewType : Tile_Type<"View", "view"> {
  let summary = "a tensor in global memory";
  let description = [{
    Base address, strides and extents are run-time values; the innermost stride
    is 1. Static extents are promises that the launch checks.

    Where `heads` is above 1, a row is a position of one of so many heads, which share
    an index along the axis of heads: `tile.pack_heads`.

    Examples: `!tile.view<?x?x?x128xbf16>`, `!tile.view<?x8x?x128xbf16, heads = 4>`
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType,
                        "int64_t":$heads);
  let builders = [TypeBuilder<(ins "::llvm::ArrayRef<int64_t>":$shape,
                                   "::mlir::Type":$elementType), [{
    return $_get($_ctxt, shape, elementType, /*heads=*/1);
  }]>];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return getShape().size(); }
  }];
}

def Tile_SharedType : Tile_Type<"Shared", "shared"> {
  let summary = "a tile in shared memory";
  let description = [{
    Rows of 16-bit elements, cut into panels of 64, 32 or 16 columns (as many of
    64 as fit, then at most one of 32, then at most one of 16). A panel stores
    its rows one after the other; the 16-byte chunks of a row are permuted by the
    128-, 64- or 32-byte swizzle of TMA and wgmma, so that eight rows of one chunk
    lie in different banks. Columns are a multiple of 16.

    A vector of f32, which has one axis, lies as it is.

    Examples: `!tile.shared<64x128xbf16, [key, feature]>`, `!tile.shared<32xf32, [query]>`
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns, "::mlir::Type":$elementType,
                        ArrayRefParameter<"Axis">:$axes);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isVector() const { return getAxes().size() == 1; }
    /// Bytes of the tile; every panel is a multiple of 1024 when rows are of 32.
    int64_t getBytes() const;
  }];
}

def Tile_RingType : Tile_Type<"Ring", "ring"> {
  let summary = "equal slots in shared memory, used in turn";
  let description = [{
    A plain buffer is a ring of one slot.

    Example: `!tile.ring<2 x !tile.shared<64x128xbf16, [key, feature]>>`
  }];
  let parameters = (ins "int64_t":$slots, "SharedType":$slotType);
  let assemblyFormat = "`<` $slots `x` custom<Slot>($slotType) `>`";
  let genVerifyDecl = 1;
}

def Tile_RunsType : Tile_Type<"Runs", "runs"> {
  let summary = "the key tiles that one query tile visits, and the class of each";
  let description = [{
    Opaque: whether the runs come from bounds computed in the kernel, from a plan
    or from a table is known only to the operation that made the value.
  }];
}

def Tile_StatusType : Tile_Type<"Status", "status"> {
  let summary = "where a kernel reports what is wrong with its data";
  let description = [{
    Two words of bits: the one that the kernel reports to, and that of the plan
    it relies on. `tile.status` says what the bits mean.
  }];
}

def Tile_TokenType : Tile_Type<"Token", "token"> {
  let summary = "an asynchronous copy on its way";
}

def Tile_CopyMapType : Tile_Type<"CopyMap", "copy_map"> {
  let summary = "what bulk copies must know of a tensor";
  let description = [{
    Its address, strides and extents, and the box of rows and columns that one copy
    moves to a panel of shared memory: 64, 32 or 16 columns, at most 256 rows. It is
    made when a kernel is launched (`tile.copy_map`), by the device that copies. Where
    `heads` is above 1, rows are those of `tile.pack_heads`, and a box holds all heads
    of its positions.

    Examples: `!tile.copy_map<128x64xbf16>`, `!tile.copy_map<128x64xbf16, heads = 4>`
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns, "::mlir::Type":$elementType,
                        "int64_t":$heads);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Tile_BarriersType : Tile_Type<"Barriers", "barriers"> {
  let summary = "barriers in shared memory, used in turn";
  let description = [{
    One for each slot of a ring.

    Example: `!tile.barriers<2>`
  }];
  let parameters = (ins "int64_t":$slots);
  let assemblyFormat = "`<` $slots `>`";
  let genVerifyDecl = 1;
}

def Tile_MailboxType : Tile_Type<"Mailbox", "mailbox"> {
  let summary = "where one role leaves what the other computes next";
  let description = [{
    Room in shared memory for what `tile.block` says of one item.
  }];
}

#endif // DIALECTS_TILE_IR_TILETYPES_TD
