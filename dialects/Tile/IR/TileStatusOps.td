//===- TileStatusOps.td - Reports to the host -------------*- tablegen -*-===//
//
// Data that only the device reads can be wrong in ways that only a kernel sees.
// It says so in a status word, and what depends on it becomes NaN.
//
//===--------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_IR_TILESTATUSOPS_TD
#define DIALECTS_TILE_IR_TILESTATUSOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

def Tile_StatusOp : Tile_Op<"status", [Pure, HasParent<"ProgramOp">]> {
  let summary = "the status that a program hands to its kernels";
  let description = [{
    Text `n` says what bit `n` means; the error of a synchronisation that finds
    the bit set is made of it. At most 32.

    ```mlir
    tile.kernel @k(%status: !tile.status) {
      tile.return
    }
    tile.program @p() {
      %c1 = arith.constant 1 : index
      %status = tile.status ["an index of table %bias is out of range (bias.mlir:14:12)"]
      tile.launch @k batches %c1 heads %c1 rows %c1 (%status) : !tile.status
      tile.return
    }
    ```
  }];
  let arguments = (ins StrArrayAttr:$meanings);
  let results = (outs Tile_StatusType:$status);
  let assemblyFormat = "$meanings attr-dict";
  let hasVerifier = 1;
}

def Tile_ReportOp : Tile_Op<"report", [MemoryEffects<[MemWrite]>]> {
  let summary = "sets a bit of the status if a condition holds";
  let description = [{
    Stands in the body of a kernel or in the region of a `tile.map`; there the
    bit is set if the condition holds for any element. A bit stays set until the
    host has reported it.

    ```mlir
    tile.kernel @k(%status: !tile.status, %table: !tile.view<?xi32>, %at: i32) {
      %true = arith.constant true
      %x, %inside = tile.read %table[%at] : !tile.view<?xi32>
      %outside = arith.xori %inside, %true : i1
      tile.report %status, 0 if %outside
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_StatusType:$status,
                       ConfinedAttr<I32Attr, [IntNonNegative, IntMaxValue<31>]>:$bit, I1:$condition);
  let assemblyFormat = "$status `,` $bit `if` $condition attr-dict";
}

def Tile_FailedOp : Tile_Op<"failed", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "whether the plan that a kernel relies on has failed";
  let description = [{
    True when the steps that made the plan reported anything, which the kernel
    then reports as well. Its results must be NaN. The same for all threads.

    ```mlir
    tile.kernel @k(%status: !tile.status) {
      %bad = tile.failed %status
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_StatusType:$status);
  let results = (outs I1:$bad);
  let assemblyFormat = "$status attr-dict";
}

#endif // DIALECTS_TILE_IR_TILESTATUSOPS_TD
