//===- Passes.td - Passes of the attn dialect -----------------*- tablegen -*-===//
//
// All but attn-differentiate, which adds functions, work on one spec function. In the
// order in which a pipeline runs them.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_PASSES_TD
#define DIALECTS_ATTN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def Differentiate : Pass<"attn-differentiate", "::mlir::ModuleOp"> {
  let summary = "Adds the gradient of every spec, made from the same predicate and score";
  let description = [{
    For every function @f with an attn.attend or attn.merge, adds a function
    @f_gradient. It takes
    - what @f takes;
    - for every attend of which @f returns both the output and the log-sum-exp, these;
      else both are computed again;
    - the gradient of each result of @f, in the order of the results: of a loss,
      say, that depends on them;
    and returns the gradients of queries, keys and values, of the scale and of every
    table and scalar of floats that `score` reads, in the order of the arguments. A
    scalar's is a tensor without dimensions. `where` has no derivative: its tables
    and scalars have no gradients.

    What is used several times gets the sum (attn.sum) of its gradients. Where results
    depend on the log-sum-exp of a state alone, the gradient of its output is attn.zeros.
    A scale that is computed from arguments of floats becomes part of the score, so that
    they have gradients like all that the score reads.

    Functions that hold gradients already are left as they are. Errors: a function that
    is no spec (attn-check-spec); an op of `score`, or of a scale that became part of it,
    without a derivative (arith.bitcast).

    ```mlir
    func.func @biased(%q: !t, %k: !t, %v: !t, %bias: tensor<?xf32>) -> (!t, !lse) {
      %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
        %x = attn.load %bias[%j] : tensor<?xf32>
        %r = arith.addf %s, %x : f32
        attn.yield %r : f32
      } : !t, !t, !t
      return %o, %lse : !t, !lse
    }
    ```
    is followed by
    ```mlir
    func.func @biased_gradient(%q: !t, %k: !t, %v: !t, %bias: tensor<?xf32>, %o: !t, %lse: !lse,
                               %do: !t, %dlse: !lse) -> (!t, !t, !t, tensor<?xf32>) {
      %dq, %dk, %dv, %d = attn.attend_grad %q, %k, %v output %o, %lse gradient %do, %dlse
        score(%s, %b, %h, %i, %j) {
          %x = attn.load %bias[%j] : tensor<?xf32>
          %r = arith.addf %s, %x : f32
          attn.yield %r : f32
        } pullback(%g, %s, %b, %h, %i, %j) {
          attn.contribute %g to %bias[%j] : tensor<?xf32>
          attn.yield %g : f32
        } of %bias : !t, !t, !t output !t of tensor<?xf32>
      return %dq, %dk, %dv, %d : !t, !t, !t, tensor<?xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
  let statistics = [Statistic<"added", "added", "gradient functions">];
}

def SplitGradients : Pass<"attn-split-gradients", "::mlir::func::FuncOp"> {
  let summary = "Replaces gradients by ops that each become one kernel";
  let description = [{
    An attn.attend_grad becomes an attn.delta and an attn.backward for each side
    whose gradients are used. What an op by key takes of the query and of the key is
    exchanged in its clauses, which contribute to nothing there.

    With `fastest`, one by key adds to the gradient of queries, too, and there is none by
    query, unless one is needed anyway: where tables or scalars have gradients, which are
    sums over keys, too; where nobody uses the gradients of keys and of values both; and
    where sums have no registers left. A remark says what each gradient got, and why.

    Expects masks to be expanded and scalars to stand in the clauses.

    ```mlir
    %dq, %dk, %dv = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
      where(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : i32
        attn.yield %past : i1
      } : !t, !t, !t output !t
    ```
    becomes
    ```mlir
    %delta = attn.delta %o gradient %do : !t
    %dq = attn.backward by query %q, %k, %v state %lse, %delta gradient %do
      where(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : i32
        attn.yield %past : i1
      } : !t, !t, !t gradient !t
    %dk, %dv = attn.backward by key %q, %k, %v state %lse, %delta gradient %do
      where(%b, %h, %j, %i) {
        %past = arith.cmpi sle, %j, %i : i32
        attn.yield %past : i1
      } : !t, !t, !t gradient !t
    ```
  }];
  let options = [Option<"gradients", "gradients", "std::string", "\"deterministic\"",
                        "deterministic or fastest">];
  let statistics = [Statistic<"split", "split", "gradients that became kernels">,
                    Statistic<"adding", "adding", "gradients of one pass over scores">];
}

def CheckSpec : Pass<"attn-check-spec", "::mlir::func::FuncOp"> {
  let summary = "Refuses functions that are not a spec, at the place that says so";
  let description = [{
    A spec takes ranked tensors and scalars, computes scalars, attends, and
    returns results of attn.attend. Everything after this pass may rely on that:
    one block; only scalar arithmetic, `tensor.dim` of an argument and attn ops
    at function level; tables and positions are arguments. Accepted, and left as
    it is:

    ```mlir
    func.func @spec(%q: tensor<?x?x?x64xf16>, %n: i32) -> tensor<?x?x?x64xf16> {
      %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
        %keep = attn.prefix %j, %n
        attn.yield %keep : i1
      } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
      return %o : tensor<?x?x?x64xf16>
    }
    ```

    Refused, with an error at the call and one at the return:

    ```mlir
    func.func @spec(%q: tensor<?x?x?x64xf16>, %n: i32) -> i32 {
      %m = func.call @compute(%n) : (i32) -> i32
      return %m : i32
    }
    func.func private @compute(i32) -> i32
    ```
  }];
}

def ExpandSugar : Pass<"attn-expand-sugar", "::mlir::func::FuncOp"> {
  let summary = "Replaces mask patterns by the arithmetic that defines them";
  let description = [{
    Applies the canonicalisations of the mask ops and nothing else. Afterwards
    regions hold only arith, math, scf.if, tensor.dim and attn.load.

    ```mlir
    %keep = attn.sliding_window %i, %j left %n
    ```
    becomes
    ```mlir
    %distance = arith.subi %i, %j : i32
    %keep = arith.cmpi sle, %distance, %n : i32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def SinkScalars : Pass<"attn-sink-scalars", "::mlir::func::FuncOp"> {
  let summary = "Copies the scalar code that regions capture into them";
  let description = [{
    A kernel takes the function's arguments and their sizes. After this pass the
    regions of every attend capture nothing else: constants, scalar arithmetic
    and `tensor.dim` of the function stand in the regions that use them, and go
    from the function where nothing else does.

    ```mlir
    %twice = arith.addi %window, %window : i32
    %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
      %near = attn.sliding_window %i, %j left %twice
      attn.yield %near : i1
    } : !t, !t, !t
    ```
    becomes
    ```mlir
    %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
      %twice = arith.addi %window, %window : i32
      %near = attn.sliding_window %i, %j left %twice
      attn.yield %near : i1
    } : !t, !t, !t
    ```
  }];
}

def DeriveIntervals : Pass<"attn-derive-intervals", "::mlir::func::FuncOp"> {
  let summary = "Derives which keys a tile of queries can see, in closed form";
  let description = [{
    Fills the `intervals` clause of every attend that has a `where` clause and no
    `intervals`, and of every attn.backward (by key, queries and keys are exchanged in
    what follows): for queries at positions first..last, up to four intervals of key
    slots outside of which no query of the tile sees anything, and as many inside
    of which every query sees every key. Bounds are exact for half-planes (causal,
    windows of any run-time width, prefixes, diagonals with any offset), blocks of
    constant size, intersections of these and their unions, unless more intervals
    are needed; attn-choose-mode says whether they are. They are sound for every
    predicate: parts that are not quasi-affine (tables read at a key, floats,
    products) count as unknown. An attend about which nothing can be said stays as
    it is.

    Expects masks to be expanded. Bounds may lie outside of [0, keys]; users
    clamp them. Where a scalar argument could make i32 wrap, they are computed in
    i64.

    ```mlir
    %o, %lse = attn.attend %q, %k, %v
      where(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : i32
        attn.yield %past : i1
      } : !t, !t, !t
    ```
    gets
    ```mlir
      intervals(%b, %h, %first, %last) {
        %c0 = arith.constant 0 : i32
        %c1 = arith.constant 1 : i32
        %visible_end = arith.addi %last, %c1 : i32
        %full_end = arith.addi %first, %c1 : i32
        attn.yield %c0, %visible_end, %c0, %full_end : i32, i32, i32, i32
      }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"derived", "derived", "attends with a closed form">,
                    Statistic<"unbounded", "unbounded", "attends that visit every key tile">];
}

def ChooseMode : Pass<"attn-choose-mode", "::mlir::func::FuncOp"> {
  let summary = "Decides where the runs of key tiles come from";
  let description = [{
    Sets `mode` of every attend and attn.backward. With `auto`, it is `closed` where derived
    intervals tell of any tile, whatever its size, whether it is empty or full,
    and `planned` elsewhere; a mode that an attend has already stays. Any other
    option holds for all attends but those that hold their runs: these are `baked`. A
    remark says what was chosen, where the reason stands.

    Expects masks to be expanded, as attn-derive-intervals does.

    ```mlir
    %o, %lse = attn.attend %q, %k, %v
      where(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : i32
        attn.yield %past : i1
      } : !t, !t, !t
    ```
    becomes
    ```mlir
    %o, %lse = attn.attend %q, %k, %v
      where(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : i32
        attn.yield %past : i1
      } mode closed : !t, !t, !t
    ```
  }];
  let options = [Option<"mode", "mode", "std::string", "\"auto\"", "auto, closed, planned or baked">];
  let statistics = [Statistic<"closed", "closed", "attends in closed form">,
                    Statistic<"planned", "planned", "attends that need a plan">,
                    Statistic<"baked", "baked", "attends that hold their runs">];
}

def ShareHeads : Pass<"attn-share-heads", "::mlir::func::FuncOp"> {
  let summary = "Lets query heads of a key head load its keys and values once, where it pays";
  let description = [{
    Where the types of queries and keys state their numbers of heads, several for each
    key head, the schedule gets that number as `heads`, unless it has one; a remark says
    so, or why not. Heads stay apart if the mask depends on the query head by more than
    its key head (`%h` divided by their ratio), if positions of queries do, and with
    baked runs. A score function may depend on the head, but then, and
    where 64 rows hold no whole groups, the tiles of rows must become half as many for
    it, which only a known number of queries shows.

    Expects masks to be expanded and modes to be chosen.

    ```mlir
    %o, %lse = attn.attend %q, %k, %v
      mode closed : tensor<?x32x4x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16>
    ```
    becomes
    ```mlir
    %o, %lse = attn.attend %q, %k, %v schedule<heads = 4>
      mode closed : tensor<?x32x4x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16>
    ```
  }];
  let statistics = [Statistic<"shared", "shared", "attends whose heads share loads">,
                    Statistic<"apart", "apart", "attends whose heads stay apart">];
}

def DeriveClassifier : Pass<"attn-derive-classifier", "::mlir::func::FuncOp"> {
  let summary = "Derives whether a tile of queries and keys is empty, full or partial";
  let description = [{
    Fills the `classify` clause of every attend and attn.backward that has a `where`
    clause, no `classify` and not the mode `closed`, by running the predicate on boxes of
    positions instead of single ones. Sound for every predicate: an element that is
    seen makes `may_see` true, one that is not makes `may_hide` true. What the pass
    does not understand (floats, numbers that wrap around) may be anything; an
    attend about whose tiles nothing can be said stays as it is, and a remark says
    so. Tables are read over ranges of indices.

    Expects masks to be expanded. Code runs on i64, so that no bound can overflow
    even where a scalar argument is extreme. The options turn parts of the analysis
    off, to see what each is worth; every part only ever decides more tiles.

    ```mlir
    %o, %lse = attn.attend %q, %k, %v
      where(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : i32
        %qid = attn.load %ids[%i] : tensor<?xi32>
        %kid = attn.load %ids[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %qid, %kid : i32
        %keep = arith.andi %past, %same : i1
        attn.yield %keep : i1
      } : !t, !t, !t
    ```
    gets
    ```mlir
      classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
        %past = arith.cmpi sle, %j_first, %i_last : i32
        // extremes and signatures of both ranges of %ids
        %min, %max, %signature = attn.load_range %ids[%0] to [%1] : tensor<?xi32>
        %min_0, %max_1, %signature_2 = attn.load_range %ids[%2] to [%3] : tensor<?xi32>
        %below = arith.cmpi sle, %min, %max_1 : i64
        // ...
        attn.yield %may_see, %may_hide : i1, i1
      }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
  let options = [
    Option<"facts", "facts", "bool", "true", "Ask parts of a conjunction together">,
    Option<"cases", "cases", "bool", "true", "Tell the cases of an integer apart">,
    Option<"signatures", "signatures", "bool", "true", "Ask tables for sets of labels">];
  let statistics = [Statistic<"derived", "derived", "attends with tile classes">,
                    Statistic<"unknown", "unknown", "attends whose tiles are all partial">];
}

#endif // DIALECTS_ATTN_TRANSFORMS_PASSES_TD
