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
  }];
  let parameters = (ins
    DefaultValuedParameter<"int64_t", "0", "query rows per block, 0 = free">:$query_tile,
    DefaultValuedParameter<"int64_t", "0", "keys per step of the loop, 0 = free">:$key_tile,
    DefaultValuedParameter<"int64_t", "0", "warps per block, 0 = free">:$warps,
    DefaultValuedParameter<"int64_t", "0", "key tiles in flight, 0 = free">:$stages,
    DefaultValuedParameter<"int64_t", "0", "runs that a list of a plan has room for, 0 = free">:
      $plan_capacity
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

#endif // DIALECTS_ATTN_IR_ATTNATTRS_TD
