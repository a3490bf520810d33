//===- AttnInterfaces.td - What attention ops share -----------*- tablegen -*-===//
#ifndef DIALECTS_ATTN_IR_ATTNINTERFACES_TD
#define DIALECTS_ATTN_IR_ATTNINTERFACES_TD

include "dialects/Attn/IR/AttnDialect.td"
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
    /// Columns of Q and K; static by verification.
    int64_t getQueryHeadDim() { return $_op.getQuery().getType().getDimSize(3); }
    /// Columns of V and O; static by verification.
    int64_t getValueHeadDim() { return $_op.getValue().getType().getDimSize(3); }
  }];
}

def Attn_TiledAttention : OpInterface<"TiledAttention", [Attn_Attention]> {
  let description = [{
    Attention that becomes one kernel. The kernel has rows and visits tiles of columns:
    rows are queries and columns are keys, or the other way round. Its regions take what
    belongs to the row before what belongs to the column.
  }];
  let cppNamespace = "::lacuna::attn";
  let methods = [
    InterfaceMethod<"What rows are.", "::lacuna::attn::Side", "getRows", (ins), "",
                    "return ::lacuna::attn::Side::Query;">,
    InterfaceMethod<"(b, h, first, last) -> up to AttendOp::kMaxIntervalPairs times "
                    "(visible_begin, visible_end, full_begin, full_end). Empty: nothing is known.",
                    "::mlir::Region &", "getIntervals">,
    InterfaceMethod<"A box of rows and columns -> (may_see, may_hide). Empty: every tile is "
                    "partial.", "::mlir::Region &", "getClassify">,
    InterfaceMethod<"Where runs come from, if that is chosen.",
                    "::std::optional<::lacuna::attn::Mode>", "getMode">,
    InterfaceMethod<"Chooses where runs come from.", "void", "setMode",
                    (ins "::std::optional<::lacuna::attn::Mode>":$mode)>,
    InterfaceMethod<"What is pinned of the schedule, or null.", "::lacuna::attn::ScheduleAttr",
                    "getScheduleAttr", (ins), "", "return {};">,
    InterfaceMethod<"The very runs, or null.", "::lacuna::attn::RunsAttr", "getRunsAttr", (ins), "",
                    "return {};">
  ];
  let extraSharedClassDeclaration = [{
    /// Whether rows are keys.
    bool isByKey() { return $_op.getRows() == ::lacuna::attn::Side::Key; }
    /// The tensor that has rows along its third axis.
    ::mlir::TypedValue<::mlir::RankedTensorType> getRowTensor() {
      return isByKey() ? $_op.getKey() : $_op.getQuery();
    }
    /// The tensor that has columns along its third axis.
    ::mlir::TypedValue<::mlir::RankedTensorType> getColumnTensor() {
      return isByKey() ? $_op.getQuery() : $_op.getKey();
    }
    /// Positions of the rows, as getQueryPosition says.
    ::mlir::Value getRowPosition() {
      return isByKey() ? $_op.getKeyPosition() : $_op.getQueryPosition();
    }
    /// Positions of the columns, likewise.
    ::mlir::Value getColumnPosition() {
      return isByKey() ? $_op.getQueryPosition() : $_op.getKeyPosition();
    }
    /// Where the rows of each sequence of a ragged batch begin, or null.
    ::mlir::TypedValue<::mlir::RankedTensorType> getRowOffsets() {
      return isByKey() ? $_op.getKeyOffsets() : $_op.getQueryOffsets();
    }
    /// Where the columns of each sequence of a ragged batch begin, or null.
    ::mlir::TypedValue<::mlir::RankedTensorType> getColumnOffsets() {
      return isByKey() ? $_op.getQueryOffsets() : $_op.getKeyOffsets();
    }
    /// What rows are called in messages, or columns.
    ::llvm::StringRef getRowName() { return isByKey() ? "keys" : "queries"; }
    ::llvm::StringRef getColumnName() { return isByKey() ? "queries" : "keys"; }
    /// Whether `where` takes the slots besides the positions.
    bool takesSlots() { return $_op.getWhere().getNumArguments() > 4; }
  }];
}

def Attn_RowWise : OpInterface<"RowWise"> {
  let description = [{
    An op that computes each row of its results from the same row of its operands, and so
    becomes one kernel that looks at no keys.
  }];
  let cppNamespace = "::lacuna::attn";
  let methods = [
    InterfaceMethod<"A tensor with the leading dimensions of all operands and results.",
                    Attn_Sequences, "getRowTensor">
  ];
}

#endif // DIALECTS_ATTN_IR_ATTNINTERFACES_TD
