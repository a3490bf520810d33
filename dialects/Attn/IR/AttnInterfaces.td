//===- AttnInterfaces.td - What attention ops share -----------*- tablegen -*-===//
#ifndef DIALECTS_ATTN_IR_ATTNINTERFACES_TD
#define DIALECTS_ATTN_IR_ATTNINTERFACES_TD

include "mlir/IR/OpBase.td"

defvar Attn_Sequences = "::mlir::TypedValue<::mlir::RankedTensorType>";

def Attn_Attention : OpInterface<"Attention"> {
  let description = [{
    An op over the pairs of queries and keys of one source: attention itself and
    its gradient. Both see the same keys with the same scores.
  }];
  let cppNamespace = "::lacuna::attn";
  let methods = [
    InterfaceMethod<"Queries, [batch, query heads, queries, head_dim].", Attn_Sequences, "getQuery">,
    InterfaceMethod<"Keys, [batch, key heads, keys, head_dim].", Attn_Sequences, "getKey">,
    InterfaceMethod<"Values, [batch, key heads, keys, value head_dim].", Attn_Sequences, "getValue">,
    InterfaceMethod<"Offset (i32) or table (tensor of i32) of query positions; null: the slot.",
                    "::mlir::Value", "getQueryPosition">,
    InterfaceMethod<"Offset (i32) or table (tensor of i32) of key positions; null: the slot.",
                    "::mlir::Value", "getKeyPosition">,
    InterfaceMethod<"Where the queries of each sequence of a ragged batch begin; null: not ragged.",
                    Attn_Sequences, "getQueryOffsets">,
    InterfaceMethod<"Where the keys of each sequence of a ragged batch begin; null: not ragged.",
                    Attn_Sequences, "getKeyOffsets">,
    InterfaceMethod<"Factor of products (f32); null: 1/sqrt(head_dim of the query).",
                    "::mlir::Value", "getScale">,
    InterfaceMethod<"(b, h, i, j[, i_slot, j_slot]) -> i1. Empty: every key is visible.",
                    "::mlir::Region &", "getWhere">,
    InterfaceMethod<"(s, b, h, i, j[, i_slot, j_slot]) -> f32. Empty: s unchanged.",
                    "::mlir::Region &", "getScore">
  ];
  let extraSharedClassDeclaration = [{
    /// Whether sequences of different lengths lie one behind the other.
    bool isRagged() { return $_op.getQueryOffsets() != nullptr; }
  }];
}

#endif // DIALECTS_ATTN_IR_ATTNINTERFACES_TD
