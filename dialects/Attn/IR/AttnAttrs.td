//===- AttnAttrs.td - Attributes of the attn dialect ----------*- tablegen -*-===//
#ifndef DIALECTS_ATTN_IR_ATTNATTRS_TD
#define DIALECTS_ATTN_IR_ATTNATTRS_TD

include "dialects/Attn/IR/AttnDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Attn_ScheduleAttr : AttrDef<Attn_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "Pins parts of the kernel's schedule; never changes meaning";
  let description = [{
    What is not pinned, the compiler chooses. Whether a target has room for the
    pinned values is the resource model's question; here they are only positive.

    ```mlir
    #attn.schedule<query_tile = 128, key_tile = 64, warps = 4, stages = 2>
    ```

    `heads` says that a block computes so many query heads together, all that have one
    key head, and loads keys and values once for them; rows of its query tile are then
    positions of heads, row r position r / heads of head r % heads. With 1 every head
    has blocks of its own. The number is a promise where the types do not say it.

    ```mlir
    #attn.schedule<heads = 8>
    ```
  }];
  let parameters = (ins
    DefaultValuedParameter<"int64_t", "0", "query rows per block, 0 = free">:$query_tile,
    DefaultValuedParameter<"int64_t", "0", "keys per step of the loop, 0 = free">:$key_tile,
    DefaultValuedParameter<"int64_t", "0", "warps per block, 0 = free">:$warps,
    DefaultValuedParameter<"int64_t", "0", "key tiles in flight, 0 = free">:$stages,
    DefaultValuedParameter<"int64_t", "0", "runs that a list of a plan has room for, 0 = free">:
      $plan_capacity,
    DefaultValuedParameter<"int64_t", "0", "query heads that a block computes, 0 = free">:$heads
  );
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Attn_Mode : I32EnumAttr<"Mode", "where the runs of key tiles come from", [
    I32EnumAttrCase<"Closed", 0, "closed">,
    I32EnumAttrCase<"Planned", 1, "planned">,
    I32EnumAttrCase<"Baked", 2, "baked">]> {
  let cppNamespace = "::lacuna::attn";
  let genSpecializedAttr = 0;
}

def Attn_ModeAttr : EnumAttr<Attn_Dialect, Attn_Mode, "mode"> {
  let description = [{
    `closed`: bounds that the kernel computes from scalars. `planned`: run lists
    that a plan kernel writes before. `baked`: run lists known when the kernel is
    built. Never changes meaning.

    ```mlir
    #attn.mode<planned>
    ```
  }];
}

def Attn_Side : I32EnumAttr<"Side", "one of the two that attention pairs", [
    I32EnumAttrCase<"Query", 0, "query">,
    I32EnumAttrCase<"Key", 1, "key">]> {
  let cppNamespace = "::lacuna::attn";
  let genSpecializedAttr = 0;
}

def Attn_SideAttr : EnumAttr<Attn_Dialect, Attn_Side, "side"> {
  let description = [{
    What the rows of a kernel are.

    ```mlir
    #attn.side<key>
    ```
  }];
}

def Attn_RunsAttr : AttrDef<Attn_Dialect, "Runs"> {
  let mnemonic = "runs";
  let summary = "The key tiles that each query tile of an attend visits";
  let description = [{
    `lists` is [batches, heads, query tiles, capacity, 2]: the runs of a query tile
    in ascending order, each the first key tile and twice the length, plus one where
    its tiles are PARTIAL; what is left of the capacity is zero. `order` is
    [batches, heads, query tiles]: the numbers head * query tiles + query tile of a
    batch in the order in which blocks begin them, all of one group of heads before
    those of the next. An axis of one batch or head serves all. Query tiles of a ragged
    attend are the pieces of its sequences, one sequence after the other, with their
    own key tiles; for each sequence there is room for one tile more than all queries
    together have, and what they do not need has no runs.

    ```mlir
    // 100 causal queries and keys: the second tile of keys reaches past the last one.
    #attn.runs<query_tile = 64, key_tile = 64,
               lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>,
               order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>>
    ```
  }];
  let parameters = (ins "int64_t":$query_tile, "int64_t":$key_tile,
                        "::mlir::DenseIntElementsAttr":$lists,
                        "::mlir::DenseIntElementsAttr":$order);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Batches, heads or query tiles that have runs of their own: axis 0, 1 or 2.
    int64_t getExtent(unsigned axis) const { return getLists().getType().getDimSize(axis); }
    /// How many runs and how many key tiles each query tile visits:
    /// [batches, heads, query tiles, 2], as `tile.list_runs` reads them.
    ::mlir::DenseIntElementsAttr getCounts() const;
    /// One more than the last key tile that any query tile visits; 0 if none does.
    int64_t getEnd() const;
  }];
}

#endif // DIALECTS_ATTN_IR_ATTNATTRS_TD
