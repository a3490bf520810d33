//===- TileRoleOps.td - Warp roles and what passes between them -*- tablegen -*-===//
//
// A kernel with warp roles has one producer, which only starts copies, and
// consumers, which only compute. They share rings of slots; for each ring a
// ring of barriers says that a slot is filled, another that it is free again.
// All of this is the scheduled contract of targets with a bulk copy engine.
//
//===--------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_IR_TILEROLEOPS_TD
#define DIALECTS_TILE_IR_TILEROLEOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

def Tile_RolesOp : Tile_Op<"roles", [RecursiveMemoryEffects,
                                     SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "splits the block into a producer and consumers";
  let description = [{
    The consumers are the `warps` of the schedule, in warp groups of 4; the
    producer is one thread of a further warp group. Each region is run by its
    role alone. Warp groups trade registers: every thread of the producer's keeps
    `producer registers`, every consumer gets `consumers registers`, both
    multiples of 8 from 24 to 240. Nothing follows the roles but the return. A producer
    that copies vectors is a `warp`, one thread of which does what else there is.

    ```mlir
    tile.kernel @k(%map: !tile.copy_map<64x64xbf16>) {
      %c0 = arith.constant 0 : i32
      %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
      %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
      tile.barrier
      tile.roles producer registers 24 {
        %slot = tile.slot %ring[%c0] : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
        tile.expect %filled[%c0] bytes 8192 : !tile.barriers<1>
        tile.copy_bulk (%map)[%c0, %c0, %c0, %c0] to %slot signals %filled[%c0]
            : (!tile.copy_map<64x64xbf16>) -> !tile.shared<64x64xbf16, [key, feature]>, !tile.barriers<1>
      } consumers registers 240 {
        tile.await_filled %filled[%c0] : !tile.barriers<1>
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins I64Attr:$producer_registers, I64Attr:$consumer_registers,
                       UnitAttr:$producer_warp);
  let regions = (region SizedRegion<1>:$producer, SizedRegion<1>:$consumers);
  let assemblyFormat = [{
    `producer` (`warp` $producer_warp^)? `registers` $producer_registers $producer
    `consumers` `registers` $consumer_registers $consumers attr-dict
  }];
  let hasVerifier = 1;
}

def Tile_AllocBarriersOp : Tile_Op<"alloc_barriers"> {
  let summary = "a ring of barriers in shared memory";
  let description = [{
    A barrier completes a phase when `arrivals` threads have arrived and all bytes
    that were announced have. `offset`, in bytes, is set when shared memory is laid
    out. One thread initialises them where this stands; a `tile.barrier` must follow
    before they are used.

    ```mlir
    tile.kernel @k() {
      %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
      tile.barrier
      tile.return
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$arrivals, OptionalAttr<I64Attr>:$offset);
  let results = (outs Res<Tile_BarriersType, "", [MemAlloc]>:$barriers);
  let assemblyFormat = "`arrivals` $arrivals (`at` $offset^)? attr-dict `:` type($barriers)";
}

class Tile_BarrierUseOp<string name> : Tile_Op<name, [MemoryEffects<[MemRead, MemWrite]>]> {
  let arguments = (ins Tile_BarriersType:$barriers, I32:$use);
  let assemblyFormat = "$barriers `[` $use `]` attr-dict `:` type($barriers)";
}

def Tile_AwaitFilledOp : Tile_BarrierUseOp<"await_filled"> {
  let summary = "waits until the slot of this use is filled";
  let description = [{
    Uses are counted from 0; use n has slot n modulo the slots. What was copied to
    the slot is visible afterwards.

    ```mlir
    tile.kernel @k(%n: i32) {
      %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
      tile.barrier
      tile.await_filled %filled[%n] : !tile.barriers<2>
      tile.return
    }
    ```
  }];
}

def Tile_AwaitFreedOp : Tile_BarrierUseOp<"await_freed"> {
  let summary = "waits until the slot of this use has been released by the use before";
  let description = [{
    The first use of a slot does not wait.

    ```mlir
    tile.kernel @k(%n: i32) {
      %freed = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
      tile.barrier
      tile.await_freed %freed[%n] : !tile.barriers<2>
      tile.return
    }
    ```
  }];
}

def Tile_ReleaseOp : Tile_BarrierUseOp<"release"> {
  let summary = "gives the slot of this use back";
  let description = [{
    One arrival for each warp or each warp group of the consumers, as the barriers
    expect; products that read the slot are complete, and threads that read there
    themselves have met since.

    ```mlir
    tile.kernel @k(%n: i32) {
      %freed = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
      tile.barrier
      tile.release %freed[%n] : !tile.barriers<2>
      tile.return
    }
    ```
  }];
}

def Tile_MeetWarpOp : Tile_Op<"meet_warp", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "the threads of each warp wait for each other";
  let description = [{
    One of them may then give a slot back for all: what they read there by themselves,
    not as operands of products, is read.

    ```mlir
    tile.kernel @k(%n: i32) {
      %freed = tile.alloc_barriers arrivals 8 : !tile.barriers<2>
      tile.barrier
      tile.meet_warp
      tile.release %freed[%n] : !tile.barriers<2>
      tile.return
    }
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_ExpectOp : Tile_Op<"expect", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "announces the bytes that will fill the slot of this use";
  let description = [{
    The one arrival of the producer.

    ```mlir
    tile.kernel @k(%n: i32) {
      %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
      tile.barrier
      tile.expect %filled[%n] bytes 16384 : !tile.barriers<2>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_BarriersType:$barriers, I32:$use,
                       ConfinedAttr<I64Attr, [IntPositive]>:$bytes);
  let assemblyFormat = "$barriers `[` $use `]` `bytes` $bytes attr-dict `:` type($barriers)";
}

def Tile_CopyBulkOp : Tile_Op<"copy_bulk", [AttrSizedOperandSegments,
                                               MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "one thread starts copying a tile from global to shared memory";
  let description = [{
    One map for each width of panel of the slot, widest first; the maps say which
    tensor is read. Four indices, of the batch, the head, and the tile's first row
    and column. Elements outside the tensor become zero. Arriving bytes are counted by
    the barrier of this use.

    ```mlir
    tile.kernel @k(%wide: !tile.copy_map<64x64xbf16>, %narrow: !tile.copy_map<64x32xbf16>,
                   %b: i32, %h: i32, %row: i32) {
      %c0 = arith.constant 0 : i32
      %ring = tile.alloc : !tile.ring<2 x !tile.shared<64x96xbf16, [key, feature]>>
      %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
      tile.barrier
      %slot = tile.slot %ring[%c0] : !tile.ring<2 x !tile.shared<64x96xbf16, [key, feature]>>
      tile.copy_bulk (%wide, %narrow)[%b, %h, %row, %c0] to %slot signals %filled[%c0]
          : (!tile.copy_map<64x64xbf16>, !tile.copy_map<64x32xbf16>)
         -> !tile.shared<64x96xbf16, [key, feature]>, !tile.barriers<2>
      tile.return
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_CopyMapType>:$maps, Variadic<I32>:$indices,
                       Tile_SharedType:$target, Tile_BarriersType:$barriers, I32:$use);
  let assemblyFormat = [{
    `(` $maps `)` `[` $indices `]` `to` $target `signals` $barriers `[` $use `]` attr-dict
    `:` `(` type($maps) `)` `->` type($target) `,` type($barriers)
  }];
  let hasVerifier = 1;
}

def Tile_CopyVectorOp : Tile_Op<"copy_vector", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "the producer's warp starts copying a vector from global to shared memory";
  let description = [{
    The copy engine wants rows at multiples of 16 bytes, which those of a vector of any
    length are not; so the lanes copy it, an element of f32 at a time. Elements outside the
    view become zero. Each of the 32 lanes arrives at the barrier of this use when its own
    elements have.

    ```mlir
    tile.kernel @k(%lse: !tile.view<?x?x?xf32>, %b: i32, %h: i32, %query: i32) {
      %c0 = arith.constant 0 : i32
      %ring = tile.alloc : !tile.ring<2 x !tile.shared<64xf32, [query]>>
      %filled = tile.alloc_barriers arrivals 32 : !tile.barriers<2>
      tile.barrier
      tile.roles producer warp registers 24 {
        %slot = tile.slot %ring[%c0] : !tile.ring<2 x !tile.shared<64xf32, [query]>>
        tile.copy_vector %lse[%b, %h, %query] to %slot signals %filled[%c0]
            : !tile.view<?x?x?xf32> -> !tile.shared<64xf32, [query]>, !tile.barriers<2>
      } consumers registers 240 {
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<I32>:$indices, Tile_SharedType:$target,
                       Tile_BarriersType:$barriers, I32:$use);
  let assemblyFormat = [{
    $view `[` $indices `]` `to` $target `signals` $barriers `[` $use `]` attr-dict
    `:` type($view) `->` type($target) `,` type($barriers)
  }];
  let hasVerifier = 1;
}

//===--------------------------------------------------------------------===//
// What the producer found out for the consumers
//===--------------------------------------------------------------------===//

def Tile_AllocMailboxOp : Tile_Op<"alloc_mailbox"> {
  let summary = "room in shared memory for the item that a block computes";
  let description = [{
    `offset`, in bytes, is set when shared memory is laid out.

    ```mlir
    tile.kernel @k() {
      %mailbox = tile.alloc_mailbox : !tile.mailbox
      tile.return
    }
    ```
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$offset);
  let results = (outs Res<Tile_MailboxType, "", [MemAlloc]>:$mailbox);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($mailbox)";
}

def Tile_SendBlockOp : Tile_Op<"send_block", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "tells the consumers what they compute next";
  let description = [{
    The results of a `tile.block` of the producer's. It stands where a slot that is filled
    once for each item is free, before its bytes are announced: the slot's barriers
    say of the mailbox, too, that it is filled and freed.

    ```mlir
    tile.kernel @k(%batch: i32, %head: i32, %first: i32, %n: i32) {
      %mailbox = tile.alloc_mailbox : !tile.mailbox
      %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
      tile.barrier
      tile.send_block %batch, %head, %first to %mailbox : !tile.mailbox
      tile.expect %filled[%n] bytes 16384 : !tile.barriers<1>
      tile.return
    }
    ```
  }];
  let arguments = (ins I32:$batch, I32:$head, I32:$first, Tile_MailboxType:$mailbox);
  let assemblyFormat = [{
    $batch `,` $head `,` $first `to` $mailbox attr-dict `:` type($mailbox)
  }];
}

def Tile_ReceiveBlockOp : Tile_Op<"receive_block", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "what the producer has sent";
  let description = [{
    Behind the wait for the slot whose barriers say that the mailbox is filled, and
    before its release. A warp's threads have all read when one of them goes on.

    ```mlir
    tile.kernel @k(%n: i32) {
      %mailbox = tile.alloc_mailbox : !tile.mailbox
      %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
      tile.barrier
      tile.await_filled %filled[%n] : !tile.barriers<1>
      %batch, %head, %first = tile.receive_block %mailbox : !tile.mailbox
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_MailboxType:$mailbox);
  let results = (outs I32:$batch, I32:$head, I32:$first);
  let assemblyFormat = "$mailbox attr-dict `:` type($mailbox)";
}

//===--------------------------------------------------------------------===//
// Products that a warp group computes while it does something else
//===--------------------------------------------------------------------===//

def Tile_CommitDotsOp : Tile_Op<"commit_dots", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "closes a group of products on their way";
  let description = [{
    A group holds every `tile.dot ... async` that the warp group started since the
    last commit; it may be empty.

    ```mlir
    tile.kernel @k() {
      tile.commit_dots
      tile.return
    }
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_AwaitDotsOp : Tile_Op<"await_dots", [MemoryEffects<[MemRead, MemWrite]>,
    TypesMatchWith<"it gives back what it takes", "started", "complete", "$_self">]> {
  let summary = "waits until at most `pending` groups of products are on their way";
  let description = [{
    The results are the tiles, complete; the operands must not be used by anything
    else. A tile that no product is adding to passes through: what is computed from
    its result is computed after the wait.

    ```mlir
    tile.kernel @k(%q: tensor<128x64xbf16, #tile.fragment<[query, feature], operand, warps = 8>>) {
      %c0 = arith.constant 0 : i32
      %zero = arith.constant 0.0 : f32
      %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
      %slot = tile.slot %ring[%c0] : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
      %none = tile.splat %zero : tensor<128x64xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
      %started = tile.dot %q, %slot, %none async : tensor<128x64xbf16, #tile.fragment<[query, feature], operand, warps = 8>>,
          !tile.shared<64x64xbf16, [key, feature]> -> tensor<128x64xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
      tile.commit_dots
      %scores = tile.await_dots pending 0(%started) : tensor<128x64xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
      tile.return
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$pending, Variadic<Tile_Tile>:$started);
  let results = (outs Variadic<Tile_Tile>:$complete);
  let assemblyFormat = "`pending` $pending (`(` $started^ `)`)? attr-dict (`:` type($started)^)?";
}

//===--------------------------------------------------------------------===//
// Consumers that read what the others wrote
//===--------------------------------------------------------------------===//

def Tile_MeetOp : Tile_Op<"meet", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "the consumers meet";
  let description = [{
    All threads of all consumers, and nobody else. Products that were waited for are
    behind them; with `publishing`, what each has written to shared memory before is there
    for products of all.

    ```mlir
    tile.kernel @k() {
      tile.roles producer registers 24 {
      } consumers registers 240 {
        tile.meet
        tile.meet publishing
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins UnitAttr:$publishing);
  let assemblyFormat = "(`publishing` $publishing^)? attr-dict";
}

//===--------------------------------------------------------------------===//
// Turns: one warp group starts products at a time
//===--------------------------------------------------------------------===//

class Tile_TurnOp<string name> : Tile_Op<name, [MemoryEffects<[MemRead, MemWrite]>]> {
  let assemblyFormat = "attr-dict";
}

def Tile_OpenTurnsOp : Tile_TurnOp<"open_turns"> {
  let summary = "the first warp group of the consumers gets the first turn";
  let description = [{
    ```mlir
    tile.kernel @k() attributes {schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>} {
      tile.open_turns
      tile.return
    }
    ```
  }];
}

def Tile_AwaitTurnOp : Tile_TurnOp<"await_turn"> {
  let summary = "waits until it is this warp group's turn";
  let description = [{
    ```mlir
    tile.kernel @k() attributes {schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>} {
      tile.await_turn
      tile.return
    }
    ```
  }];
}

def Tile_PassTurnOp : Tile_TurnOp<"pass_turn"> {
  let summary = "it is the next warp group's turn";
  let description = [{
    ```mlir
    tile.kernel @k() attributes {schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>} {
      tile.pass_turn
      tile.return
    }
    ```
  }];
}

#endif // DIALECTS_TILE_IR_TILEROLEOPS_TD
