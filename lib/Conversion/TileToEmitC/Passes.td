//===- Passes.td - From scheduled kernels to EmitC --------*- tablegen -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_PASSES_TD
#define LIB_CONVERSION_TILETOEMITC_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertTileToEmitC : Pass<"convert-tile-to-emitc", "::mlir::ModuleOp"> {
  let summary = "prints scheduled kernels as CUDA functions in the EmitC dialect";
  let description = [{
    Every `tile.kernel` of the scheduled contract becomes an `extern "C"
    __global__` function whose body reads as loops, waits and calls. What it
    calls stands above it: a struct of named scalars for each kind of fragment
    and one force-inlined function for each distinct operation on fragments.
    Programs, the host's side, stay as they are.

    ```mlir
    tile.kernel @k(%lse: !tile.view<?xf32>) attributes {schedule = ..., target = "sm_80"} {
      %zero = arith.constant 0.0 : f32
      %c0 = arith.constant 0 : i32
      %rows = tile.splat %zero : tensor<64xf32, #rows>
      tile.store %rows, %lse[%c0] : tensor<64xf32, #rows>, !tile.view<?xf32>
      tile.return
    }
    ```
    becomes
    ```mlir
    emitc.include "lacuna/view.cuh"
    emitc.verbatim "struct F32x2 { float x0, x1; };"
    emitc.verbatim "__device__ __forceinline__ F32x2 splat_rows(float value) {...}"
    emitc.func @k(%lse: !emitc.opaque<"lacuna::View<1>">) attributes {specifiers = [...]} {
      %rows = call_opaque "splat_rows"(...) : (f32) -> !emitc.opaque<"F32x2">
      call_opaque "store_query"(...)
      return
    }
    ```

    A kernel without a schedule or a target, a tile without a fragment layout and
    a ring without an offset are errors: the abstract contract is not accepted.
  }];
  let dependentDialects = ["::mlir::emitc::EmitCDialect"];
  let statistics = [
    Statistic<"numFunctions", "functions", "Fragment functions printed">,
    Statistic<"numShared", "shared-functions", "Fragment operations that use one printed before">
  ];
}

def FoldScalarCode : Pass<"emitc-fold-scalar-code", "::mlir::emitc::FuncOp"> {
  let summary = "nests calls in scalar functions into one expression";
  let description = [{
    In every function but kernels, a value with one use is computed where it is
    used, also when a call makes it: scalar code calls nothing with side effects.

    ```mlir
    %0 = emitc.call_opaque "fmaf"(%x, %a, %b) : (f32, f32, f32) -> f32
    %1 = emitc.call_opaque "lacuna::approximateExp2"(%0) : (f32) -> f32
    ```
    becomes
    ```mlir
    %1 = emitc.expression %x, %a, %b : (f32, f32, f32) -> f32 {
      %2 = emitc.call_opaque "fmaf"(%x, %a, %b) : (f32, f32, f32) -> f32
      %3 = emitc.call_opaque "lacuna::approximateExp2"(%2) : (f32) -> f32
      yield %3 : f32
    }
    ```

    Upstream's `form-expressions` does the rest: it never moves a call. An operation
    that uses a value twice becomes an expression here, in kernels, too, since upstream's
    would have an operand twice and could not be read back. Expects
    functions whose calls have no side effects, as `convert-tile-to-emitc` makes.
  }];
  let dependentDialects = ["::mlir::emitc::EmitCDialect"];
}

def PrepareEmitCNames : Pass<"emitc-prepare-names", "::mlir::emitc::FuncOp"> {
  let summary = "marks which names the printed variables get";
  let description = [{
    The C++ emitter calls its variables v1, v2, ... This pass gives every
    variable a name, from its location if that has one and else from its
    operation, unique in the function, and leaves a mark behind the definition:

    ```mlir
    %0 = emitc.call_opaque "lacuna::waitForCopies"() : () -> i32 loc("step")
    ```
    becomes
    ```mlir
    %0 = emitc.call_opaque "lacuna::waitForCopies"() : () -> i32 loc("step")
    emitc.verbatim "//= {} step" args %0 : i32
    ```

    The printer of `lib/Target/Cuda` applies the marks to the text. Runs after
    `form-expressions`, for what stands inside an expression has no name.
  }];
  let dependentDialects = ["::mlir::emitc::EmitCDialect"];
}

#endif // LIB_CONVERSION_TILETOEMITC_PASSES_TD
