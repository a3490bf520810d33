//===- AttnStateOps.td - States of attention, and their sums --*- tablegen -*-===//
//
// An output and its log-sum-exp are the state of a softmax: what two sources of keys
// make of the same queries can be merged into what both make of them together.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_ATTNSTATEOPS_TD
#define DIALECTS_ATTN_IR_ATTNSTATEOPS_TD

include "dialects/Attn/IR/AttnDialect.td"
include "dialects/Attn/IR/AttnInterfaces.td"
include "dialects/Attn/IR/AttnTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

def Attn_MergeOp : Attn_Op<"merge", [
    Pure, Attn_RowWise, SameVariadicOperandSize, InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>
  ]> {
  let summary = "Attention to several sources of keys from attention to each";
  let description = [{
    Takes states, pairs of an output and a log-sum-exp, of the same queries, and yields
    the state that one attend to all their keys would have:

        lse  = log sum_n exp(lse_n)
        o[:] = sum_n exp(lse_n - lse) * o_n[:]

    for every batch, query head and query. (0, -inf) is the identity: a state that saw no
    key counts for nothing, whatever its output is. No key may be in two states.

    States are results of `attn.attend`, of `attn.scatter` or of another merge, or
    arguments: what other devices have seen. Here a query sees the blocks of an anchor
    and those of its own documents:

    ```mlir
    !t = tensor<?x?x?x64xbf16>
    !lse = tensor<?x?x?xf32>

    func.func @anchored(%q: !t, %anchor_k: !t, %anchor_v: !t, %k: !t, %v: !t) -> (!t, !lse) {
      %o0, %lse0 = attn.attend %q, %anchor_k, %anchor_v : !t, !t, !t
      %o1, %lse1 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
        %past = attn.causal %i, %j
        attn.yield %past : i1
      } : !t, !t, !t
      %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
      return %o, %lse : !t, !lse
    }
    ```
  }];
  let arguments = (ins Variadic<Attn_Sequence>:$outputs, Variadic<Attn_LogSumExp>:$lses);
  let results = (outs Attn_Sequence:$output, Attn_LogSumExp:$lse);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::TypedValue<::mlir::RankedTensorType> getRowTensor() {
      return ::llvm::cast<::mlir::TypedValue<::mlir::RankedTensorType>>(getOutputs().front());
    }
  }];
}

def Attn_MergeGradOp : Attn_Op<"merge_grad", [
    Pure, Attn_RowWise, AttrSizedOperandSegments, SameVariadicResultSize, InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>
  ]> {
  let summary = "Gradients of merged states from those of the merge";
  let description = [{
    Takes what `attn.merge` took and how a loss depends on what it yielded (`gradient`: do,
    and dlse unless it is zero). With the weights a_n = exp(lse_n - lse) the results are

        do_n[:] = a_n * do[:]
        dlse_n  = a_n * (do . (o_n - o) + dlse)

    first those of all outputs, then those of all log-sum-exps. A state that saw no key
    has gradients of 0. `attn-differentiate` writes it.

    ```mlir
    !t = tensor<?x?x?x64xbf16>
    func.func @merged(%o0: !t, %lse0: tensor<?x?x?xf32>, %o1: !t, %lse1: tensor<?x?x?xf32>,
                      %do: !t) -> (!t, !t) {
      %do0, %do1, %dlse0, %dlse1 = attn.merge_grad (%o0, %lse0), (%o1, %lse1) gradient %do : !t
      return %do0, %do1 : !t, !t
    }
    ```
  }];
  let arguments = (ins Variadic<Attn_Sequence>:$outputs, Variadic<Attn_LogSumExp>:$lses,
                       Attn_Sequence:$output_gradient, Optional<Attn_LogSumExp>:$lse_gradient);
  let results = (outs Variadic<Attn_Sequence>:$output_gradients,
                      Variadic<Attn_LogSumExp>:$lse_gradients);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::TypedValue<::mlir::RankedTensorType> getRowTensor() { return getOutputGradient(); }
  }];
}

def Attn_SumOp : Attn_Op<"sum", [
    Pure, Attn_RowWise, SameOperandsAndResultType,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>
  ]> {
  let summary = "The sum of tensors of floats";
  let description = [{
    Adds in f32, in the order of the operands, and rounds once: the gradient of what is
    used several times. Terms are gradients, made by ops or given by the caller.
    `attn-differentiate` writes it.

    ```mlir
    !t = tensor<?x?x?x64xbf16>
    func.func @both(%q: !t, %k: !t, %v: !t, %o: !t, %lse: tensor<?x?x?xf32>, %do: !t) -> !t {
      %dq, %dk, %dv = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
        : !t, !t, !t output !t
      %dkv = attn.sum %dk, %dv : !t
      return %dkv : !t
    }
    ```
  }];
  let arguments = (ins Variadic<RankedTensorOf<[F16, BF16, F32]>>:$terms);
  let results = (outs RankedTensorOf<[F16, BF16, F32]>:$sum);
  let assemblyFormat = "$terms attr-dict `:` type($sum)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::TypedValue<::mlir::RankedTensorType> getRowTensor() {
      return ::llvm::cast<::mlir::TypedValue<::mlir::RankedTensorType>>(getTerms().front());
    }
  }];
}

def Attn_ZerosOp : Attn_Op<"zeros", [
    Pure, Attn_RowWise, SameOperandsAndResultType,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>
  ]> {
  let summary = "A tensor of zeros like another";
  let description = [{
    The gradient of an output that nothing depends on, where something depends on its
    log-sum-exp. Of the operand, only the sizes are read. `attn-differentiate` writes it.

    ```mlir
    !t = tensor<?x?x?x64xbf16>
    !lse = tensor<?x?x?xf32>
    func.func @lse_only(%q: !t, %k: !t, %v: !t, %o: !t, %lse: !lse, %dlse: !lse) -> (!t, !t) {
      %none = attn.zeros like %o : !t
      %dq, %dk, %dv = attn.attend_grad %q, %k, %v output %o, %lse gradient %none, %dlse
        : !t, !t, !t output !t
      return %dq, %dk : !t, !t
    }
    ```
  }];
  let arguments = (ins Attn_Sequence:$like);
  let results = (outs Attn_Sequence:$zeros);
  let assemblyFormat = "`like` $like attr-dict `:` type($zeros)";
  let extraClassDeclaration = [{
    ::mlir::TypedValue<::mlir::RankedTensorType> getRowTensor() { return getLike(); }
  }];
}

#endif // DIALECTS_ATTN_IR_ATTNSTATEOPS_TD
