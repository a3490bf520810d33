//===- AttnTypes.td - Types of operands of attn ops -----------*- tablegen -*-===//
#ifndef DIALECTS_ATTN_IR_ATTNTYPES_TD
#define DIALECTS_ATTN_IR_ATTNTYPES_TD

include "mlir/IR/OpBase.td"

def Attn_Sequence : Type<
    And<[RankedTensorOf<[F16, BF16]>.predicate, HasAnyRankOfPred<[4]>]>,
    "tensor of f16 or bf16 with the dimensions [batch, heads, sequence, head_dim]",
    "::mlir::RankedTensorType">;

def Attn_LogSumExp : Type<
    And<[RankedTensorOf<[F32]>.predicate, HasAnyRankOfPred<[3]>]>,
    "tensor of f32 with the dimensions [batch, query heads, queries]",
    "::mlir::RankedTensorType">;

def Attn_Positions : AnyTypeOf<
    [I32, RankedTensorOf<[I32]>],
    "i32 offset or tensor of i32 positions">;

def Attn_Offsets : Type<
    And<[RankedTensorOf<[I32]>.predicate, HasAnyRankOfPred<[1]>]>,
    "tensor of i32 offsets, [batch + 1]", "::mlir::RankedTensorType">;

def Attn_Table : Type<
    RankedTensorOf<[I1, I8, I16, I32, I64, F16, BF16, F32]>.predicate,
    "tensor of i1, i8, i16, i32, i64, f16, bf16 or f32", "::mlir::RankedTensorType">;

def Attn_IntegerTable : Type<
    RankedTensorOf<[I1, I8, I16, I32, I64]>.predicate,
    "tensor of i1, i8, i16, i32 or i64", "::mlir::RankedTensorType">;

def Attn_Differentiable : AnyTypeOf<
    [F16, BF16, F32, RankedTensorOf<[F16, BF16, F32]>],
    "f16, bf16, f32 or tensor of them">;

#endif // DIALECTS_ATTN_IR_ATTNTYPES_TD
