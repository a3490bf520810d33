//===- Passes.td - From specs to abstract tile programs -------*- tablegen -*-===//
#ifndef LIB_CONVERSION_ATTNTOTILE_PASSES_TD
#define LIB_CONVERSION_ATTNTOTILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertAttnToTile : Pass<"convert-attn-to-tile", "::mlir::ModuleOp"> {
  let summary = "Lowers every spec to a program and one kernel per attend";
  let description = [{
    A spec function becomes a `tile.program` of the same name, which checks the
    sizes that must agree, and one `tile.kernel` per attend whose result is used:
    a loop over runs of key tiles with the online softmax. Functions that attend
    to nothing stay. Nothing here depends on a target.

    Expects specs that `attn-check-spec` accepts, with masks expanded
    (`attn-expand-sugar`). Scalars of the function are computed in the kernel;
    `index` becomes i64 there. Where an attend has an `intervals` region, only
    the key tiles it names are visited; otherwise all of them are, each with the
    predicate. A planned attend with a `classify` region visits what kernels that
    are launched before its own have listed: one for each table to summarize, one
    for the lists of runs, one for the order of query tiles (`tile.summarize`,
    `tile.write_runs`, `tile.order_rows`). A baked attend visits the runs that it
    holds (`tile.table`). An `attn.expand_blocks` that an attend reads is a kernel
    before all of these (`tile.expand_blocks`); a wrong list makes all results NaN.
    A ragged attend has its grid of pieces of sequences, which a kernel cuts before
    (`tile.cut_sequences`), and works on the part of each view that is the sequence.
    A table read outside its bounds makes the score NaN, never something plausible.

    An `attn.delta` and an `attn.backward` are a kernel each, too. One by query has the
    rows and the runs of the attend; one by key has rows of keys, goes through the query
    heads of its key head and visits their query tiles. What a pullback contributes to a
    table or scalar is added to f32 sums (`tile.atomic_add`), which a kernel clears
    before and, where they are not the gradient yet, another makes it after. With more
    than 128 features, gradients of keys and of values have kernels of their own.

    ```mlir
    func.func @attention(%q: tensor<1x1x?x64xf16>, %k: tensor<1x1x?x64xf16>,
                         %v: tensor<1x1x?x64xf16>) -> tensor<1x1x?x64xf16> {
      %o, %lse = attn.attend %q, %k, %v
          : tensor<1x1x?x64xf16>, tensor<1x1x?x64xf16>, tensor<1x1x?x64xf16>
      return %o : tensor<1x1x?x64xf16>
    }
    ```
    becomes
    ```mlir
    tile.kernel @attention_kernel(%q: !tile.view<1x1x?x64xf16>, %k: !tile.view<1x1x?x64xf16>,
                                  %v: !tile.view<1x1x?x64xf16>, %o: !tile.view<1x1x?x64xf16>,
                                  %group: i32) {
      %c1 = arith.constant 1 : i32
      %queries = tile.dim %q[2] : !tile.view<1x1x?x64xf16>
      %batch, %head, %first = tile.block %c1, %c1, %queries groups_of %group
      // runs, loop, softmax, stores
      tile.return
    }
    tile.program @attention(%q: tensor<1x1x?x64xf16>, %k: tensor<1x1x?x64xf16>,
                            %v: tensor<1x1x?x64xf16>) -> tensor<1x1x?x64xf16> {
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %m = tensor.dim %q, %c2 : tensor<1x1x?x64xf16>
      %n = tensor.dim %k, %c2 : tensor<1x1x?x64xf16>
      %nv = tensor.dim %v, %c2 : tensor<1x1x?x64xf16>
      tile.expect_equal %n "sequence length of %k", %nv "sequence length of %v"
      %o = tile.new_tensor(%m) : tensor<1x1x?x64xf16>
      %heads_in_cache = arith.constant 1 : index // computed
      %group = arith.index_cast %heads_in_cache : index to i32
      tile.launch @attention_kernel batches %c1 heads %c1 rows %m (%q, %k, %v, %o, %group)
          : tensor<1x1x?x64xf16>, tensor<1x1x?x64xf16>, tensor<1x1x?x64xf16>, tensor<1x1x?x64xf16>,
            i32
      tile.return %o : tensor<1x1x?x64xf16>
    }
    ```
  }];
  let dependentDialects = ["::lacuna::tile::TileDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"kernels", "kernels", "kernels made">];
}

#endif // LIB_CONVERSION_ATTNTOTILE_PASSES_TD
