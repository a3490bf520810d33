//===- AttnOps.td - Attention and what its regions need -------*- tablegen -*-===//
#ifndef DIALECTS_ATTN_IR_ATTNOPS_TD
#define DIALECTS_ATTN_IR_ATTNOPS_TD

include "dialects/Attn/IR/AttnAttrs.td"
include "dialects/Attn/IR/AttnBlockOps.td"
include "dialects/Attn/IR/AttnDialect.td"
include "dialects/Attn/IR/AttnGradientOps.td"
include "dialects/Attn/IR/AttnInterfaces.td"
include "dialects/Attn/IR/AttnMaskOps.td"
include "dialects/Attn/IR/AttnOrderOps.td"
include "dialects/Attn/IR/AttnStateOps.td"
include "dialects/Attn/IR/AttnTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

//===----------------------------------------------------------------------===//
// attn.attend
//===----------------------------------------------------------------------===//

def Attn_AttendOp : Attn_Op<"attend", [
    AttrSizedOperandSegments, NoMemoryEffect, SingleBlock, InferTypeOpAdaptor, Attn_Attention,
    Attn_TiledAttention,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames", "getAsmBlockArgumentNames"]>
  ]> {
  let summary = "Softmax attention of queries over the visible keys of its sources";
  let description = [{
    For every batch b, query head h and query row i

        s[j]   = score(scale * q[b,h,i,:] . k[b,h/G,j,:])      over the keys j with where(b,h,i,j)
        lse[i] = log(sum_j exp(s[j]))                           natural logarithm
        o[i,:] = sum_j exp(s[j] - lse[i]) * v[b,h/G,j,:]

    where G = query heads / key heads. A row that sees no key has o = 0 and
    lse = -inf. A score of -inf hides its key; a score of NaN or +inf makes the
    row NaN. `scale` is 1/sqrt(head_dim) of the query unless it is given.

    ```mlir
    func.func @window(%q: tensor<?x?x?x128xbf16>, %k: tensor<?x?x?x128xbf16>,
                      %v: tensor<?x?x?x128xbf16>, %slopes: tensor<?xf32>, %window: i32)
        -> (tensor<?x?x?x128xbf16>, tensor<?x?x?xf32>) {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %past = attn.causal %i, %j
          %near = attn.sliding_window %i, %j left %window
          %keep = attn.and %past, %near
          attn.yield %keep : i1
        } score(%s, %b, %h, %i, %j) {
          %slope = attn.load %slopes[%h] : tensor<?xf32>
          %d = arith.subi %j, %i : i32
          %df = arith.sitofp %d : i32 to f32
          %bias = arith.mulf %slope, %df : f32
          %biased = arith.addf %s, %bias : f32
          attn.yield %biased : f32
        } : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>
      return %o, %lse : tensor<?x?x?x128xbf16>, tensor<?x?x?xf32>
    }
    ```

    **Positions.** `i` and `j` are positions: the row's slot in its tensor, plus
    the offset or replaced by the table that follows the operand after `at`. A
    table is `[sequence]`, `[batch, sequence]` or `[batch, heads, sequence]`. A
    region that takes two more arguments receives the slots too:

    ```mlir
    func.func @shard(%q: tensor<1x8x?x64xf16>, %k: tensor<1x8x?x64xf16>,
                     %v: tensor<1x8x?x64xf16>, %first: i32, %pos: tensor<?xi32>,
                     %kept: tensor<?xi1>) -> tensor<1x8x?x64xf16> {
      %o, %lse = attn.attend %q at %first, %k, %v at %pos
        where(%b, %h, %i, %j, %islot, %jslot) {
          %past = attn.causal %i, %j
          %live = attn.load %kept[%jslot] : tensor<?xi1>
          %keep = attn.and %past, %live
          attn.yield %keep : i1
        } : tensor<1x8x?x64xf16> at i32, tensor<1x8x?x64xf16>,
            tensor<1x8x?x64xf16> at tensor<?xi32>
      return %o : tensor<1x8x?x64xf16>
    }
    ```

    **Ragged batches.** Sequences of any lengths, 0 among them, lie one behind the
    other without padding when offsets follow the queries and the keys after
    `ragged`: both or neither, often one tensor for both. Tensors are then
    `[1, heads, rows, head_dim]`, and offsets `[batch + 1]` begin with 0, never
    descend and end with the number of rows, so that rows offsets[b] up to
    offsets[b + 1] are sequence b. Offsets that do not are an error of the launch.
    A query sees keys of its own sequence only. `b` is the number of the sequence,
    and `i` and `j` count from its beginning (plus the offset after `at`, if any);
    slots are still rows of the tensors, and index tables of positions, which have
    the tensors' sizes. So do captured tables with an element for every row. The
    length of a sequence is the difference of two offsets, here to align the last
    query with the last key:

    ```mlir
    func.func @ragged(%q: tensor<1x8x?x64xf16>, %k: tensor<1x2x?x64xf16>,
                      %v: tensor<1x2x?x64xf16>, %query_offsets: tensor<?xi32>,
                      %key_offsets: tensor<?xi32>, %kept: tensor<?xi1>) -> tensor<1x8x?x64xf16> {
      %o, %lse = attn.attend %q ragged %query_offsets, %k, %v ragged %key_offsets
        where(%b, %h, %i, %j, %islot, %jslot) {
          %c1 = arith.constant 1 : i32
          %next = arith.addi %b, %c1 : i32
          %q0 = attn.load %query_offsets[%b] : tensor<?xi32>
          %q1 = attn.load %query_offsets[%next] : tensor<?xi32>
          %k0 = attn.load %key_offsets[%b] : tensor<?xi32>
          %k1 = attn.load %key_offsets[%next] : tensor<?xi32>
          %queries = arith.subi %q1, %q0 : i32
          %keys = arith.subi %k1, %k0 : i32
          %more = arith.subi %keys, %queries : i32
          %past = attn.causal %i, %j offset %more
          %live = attn.load %kept[%jslot] : tensor<?xi1>
          %keep = attn.and %past, %live
          attn.yield %keep : i1
        } : tensor<1x8x?x64xf16> ragged tensor<?xi32>, tensor<1x2x?x64xf16>,
            tensor<1x2x?x64xf16> ragged tensor<?xi32>
      return %o : tensor<1x8x?x64xf16>
    }
    ```

    **Keys and values that are not finite.** A key that a row does not see has no
    say in its lse, whatever `k` holds. `v` must be finite at keys that a row's
    tile reads though the row does not see them: a weight of zero times infinity
    is NaN. A kernel gives o there as if the key did not exist, or NaN, and never
    another number. Tiles that the kernel skips, and what lies past the end of a
    tensor or of a sequence of a ragged batch, are not read.

    **Clauses of a source**, all optional, in any order:
    - `where(b, h, i, j) -> i1`: is key j visible to query i; absent = always.
    - `score(s, b, h, i, j) -> f32`: replaces the scaled product s before softmax.
    - `weight(p, b, h, i, j) -> f32`: replaces a probability after softmax; not
      renormalised. Not built yet.
    - `intervals(b, h, first, last) -> (i32, i32, i32, i32, ...)`: derived by the
      compiler, for a tile of query positions first..last (inclusive): one to four
      pairs of intervals. Every key slot that any of its rows sees lies in one of
      [visible_begin, visible_end); every key slot in a [full_begin, full_end) is
      seen by all of its rows. Key slots of a ragged batch count from the beginning
      of the sequence here. Absent = nothing is known.
    - `classify(b, h, i_first, i_last, j_first, j_last) -> (i1, i1)`: derived by
      the compiler, for a box of query positions i_first..i_last and key positions
      j_first..j_last (inclusive, not empty, clipped to the lengths): may some
      query of the box see some key, may some query not see some key. A tile is
      *empty* when nothing may be seen, *full* when nothing may be hidden,
      *partial* otherwise; doubt is partial. When `where` takes the slots, four
      more arguments bound them: islot_first, islot_last, jslot_first, jslot_last.
      Tables are read by `attn.load_range` only. Absent = every tile is partial.
    - `gather %indices`: key slots are read through an index list. Not built yet.
    - `broadcast`: one batch of keys serves every batch of queries. Not built yet.

    The operands may go on with further sources (`, %k2, %v2 where ...`): one
    softmax runs over their union. Not built yet beyond one.

    Regions are pure scalar code over their arguments, values of the function
    around them and tables read by `attn.load`. `schedule` pins parts of the
    kernel's schedule, `mode` says where the runs of key tiles come from
    (`closed`, `planned` or `baked`; absent = the compiler has not chosen yet);
    neither changes meaning. In mode `baked`, `runs` are the very runs: they hold
    for these sequence lengths, and for the scalars and elements of tables for
    which they were made.
  }];
  let arguments = (ins
    Attn_Sequence:$query,
    Optional<Attn_Positions>:$query_positions,
    Variadic<Attn_Sequence>:$keys,
    Variadic<Attn_Sequence>:$values,
    VariadicOfVariadic<Attn_Positions, "key_position_counts">:$key_positions,
    VariadicOfVariadic<RankedTensorOf<[I32]>, "index_list_counts">:$index_lists,
    Optional<F32>:$scale,
    Optional<Attn_Offsets>:$query_offsets,
    Optional<Attn_Offsets>:$key_offsets,
    DenseI32ArrayAttr:$key_position_counts,
    DenseI32ArrayAttr:$index_list_counts,
    DenseBoolArrayAttr:$broadcast,
    OptionalAttr<Attn_ScheduleAttr>:$schedule,
    OptionalAttr<Attn_ModeAttr>:$mode,
    OptionalAttr<Attn_RunsAttr>:$runs
  );
  let results = (outs Attn_Sequence:$output, Attn_LogSumExp:$lse);
  let regions = (region VariadicRegion<AnyRegion>:$clauses);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizeMethod = 1;
  let extraClassDeclaration = [{
    /// What a region of a source says. The regions of source n are
    /// clauses[n * kClauses + clause]; an absent clause is an empty region.
    enum class Clause : unsigned { Where, Score, Weight, Intervals, Classify };
    static constexpr unsigned kClauses = 5;
    /// How many pairs of intervals an `intervals` clause may yield.
    static constexpr unsigned kMaxIntervalPairs = 4;
    /// The keyword of a clause: "where".
    static ::llvm::StringRef getClauseName(Clause clause);

    unsigned getNumSources() { return getKeys().size(); }
    ::mlir::Region &getClause(Clause clause, unsigned source = 0) {
      return getClauses()[source * kClauses + static_cast<unsigned>(clause)];
    }
    /// (b, h, i, j[, i_slot, j_slot]) -> i1. Empty: every key is visible.
    ::mlir::Region &getWhere(unsigned source = 0) { return getClause(Clause::Where, source); }
    /// (s, b, h, i, j[, i_slot, j_slot]) -> f32. Empty: s unchanged.
    ::mlir::Region &getScore(unsigned source = 0) { return getClause(Clause::Score, source); }
    /// (p, b, h, i, j[, i_slot, j_slot]) -> f32. Empty: p unchanged.
    ::mlir::Region &getWeight(unsigned source = 0) { return getClause(Clause::Weight, source); }
    /// (b, h, first, last) -> up to kMaxIntervalPairs times (visible_begin,
    /// visible_end, full_begin, full_end). Empty: nothing is known.
    ::mlir::Region &getIntervals(unsigned source = 0) {
      return getClause(Clause::Intervals, source);
    }
    /// (b, h, i_first, i_last, j_first, j_last[, islot_first, islot_last,
    /// jslot_first, jslot_last]) -> (may_see, may_hide). Empty: every tile is partial.
    ::mlir::Region &getClassify(unsigned source = 0) {
      return getClause(Clause::Classify, source);
    }
    ::mlir::TypedValue<::mlir::RankedTensorType> getKey(unsigned source = 0) {
      return ::mlir::cast<::mlir::TypedValue<::mlir::RankedTensorType>>(getKeys()[source]);
    }
    ::mlir::TypedValue<::mlir::RankedTensorType> getValue(unsigned source = 0) {
      return ::mlir::cast<::mlir::TypedValue<::mlir::RankedTensorType>>(getValues()[source]);
    }
    /// Offset (i32) or table (tensor of i32) of key positions; null: the slot.
    ::mlir::Value getKeyPosition(unsigned source = 0);
    /// Offset (i32) or table (tensor of i32) of query positions; null: the slot.
    ::mlir::Value getQueryPosition() { return getQueryPositions(); }
  }];
}

//===----------------------------------------------------------------------===//
// attn.load, attn.load_range, attn.yield
//===----------------------------------------------------------------------===//

def Attn_LoadOp : Attn_Op<"load", [
    NoMemoryEffect, // not speculatable: an index may be legal only under its scf.if
    TypesMatchWith<"result is an element of the table", "table", "result",
                   "::mlir::cast<::mlir::RankedTensorType>($_self).getElementType()">
  ]> {
  let summary = "Reads one element of a captured table";
  let description = [{
    An index outside the table is an error of the spec: the reference reports
    it, and a kernel marks its run as failed. It is never clamped.

    ```mlir
    func.func @bias(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                    %v: tensor<?x?x?x64xf16>, %bias: tensor<?x?xf32>) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        score(%s, %b, %h, %i, %j) {
          %x = attn.load %bias[%i, %j] : tensor<?x?xf32>
          %r = arith.addf %s, %x : f32
          attn.yield %r : f32
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins Attn_Table:$table, Variadic<I32>:$indices);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$table `[` $indices `]` attr-dict `:` type($table)";
  let hasVerifier = 1;
}

def Attn_LoadRangeOp : Attn_Op<"load_range", [
    Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>
  ]> {
  let summary = "What the elements of a captured table are, over a box of indices";
  let description = [{
    Reads the table at all indices from `first` to `last`, both inclusive:
    - `min`, `max`: no element is smaller or greater (as signed numbers; i1 counts
      as 0 and 1);
    - `signature`: bit x mod 64 is set for every element x, so that two boxes
      whose signatures share no bit share no value.

    An executor may answer with a wider range and more bits, as one that keeps
    summaries of whole cells does. A box that is inverted or leaves the table
    anywhere answers with the whole range of i64 and all bits: nothing is known,
    and the error is left to whoever evaluates the elements.

    Legal only in `classify`. Here a key is seen when its label lies in one byte,
    and a tile of keys is judged by the extremes of its labels:

    ```mlir
    func.func @bytes(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                     %v: tensor<?x?x?x64xf16>, %label: tensor<?x?xi32>) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %c256 = arith.constant 256 : i32
          %x = attn.load %label[%b, %j] : tensor<?x?xi32>
          %keep = arith.cmpi slt, %x, %c256 : i32
          attn.yield %keep : i1
        } classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
          %c256 = arith.constant 256 : i64
          %row = arith.extsi %b : i32 to i64
          %first = arith.extsi %j_first : i32 to i64
          %last = arith.extsi %j_last : i32 to i64
          %min, %max, %signature = attn.load_range %label[%row, %first] to [%row, %last]
            : tensor<?x?xi32>
          %may_see = arith.cmpi slt, %min, %c256 : i64
          %may_hide = arith.cmpi sge, %max, %c256 : i64
          attn.yield %may_see, %may_hide : i1, i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins Attn_IntegerTable:$table, Variadic<I64>:$first, Variadic<I64>:$last);
  let results = (outs I64:$min, I64:$max, I64:$signature);
  let assemblyFormat = "$table `[` $first `]` `to` ` ` `[` $last `]` attr-dict `:` type($table)";
  let hasVerifier = 1;
}

def Attn_YieldOp : Attn_Op<"yield", [
    Pure, Terminator, ReturnLike, ParentOneOf<["AttendOp", "AttendGradOp", "BackwardOp"]>
  ]> {
  let summary = "Ends a region of an attend with its results";
  let description = [{
    ```mlir
    func.func @first_keys(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                          %v: tensor<?x?x?x64xf16>, %n: i32) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
        where(%b, %h, %i, %j) {
          %keep = arith.cmpi slt, %j, %n : i32
          attn.yield %keep : i1
        } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$results);
  let assemblyFormat = "attr-dict $results `:` type($results)";
}

#endif // DIALECTS_ATTN_IR_ATTNOPS_TD
