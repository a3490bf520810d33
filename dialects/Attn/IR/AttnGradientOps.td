//===- AttnGradientOps.td - Gradients of attention ------------*- tablegen -*-===//
#ifndef DIALECTS_ATTN_IR_ATTNGRADIENTOPS_TD
#define DIALECTS_ATTN_IR_ATTNGRADIENTOPS_TD

include "dialects/Attn/IR/AttnAttrs.td"
include "dialects/Attn/IR/AttnDialect.td"
include "dialects/Attn/IR/AttnInterfaces.td"
include "dialects/Attn/IR/AttnTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

//===----------------------------------------------------------------------===//
// attn.attend_grad
//===----------------------------------------------------------------------===//

def Attn_AttendGradOp : Attn_Op<"attend_grad", [
    AttrSizedOperandSegments, NoMemoryEffect, SingleBlock, InferTypeOpAdaptor, Attn_Attention,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames", "getAsmBlockArgumentNames"]>,
    TypesMatchWith<"lse is f32 and has the dimensions of the output but the last", "output", "lse",
                   "AttendGradOp::lseTypeOf($_self)">,
    TypesMatchWith<"the gradient of the output has its type", "output", "output_gradient", "$_self">,
    OptionalTypesMatchWith<"the gradient of lse has its type", "lse", "lse_gradient", "$_self">
  ]> {
  let summary = "Gradients of an attend's operands from those of its results";
  let description = [{
    Takes what `attn.attend` took, what it yielded (`output`: o and lse) and how a
    loss depends on that (`gradient`: do, and dlse unless it is zero). With

        s[i,j]  = scale * q[i,:] . k[j,:]           over the keys j with where(b,h,i,j)
        p[i,j]  = exp(score(s[i,j]) - lse[i])
        dp[i,j] = do[i,:] . v[j,:]
        g[i,j]  = p[i,j] * (dp[i,j] - do[i,:] . o[i,:] + dlse[i])
        ds[i,j] = pullback(g[i,j], s[i,j])

    the results are

        dq[i,:] = scale * sum_j ds[i,j] * k[j,:]
        dk[j,:] = scale * sum_i ds[i,j] * q[i,:]
        dv[j,:] = sum_i p[i,j] * do[i,:]

    where sums over i also run over the query heads that share a key head, and a
    gradient of each value that follows `of`: what `pullback` contributes to it,
    and, for `scale`, the sum of ds[i,j] * (q[i,:] . k[j,:]). Gradients have the
    types of what they belong to; that of a scalar is a tensor without dimensions.
    Nothing comes from keys that a row does not see, or whose score is -inf; a row
    that sees none has gradients of 0 where its `do` and `dlse` are finite.

    `o` and `lse` must be what `attn.attend` yields for the same operands and
    clauses: executors may read them or compute them again. If the op is `merged`, they
    are what `attn.merge` has made of that and of states of other keys; the formulas
    above are then the gradients through the merge, and executors read them.

    `pullback(g, s, b, h, i, j[, islot, jslot]) -> f32` is the derivative of
    `score`, transposed: it takes the gradient of the score to the gradient of the
    scaled product s, and contributes to the values `of` (`attn.contribute`).
    Absent: it yields g. `attn-differentiate` writes it, and whole gradient
    functions; `where` has no derivative.

    ```mlir
    !t = tensor<?x?x?x64xbf16>
    !lse = tensor<?x?x?xf32>

    func.func @biased_gradient(%q: !t, %k: !t, %v: !t, %bias: tensor<?x?xf32>, %o: !t, %lse: !lse,
                               %do: !t, %dlse: !lse) -> (!t, !t, !t, tensor<?x?xf32>) {
      %dq, %dk, %dv, %dbias = attn.attend_grad %q, %k, %v output %o, %lse gradient %do, %dlse
        where(%b, %h, %i, %j) {
          %past = attn.causal %i, %j
          attn.yield %past : i1
        } score(%s, %b, %h, %i, %j) {
          %x = attn.load %bias[%h, %j] : tensor<?x?xf32>
          %r = arith.addf %s, %x : f32
          attn.yield %r : f32
        } pullback(%g, %s, %b, %h, %i, %j) {
          attn.contribute %g to %bias[%h, %j] : tensor<?x?xf32>
          attn.yield %g : f32
        } of %bias : !t, !t, !t output !t of tensor<?x?xf32>
      return %dq, %dk, %dv, %dbias : !t, !t, !t, tensor<?x?xf32>
    }
    ```
  }];
  let arguments = (ins
    Attn_Sequence:$query,
    Optional<Attn_Positions>:$query_position,
    Optional<Attn_Offsets>:$query_offsets,
    Attn_Sequence:$key,
    Attn_Sequence:$value,
    Optional<Attn_Positions>:$key_position,
    Optional<Attn_Offsets>:$key_offsets,
    Attn_Sequence:$output,
    Attn_LogSumExp:$lse,
    Attn_Sequence:$output_gradient,
    Optional<Attn_LogSumExp>:$lse_gradient,
    Optional<F32>:$scale,
    Variadic<Attn_Differentiable>:$wanted,
    UnitAttr:$merged
  );
  let results = (outs
    Attn_Sequence:$query_gradient,
    Attn_Sequence:$key_gradient,
    Attn_Sequence:$value_gradient,
    Variadic<RankedTensorOf<[F16, BF16, F32]>>:$gradients
  );
  let regions = (region AnyRegion:$where, AnyRegion:$score, AnyRegion:$pullback);
  let assemblyFormat = [{
    $query (`at` $query_position^)? (`ragged` $query_offsets^)? `,`
    $key `,` $value (`at` $key_position^)? (`ragged` $key_offsets^)?
    `output` $output `,` $lse `gradient` $output_gradient (`,` $lse_gradient^)?
    `` custom<GradientClauses>($where, $score, $pullback)
    (`scale` $scale^)? (`of` $wanted^)? attr-dict-with-keyword
    `:` type($query) (`at` type($query_position)^)? (`ragged` type($query_offsets)^)? `,`
    type($key) `,` type($value) (`at` type($key_position)^)? (`ragged` type($key_offsets)^)?
    `output` custom<StateTypes>(type($output), type($lse), type($output_gradient),
                                type($lse_gradient), ref($lse_gradient))
    (`of` type($wanted)^)?
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizeMethod = 1;
  let extraClassDeclaration = [{
    /// The type of the lse that belongs to an output. Precondition: it is a
    /// ranked tensor with dimensions.
    static ::mlir::Type lseTypeOf(::mlir::Type output);
    /// The type of the gradient of a value of that type.
    static ::mlir::RankedTensorType gradientTypeOf(::mlir::Type type);
  }];
}

//===----------------------------------------------------------------------===//
// attn.delta, attn.backward
//===----------------------------------------------------------------------===//

def Attn_DeltaOp : Attn_Op<"delta", [
    NoMemoryEffect, Attn_RowWise, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>,
    TypesMatchWith<"the gradient of the output has its type", "output", "output_gradient", "$_self">,
    TypesMatchWith<"the result is f32 and has the dimensions of the output but the last", "output",
                   "delta", "AttendGradOp::lseTypeOf($_self)">
  ]> {
  let summary = "What the gradients of all scores of a row have in common";
  let description = [{
    delta[i] = do[i,:] . o[i,:] - dlse[i], for every batch and query head, where dlse
    is 0 if it is not there: the first kernel of an `attn.attend_grad`.

    ```mlir
    !t = tensor<?x?x?x64xbf16>
    func.func @delta(%o: !t, %do: !t) {
      %delta = attn.delta %o gradient %do : !t
      return
    }
    ```
  }];
  let arguments = (ins Attn_Sequence:$output, Attn_Sequence:$output_gradient,
                       Optional<Attn_LogSumExp>:$lse_gradient);
  let results = (outs Attn_LogSumExp:$delta);
  let assemblyFormat = [{
    $output `gradient` $output_gradient (`,` $lse_gradient^)? attr-dict
    `:` type($output) (`,` type($lse_gradient)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::TypedValue<::mlir::RankedTensorType> getRowTensor() { return getOutputGradient(); }
  }];
}

def Attn_BackwardOp : Attn_Op<"backward", [
    AttrSizedOperandSegments, NoMemoryEffect, SingleBlock, InferTypeOpAdaptor,
    Attn_Attention, Attn_TiledAttention,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames", "getAsmBlockArgumentNames"]>,
    TypesMatchWith<"lse is f32 and has the dimensions of the gradient of the output but the last",
                   "output_gradient", "lse", "AttendGradOp::lseTypeOf($_self)">,
    TypesMatchWith<"delta has the type of lse", "output_gradient", "delta",
                   "AttendGradOp::lseTypeOf($_self)">
  ]> {
  let summary = "One kernel's share of the gradients of an attend";
  let description = [{
    Takes what `attn.attend_grad` takes, but delta (`attn.delta`) in place of the output,
    and yields those of its results whose sums run over one axis:

    - `by query`: dq, and the gradients of the values after `of`; a kernel has rows of
      queries and visits tiles of keys, the same as the attend does;
    - `by key`: dk and dv. Rows are keys and columns are queries, all query heads of
      the key head one after the other. Clauses are written for that: wherever those of
      an attend take what belongs to the query, i, and then what belongs to the key, j,
      these take j first. `intervals` are intervals of query slots for positions of
      keys, and `classify` has the box of keys first.

    With `adding query`, one by key yields dq, too, behind dk and dv: each tile's share of
    it is added as soon as it is there, in no certain order, so that scores are computed
    once and not twice.

    `attn-split-gradients` makes them. Clauses and `mode` are those of `attn.attend`
    and of `attn.attend_grad`; with `by key`, `pullback` contributes to nothing.

    ```mlir
    !t = tensor<?x?x?x64xbf16>
    !lse = tensor<?x?x?xf32>

    func.func @causal(%q: !t, %k: !t, %v: !t, %lse: !lse, %delta: !lse, %do: !t) -> (!t, !t, !t) {
      %dq = attn.backward by query %q, %k, %v state %lse, %delta gradient %do
        where(%b, %h, %i, %j) {
          %past = arith.cmpi sle, %j, %i : i32
          attn.yield %past : i1
        } : !t, !t, !t gradient !t
      %dk, %dv = attn.backward by key %q, %k, %v state %lse, %delta gradient %do
        where(%b, %h, %j, %i) {
          %past = arith.cmpi sle, %j, %i : i32
          attn.yield %past : i1
        } mode closed : !t, !t, !t gradient !t
      return %dq, %dk, %dv : !t, !t, !t
    }
    ```
  }];
  let arguments = (ins
    Attn_SideAttr:$rows,
    Attn_Sequence:$query,
    Optional<Attn_Positions>:$query_position,
    Optional<Attn_Offsets>:$query_offsets,
    Attn_Sequence:$key,
    Attn_Sequence:$value,
    Optional<Attn_Positions>:$key_position,
    Optional<Attn_Offsets>:$key_offsets,
    Attn_LogSumExp:$lse,
    Attn_LogSumExp:$delta,
    Attn_Sequence:$output_gradient,
    Optional<F32>:$scale,
    Variadic<Attn_Differentiable>:$wanted,
    UnitAttr:$adds_query,
    OptionalAttr<Attn_ModeAttr>:$mode
  );
  let results = (outs Variadic<RankedTensorOf<[F16, BF16, F32]>>:$gradients);
  let regions = (region AnyRegion:$where, AnyRegion:$score, AnyRegion:$pullback,
                        AnyRegion:$intervals, AnyRegion:$classify);
  let assemblyFormat = [{
    `by` `` $rows $query (`at` $query_position^)? (`ragged` $query_offsets^)? `,`
    $key `,` $value (`at` $key_position^)? (`ragged` $key_offsets^)?
    `state` $lse `,` $delta `gradient` $output_gradient
    `` custom<BackwardClauses>($where, $score, $pullback, $intervals, $classify)
    (`scale` $scale^)? (`of` $wanted^)? (`adding` `query` $adds_query^)? (`mode` `` $mode^)?
    attr-dict-with-keyword
    `:` type($query) (`at` type($query_position)^)? (`ragged` type($query_offsets)^)? `,`
    type($key) `,` type($value) (`at` type($key_position)^)? (`ragged` type($key_offsets)^)?
    `gradient` type($output_gradient) (`of` type($wanted)^)?
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizeMethod = 1;
  let extraClassDeclaration = [{
    /// Largest head dim of which one kernel has registers for the sums of keys and values.
    static constexpr int64_t kMostFeaturesTogether = 128;

    /// Gradient of the queries; null unless this is by query or adds it.
    ::mlir::Value getQueryGradient();
    /// Gradient of the keys; null unless this is by key.
    ::mlir::Value getKeyGradient();
    /// Gradient of the values; null unless this is by key.
    ::mlir::Value getValueGradient();
    /// Gradient of a value that follows `of`; null for another.
    ::mlir::Value getGradientOf(::mlir::Value value);
  }];
}

//===----------------------------------------------------------------------===//
// attn.contribute
//===----------------------------------------------------------------------===//

def Attn_ContributeOp : Attn_Op<"contribute", [MemoryEffects<[MemWrite]>]> {
  let summary = "Adds to the gradient of a table's element or of a scalar";
  let description = [{
    The value is added to the gradient of one element of the table, or of the
    scalar, where the attend_grad around the op yields that gradient. Sums are
    taken in f32 or better, in no certain order, and rounded once. Legal only in
    `pullback`, for values that follow `of`. An index outside the table is an
    error of the spec.

    ```mlir
    !t = tensor<?x?x?x64xf16>

    func.func @capped_gradient(%q: !t, %k: !t, %v: !t, %cap: f32, %o: !t,
                               %lse: tensor<?x?x?xf32>, %do: !t) -> (!t, tensor<f32>) {
      %dq, %dk, %dv, %dcap = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
        score(%s, %b, %h, %i, %j) {
          %r = arith.minimumf %s, %cap : f32
          attn.yield %r : f32
        } pullback(%g, %s, %b, %h, %i, %j) {
          %zero = arith.constant 0.0 : f32
          %below = arith.cmpf ule, %s, %cap : f32
          %to_s = arith.select %below, %g, %zero : f32
          %to_cap = arith.select %below, %zero, %g : f32
          attn.contribute %to_cap to %cap : f32
          attn.yield %to_s : f32
        } of %cap : !t, !t, !t output !t of f32
      return %dq, %dcap : !t, tensor<f32>
    }
    ```
  }];
  let arguments = (ins F32:$value, Attn_Differentiable:$target, Variadic<I32>:$indices);
  let assemblyFormat = "$value `to` $target (`[` $indices^ `]`)? attr-dict `:` type($target)";
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

#endif // DIALECTS_ATTN_IR_ATTNGRADIENTOPS_TD
