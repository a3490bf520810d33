//===- AttnBlockOps.td - Lists of blocks from the caller ------*- tablegen -*-===//
#ifndef DIALECTS_ATTN_IR_ATTNBLOCKOPS_TD
#define DIALECTS_ATTN_IR_ATTNBLOCKOPS_TD

include "dialects/Attn/IR/AttnDialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

def Attn_BlockNumbers : Type<RankedTensorOf<[I32]>.predicate, "tensor of i32",
                             "::mlir::RankedTensorType">;

def Attn_ExpandBlocksOp : Attn_Op<"expand_blocks", [
    NoMemoryEffect, AttrSizedOperandSegments, InferTypeOpAdaptor
  ]> {
  let summary = "A table of bits from lists of the blocks that are set";
  let description = [{
    Says for every row of blocks which of `columns` columns are listed:

    - alone: `list` is [..., rows, places], a row's columns, and -1 in places that
      hold none (top-k lists, padded);
    - `counts`: the same, but of a row only as many places hold a column as counts
      [..., rows] says; the others may hold anything;
    - `offsets`: `list` is [..., entries] and row r owns the entries from
      offsets[..., r] up to offsets[..., r + 1]: CSR, and BSR for blocks;
    - `bits`: `list` is [..., rows, words], and column c is bit c mod 32 of word
      c div 32; there are as many words as the columns need.

    The dimensions before are none, [heads] or [batch, heads], the same in both
    tensors. The result, [..., rows, columns], is a table for `attn.block_mask`
    and `attn.load`. Order and repetition of a row's columns mean nothing.

    A column below 0 or not below `columns`, a count below 0 or above the places,
    offsets that descend or leave the list, none at all, and a wrong number of
    words are errors of the data: the reference reports them, and so does a launch
    on a device, whose results are NaN. `columns` is a size that the host computes:
    `attn-check-spec` says from what.

    ```mlir
    func.func @topk(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                    %v: tensor<?x?x?x64xf16>, %list: tensor<?x?x?x?xi32>,
                    %counts: tensor<?x?x?xi32>, %columns: i32) -> tensor<?x?x?x64xf16> {
      %blocks = attn.expand_blocks %list counts %counts columns %columns
        : tensor<?x?x?x?xi32> counts tensor<?x?x?xi32>
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %listed = attn.block_mask %i, %j in %blocks[%b, %h] block 64 x 64 : tensor<?x?x?x?xi1>
          attn.yield %listed : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins
    Attn_BlockNumbers:$list,
    Optional<Attn_BlockNumbers>:$counts,
    Optional<Attn_BlockNumbers>:$offsets,
    I32:$columns,
    UnitAttr:$bits
  );
  let results = (outs RankedTensorOf<[I1]>:$blocks);
  let assemblyFormat = [{
    $list (`counts` $counts^)? (`offsets` $offsets^)? (`bits` $bits^)? `columns` $columns attr-dict
    `:` type($list) (`counts` type($counts)^)? (`offsets` type($offsets)^)?
  }];
  let hasVerifier = 1;
}

#endif // DIALECTS_ATTN_IR_ATTNBLOCKOPS_TD
