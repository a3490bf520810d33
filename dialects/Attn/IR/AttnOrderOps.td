//===- AttnOrderOps.td - Rows in another order ----------------*- tablegen -*-===//
//
// What is sparse in the data becomes blocks when rows that belong together lie
// together. An order is made on the device, and every order is a permutation of the
// rows of one head: indices in it need no checks, and one op undoes the other.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_ATTNORDEROPS_TD
#define DIALECTS_ATTN_IR_ATTNORDEROPS_TD

include "dialects/Attn/IR/AttnDialect.td"
include "dialects/Attn/IR/AttnTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

class Attn_RowTable<Type element, string what> : Type<
    And<[RankedTensorOf<[element]>.predicate, HasAnyRankOfPred<[3]>]>,
    "tensor of " # what # " with the dimensions [batch, heads, sequence]",
    "::mlir::RankedTensorType">;

def Attn_Labels : Attn_RowTable<I32, "i32">;
def Attn_Flags : Attn_RowTable<I1, "i1">;

def Attn_Projections : Type<
    And<[RankedTensorOf<[F32]>.predicate, HasAnyRankOfPred<[3]>]>,
    "tensor of f32 with the dimensions [heads, projections, head_dim]",
    "::mlir::RankedTensorType">;

/// A tensor with something for every row of every head.
def Attn_Rows : Type<
    Or<[And<[RankedTensorOf<[F16, BF16]>.predicate, HasAnyRankOfPred<[4]>]>,
        And<[RankedTensorOf<[I1, I8, I16, I32, I64, F16, BF16, F32]>.predicate,
             HasAnyRankOfPred<[3]>]>]>,
    "tensor of f16 or bf16 with the dimensions [batch, heads, sequence, head_dim], or table "
    "[batch, heads, sequence]",
    "::mlir::RankedTensorType">;

/// The same for what attention yields, and for gradients.
def Attn_RowsOfFloats : Type<
    Or<[And<[RankedTensorOf<[F16, BF16]>.predicate, HasAnyRankOfPred<[4]>]>,
        And<[RankedTensorOf<[F16, BF16, F32]>.predicate, HasAnyRankOfPred<[3]>]>]>,
    "tensor of f16 or bf16 with the dimensions [batch, heads, sequence, head_dim], or of f16, bf16 "
    "or f32 [batch, heads, sequence]",
    "::mlir::RankedTensorType">;

def Attn_HashOp : Attn_Op<"hash", [
    Pure, InferTypeOpAdaptor, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>
  ]> {
  let summary = "The buckets that projections put rows into";
  let description = [{
    Angular hashing, as Reformer and SCFA have it. Every projection r_n has two buckets: of
    R projections, bucket n is where x . r_n is the largest of all, and bucket R + n where
    -(x . r_n) is. Rows that point the same way come into the same bucket, however long
    they are.

    Rows of all heads share the projections if these have one head; else as many heads
    follow each other on those of one, as query heads do on a key head. So queries and keys
    that are hashed by the same projections meet in their buckets.

    Buckets are the same wherever they are computed: x . r_n is summed in f32 from 0 on,
    in the order of the features, with one rounding for each (a fused multiply-add). Of
    equal projections the first bucket counts. A projection that is NaN is no bucket's;
    where all are, or where there are none, a row is in bucket 0. There is no gradient.

    ```mlir
    !t = tensor<?x?x?x64xbf16>
    !rows = tensor<?x?x?xi32>

    func.func @similar(%q: !t, %k: !t, %v: !t, %projections: tensor<1x8x64xf32>) -> !t {
      %q_bucket = attn.hash %q by %projections : !t, tensor<1x8x64xf32>
      %k_bucket = attn.hash %k by %projections : !t, tensor<1x8x64xf32>
      %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
        %mine = attn.load %q_bucket[%b, %h, %i] : !rows
        %its = attn.load %k_bucket[%b, %h, %j] : !rows
        %same = arith.cmpi eq, %mine, %its : i32
        attn.yield %same : i1
      } : !t, !t, !t
      return %o : !t
    }
    ```

    Buckets are made with the plan, from arguments of the spec: a plan that is kept is one
    for these rows.
  }];
  let arguments = (ins Attn_Sequence:$rows, Attn_Projections:$projections);
  let results = (outs Attn_Labels:$buckets);
  let assemblyFormat = "$rows `by` $projections attr-dict `:` type($rows) `,` type($projections)";
  let hasVerifier = 1;
}

def Attn_SortOp : Attn_Op<"sort", [Pure, AllTypesMatch<["labels", "order"]>]> {
  let summary = "The order of rows by their labels";
  let description = [{
    For every batch and head: which row comes first, second and so on when labels
    ascend (as signed numbers); rows of one label stay in their order. So
    `attn.gather` of the labels by the order ascends.

    The order is the table of original positions of what is gathered by it, as
    `attn.attend` takes it after `at`. Here rows of a bucket come together, and a
    query sees the keys of its bucket before it:

    ```mlir
    func.func @buckets(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                       %v: tensor<?x?x?x64xf16>, %bucket: tensor<?x?x?xi32>)
        -> tensor<?x?x?x64xf16> {
      %order = attn.sort %bucket : tensor<?x?x?xi32>
      %sorted = attn.gather %bucket by %order : tensor<?x?x?xi32>, tensor<?x?x?xi32>
      %qs = attn.gather %q by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %ks = attn.gather %k by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %vs = attn.gather %v by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %os, %lse = attn.attend %qs at %order, %ks, %vs at %order
        where(%b, %h, %i, %j, %i_slot, %j_slot) {
          %past = arith.cmpi slt, %j, %i : i32
          %mine = attn.load %sorted[%b, %h, %i_slot] : tensor<?x?x?xi32>
          %its = attn.load %sorted[%b, %h, %j_slot] : tensor<?x?x?xi32>
          %same = arith.cmpi eq, %mine, %its : i32
          %keep = attn.and %past, %same
          attn.yield %keep : i1
        } : tensor<?x?x?x64xf16> at tensor<?x?x?xi32>, tensor<?x?x?x64xf16>,
            tensor<?x?x?x64xf16> at tensor<?x?x?xi32>
      %o = attn.scatter %os by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      return %o : tensor<?x?x?x64xf16>
    }
    ```

    A kernel sorts by five bits at a time, and only by those in which labels of the
    head differ: numbers from 0 up are cheaper than hashes.
  }];
  let arguments = (ins Attn_Labels:$labels);
  let results = (outs Attn_Labels:$order);
  let assemblyFormat = "$labels attr-dict `:` type($labels)";
}

def Attn_CompactOp : Attn_Op<"compact", [
    Pure, InferTypeOpAdaptor, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>
  ]> {
  let summary = "The order of rows that puts those to keep first";
  let description = [{
    For every batch and head: the rows to keep, then the others, both in their order,
    and `count`, [batch, heads], how many are kept. Heads may keep any number, none
    among them. Nothing is padded to the longest and nothing becomes shorter: that a
    slot lies past the count is for the predicate to say, and tiles of such slots are
    not visited. Their rows see no key, so their outputs are 0 and their log-sum-exps
    -inf, as is right for rows that are dropped:

    ```mlir
    func.func @drop(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                    %v: tensor<?x?x?x64xf16>, %keep: tensor<?x?x?xi1>) -> tensor<?x?x?x64xf16> {
      %order, %count = attn.compact %keep : tensor<?x?x?xi1>
      %qs = attn.gather %q by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %ks = attn.gather %k by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %vs = attn.gather %v by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %os, %lse = attn.attend %qs at %order, %ks, %vs at %order
        where(%b, %h, %i, %j, %i_slot, %j_slot) {
          %past = attn.causal %i, %j
          %kept = attn.load %count[%b, %h] : tensor<?x?xi32>
          %query = arith.cmpi slt, %i_slot, %kept : i32
          %key = arith.cmpi slt, %j_slot, %kept : i32
          %both = attn.and %query, %key
          %keep_pair = attn.and %past, %both
          attn.yield %keep_pair : i1
        } : tensor<?x?x?x64xf16> at tensor<?x?x?xi32>, tensor<?x?x?x64xf16>,
            tensor<?x?x?x64xf16> at tensor<?x?x?xi32>
      %o = attn.scatter %os by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins Attn_Flags:$keep);
  let results = (outs Attn_Labels:$order, RankedTensorOf<[I32]>:$count);
  let assemblyFormat = "$keep attr-dict `:` type($keep)";
}

class Attn_MoveOp<string mnemonic, Type rows>
    : Attn_Op<mnemonic, [Pure, AllTypesMatch<["source", "result"]>]> {
  let arguments = (ins rows:$source, Attn_Labels:$order);
  let results = (outs rows:$result);
  let assemblyFormat = "$source `by` $order attr-dict `:` type($source) `,` type($order)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Attn_GatherOp : Attn_MoveOp<"gather", Attn_Rows> {
  let summary = "Rows in an order";
  let description = [{
    Row `slot` of the result is row `order[b, h, slot]` of the source, of tensors that
    attention takes as well as of tables with an element for every row. An order is a
    result of `attn.sort` or `attn.compact`, for as many batches, heads and rows as
    the source has.

    ```mlir
    func.func @sorted(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                      %v: tensor<?x?x?x64xf16>, %rank: tensor<?x?x?xi32>)
        -> tensor<?x?x?x64xf16> {
      %order = attn.sort %rank : tensor<?x?x?xi32>
      %qs = attn.gather %q by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %os, %lse = attn.attend %qs at %order, %k, %v where(%b, %h, %i, %j) {
          %past = attn.causal %i, %j
          attn.yield %past : i1
        } : tensor<?x?x?x64xf16> at tensor<?x?x?xi32>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      %o = attn.scatter %os by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
}

def Attn_ScatterOp : Attn_MoveOp<"scatter", Attn_RowsOfFloats> {
  let summary = "Rows back from an order";
  let description = [{
    Row `order[b, h, slot]` of the result is row `slot` of the source: undoes
    `attn.gather` by the same order. Every row is written, for an order has them all. What
    is scattered is an output or a log-sum-exp of attention, a gradient, or a tensor of
    the caller: the gradient of a result that is gathered, say.

    ```mlir
    func.func @reversed(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                        %v: tensor<?x?x?x64xf16>, %rank: tensor<?x?x?xi32>)
        -> (tensor<?x?x?x64xf16>, tensor<?x?x?xf32>) {
      %order = attn.sort %rank : tensor<?x?x?xi32>
      %qs = attn.gather %q by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %os, %lses = attn.attend %qs, %k, %v
        : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      %o = attn.scatter %os by %order : tensor<?x?x?x64xf16>, tensor<?x?x?xi32>
      %lse = attn.scatter %lses by %order : tensor<?x?x?xf32>, tensor<?x?x?xi32>
      return %o, %lse : tensor<?x?x?x64xf16>, tensor<?x?x?xf32>
    }
    ```
  }];
}

#endif // DIALECTS_ATTN_IR_ATTNORDEROPS_TD
