//===- AttnMaskOps.td - Sugar: common predicates and their algebra -*- tablegen -*-===//
//
// Every op here has a canonicalisation into arith, scf and attn.load, so that
// nothing downstream of it knows any pattern by name. They are legal only inside
// regions of attn.attend, on positions or slots alike.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_ATTNMASKOPS_TD
#define DIALECTS_ATTN_IR_ATTNMASKOPS_TD

include "dialects/Attn/IR/AttnDialect.td"

class Attn_MaskOp<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, !listconcat([NoMemoryEffect], traits)> {
  let results = (outs I1:$visible);
  let hasCanonicalizeMethod = 1;
}

def Attn_CausalOp : Attn_MaskOp<"causal"> {
  let summary = "j <= i + offset";
  let description = [{
    Without an offset a query sees its own position and what came before. Where
    the diagonal lies when lengths differ is never guessed: the bottom-right
    form is `offset` = keys - queries.

    ```mlir
    func.func @causal(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                      %v: tensor<?x?x?x64xf16>, %offset: i32) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %past = attn.causal %i, %j offset %offset
          attn.yield %past : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I32:$i, I32:$j, Optional<I32>:$offset);
  let assemblyFormat = "$i `,` $j (`offset` $offset^)? attr-dict";
}

def Attn_SlidingWindowOp : Attn_MaskOp<"sliding_window", [AttrSizedOperandSegments]> {
  let summary = "i - left <= j <= i + right";
  let description = [{
    Both bounds count keys besides the query's own position, as in
    FlashAttention's `window_size`; an absent bound does not limit. A causal
    window of W keys in all is `causal` and `left` = W - 1.

    ```mlir
    func.func @band(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                    %v: tensor<?x?x?x64xf16>, %n: i32) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %near = attn.sliding_window %i, %j left %n right %n
          attn.yield %near : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I32:$i, I32:$j, Optional<I32>:$left, Optional<I32>:$right);
  let assemblyFormat = "$i `,` $j (`left` $left^)? (`right` $right^)? attr-dict";
  let hasVerifier = 1;
}

def Attn_DocumentOp : Attn_MaskOp<"document"> {
  let summary = "ids[..., i] == ids[..., j]";
  let description = [{
    Query and key belong to the same document of a packed batch. Indices in
    brackets select the row of a table with more dimensions than one.

    ```mlir
    func.func @packed(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                      %v: tensor<?x?x?x64xf16>, %ids: tensor<?x?xi32>) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %same = attn.document %i, %j in %ids[%b] : tensor<?x?xi32>
          attn.yield %same : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I32:$i, I32:$j,
    Type<RankedTensorOf<[I8, I16, I32, I64]>.predicate, "tensor of i8, i16, i32 or i64",
         "::mlir::RankedTensorType">:$ids,
    Variadic<I32>:$indices);
  let assemblyFormat = "$i `,` $j `in` $ids (`[` $indices^ `]`)? attr-dict `:` type($ids)";
  let hasVerifier = 1;
}

def Attn_BlockMaskOp : Attn_MaskOp<"block_mask"> {
  let summary = "blocks[..., i div query_block, j div key_block]";
  let description = [{
    A table of bits, one for each logical block of queries x keys, says whether
    its elements are visible. The block size is a property of the table and has
    nothing to do with the tiles of a kernel. Indices in brackets select the
    matrix of a table with more dimensions than two: `%b` and `%h` where every
    batch and query head has its own, the key head (`%h` divided by the query
    heads of each) where a group shares one, nothing where all do. Positions are
    rounded down, so one below zero lies outside the table, an error of the spec.

    `attn.expand_blocks` makes such a table from lists of blocks.

    ```mlir
    func.func @blocks(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                      %v: tensor<?x?x?x64xf16>, %blocks: tensor<?x?x?x?xi1>)
        -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %listed = attn.block_mask %i, %j in %blocks[%b, %h] block 16 x 256 : tensor<?x?x?x?xi1>
          attn.yield %listed : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I32:$i, I32:$j,
    Type<RankedTensorOf<[I1]>.predicate, "tensor of i1", "::mlir::RankedTensorType">:$blocks,
    Variadic<I32>:$indices,
    ConfinedAttr<I32Attr, [IntPositive]>:$query_block,
    ConfinedAttr<I32Attr, [IntPositive]>:$key_block);
  let assemblyFormat = [{
    $i `,` $j `in` $blocks (`[` $indices^ `]`)? `block` $query_block `x` $key_block attr-dict
    `:` type($blocks)
  }];
  let hasVerifier = 1;
}

def Attn_PrefixOp : Attn_MaskOp<"prefix"> {
  let summary = "j < length";
  let description = [{
    A prefix-LM is `causal` or `prefix`; padding is `prefix` alone.

    ```mlir
    func.func @prefix_lm(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                         %v: tensor<?x?x?x64xf16>, %length: i32) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %past = attn.causal %i, %j
          %prompt = attn.prefix %j, %length
          %keep = attn.or %past, %prompt
          attn.yield %keep : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I32:$j, I32:$length);
  let assemblyFormat = "$j `,` $length attr-dict";
}

def Attn_DilatedOp : Attn_MaskOp<"dilated"> {
  let summary = "(i - j) mod step == 0";
  let description = [{
    Every step-th key, counted from the query. A step of 0 is an error of the
    spec.

    ```mlir
    func.func @strided(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                       %v: tensor<?x?x?x64xf16>, %step: i32) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %comb = attn.dilated %i, %j step %step
          %future = attn.sliding_window %i, %j right %step
          %not = attn.not %future
          %keep = attn.or %comb, %not
          attn.yield %keep : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I32:$i, I32:$j, I32:$step);
  let assemblyFormat = "$i `,` $j `step` $step attr-dict";
}

def Attn_AndOp : Attn_MaskOp<"and"> {
  let summary = "All of its operands";
  let description = [{
    All operands are evaluated, as those of `arith.andi` are.

    ```mlir
    func.func @window(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                      %v: tensor<?x?x?x64xf16>, %n: i32) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %past = attn.causal %i, %j
          %near = attn.sliding_window %i, %j left %n
          %keep = attn.and %past, %near
          attn.yield %keep : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I1:$first, Variadic<I1>:$others);
  let assemblyFormat = "$first (`,` $others^)? attr-dict";
}

def Attn_OrOp : Attn_MaskOp<"or"> {
  let summary = "At least one of its operands";
  let description = [{
    All operands are evaluated, as those of `arith.ori` are.

    ```mlir
    func.func @sinks(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                     %v: tensor<?x?x?x64xf16>, %n: i32, %sinks: i32) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %near = attn.sliding_window %i, %j left %n
          %sink = attn.prefix %j, %sinks
          %keep = attn.or %near, %sink
          attn.yield %keep : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I1:$first, Variadic<I1>:$others);
  let assemblyFormat = "$first (`,` $others^)? attr-dict";
}

def Attn_NotOp : Attn_MaskOp<"not"> {
  let summary = "The opposite of its operand";
  let description = [{
    ```mlir
    func.func @other_documents(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                               %v: tensor<?x?x?x64xf16>, %ids: tensor<?xi32>)
        -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %same = attn.document %i, %j in %ids : tensor<?xi32>
          %other = attn.not %same
          attn.yield %other : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins I1:$operand);
  let assemblyFormat = "$operand attr-dict";
}

#endif // DIALECTS_ATTN_IR_ATTNMASKOPS_TD
