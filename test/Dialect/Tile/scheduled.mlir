// RUN: lacuna-opt %s --verify-roundtrip --tile-verify-scheduled | FileCheck %s
//
// The program of abstract.mlir as the sm_80 family runs it: 64 x 64 score tiles,
// 4 warps, two stages of keys and values.

#rows = #tile.fragment<[query], row, warps = 4>
#sums = #tile.fragment<[query], partial_row, warps = 4>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
#packed = #tile.fragment<[query, key], operand, warps = 4>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 4>
!query = !tile.shared<64x128xbf16, [query, feature]>
!keys = !tile.shared<64x128xbf16, [key, feature]>

// CHECK-LABEL: tile.kernel @attention_kernel
tile.kernel @attention_kernel(%q: !tile.view<?x?x?x128xbf16>, %k: !tile.view<?x?x?x128xbf16>,
                              %v: !tile.view<?x?x?x128xbf16>, %o: !tile.view<?x?x?x128xbf16>,
                              %lse: !tile.view<?x?x?xf32>)
    attributes {schedule = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>,
                blocks_per_sm = 2 : i64, shared_bytes = 81920 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %scale = arith.constant 0.0883883461 : f32
  %slope = arith.constant 0.127517432 : f32  // scale * log2(e)
  %ln2 = arith.constant 0.693147182 : f32
  %batches = tile.dim %q[0] : !tile.view<?x?x?x128xbf16>
  %heads = tile.dim %q[1] : !tile.view<?x?x?x128xbf16>
  %queries = tile.dim %q[2] : !tile.view<?x?x?x128xbf16>
  %key_heads = tile.dim %k[1] : !tile.view<?x?x?x128xbf16>
  %keys = tile.dim %k[2] : !tile.view<?x?x?x128xbf16>
  %b, %h, %first = tile.block %batches, %heads, %queries
  %group = arith.divui %heads, %key_heads : i32
  %hk = arith.divui %h, %group : i32

  // Runs: keys [0, last] are visible to some row, keys [0, first] to all.
  %extent = arith.constant 64 : i32
  %end = arith.addi %first, %extent : i32
  %past_last = arith.minsi %end, %queries : i32
  %visible_end = arith.minsi %past_last, %keys : i32
  %after_first = arith.addi %first, %c1 : i32
  %full_end = arith.minsi %after_first, %keys : i32
  %runs = tile.interval_runs visible(%c0, %visible_end) full(%c0, %full_end)

  %query_ring = tile.alloc at 0 : !tile.ring<1 x !query>
  %key_ring = tile.alloc at 16384 : !tile.ring<2 x !keys>
  %value_ring = tile.alloc at 49152 : !tile.ring<2 x !keys>
  %query = tile.slot %query_ring[%c0] : !tile.ring<1 x !query>
  // Joins the first group of the loop, so it travels with the first keys.
  %query_token = tile.copy_async %q[%b, %h, %first, %c0] to %query
      : !tile.view<?x?x?x128xbf16> -> !query
  %m0 = tile.splat %low : tensor<64xf32, #rows>
  %l0 = tile.splat %zero : tensor<64xf32, #sums>
  %o0 = tile.splat %zero : tensor<64x128xf32, #outputs>

  // CHECK: tile.for_runs (%{{.*}}, %{{.*}}, %{{.*}}) ahead 1 (%{{.*}}, %{{.*}}, %{{.*}}) in
  %sum:3 = tile.for_runs (%key, %partial, %valid) ahead 1 (%step, %next, %more) in %runs
      iter_args(%m = %m0, %l = %l0, %acc = %o0)
      : tensor<64xf32, #rows>, tensor<64xf32, #sums>, tensor<64x128xf32, #outputs> {
    // Entry step - 1 has arrived, and every warp is done with the slot that entry
    // step will take.
    tile.wait pending 0
    tile.barrier
    scf.if %more {
      %key_slot = tile.slot %key_ring[%step] : !tile.ring<2 x !keys>
      %kc = tile.copy_async %k[%b, %hk, %next, %c0] to %key_slot : !tile.view<?x?x?x128xbf16> -> !keys
      %value_slot = tile.slot %value_ring[%step] : !tile.ring<2 x !keys>
      %vc = tile.copy_async %v[%b, %hk, %next, %c0] to %value_slot : !tile.view<?x?x?x128xbf16> -> !keys
    }
    tile.commit
    %now:3 = scf.if %valid -> (tensor<64xf32, #rows>, tensor<64xf32, #sums>, tensor<64x128xf32, #outputs>) {
      %back = arith.subi %step, %c1 : i32
      %kt = tile.slot %key_ring[%back] : !tile.ring<2 x !keys>
      %vt = tile.slot %value_ring[%back] : !tile.ring<2 x !keys>
      %empty = tile.splat %zero : tensor<64x64xf32, #scores>
      %s = tile.dot %query, %kt, %empty
          : !query, !keys -> tensor<64x64xf32, #scores>
      %seen = scf.if %partial -> tensor<64x64xf32, #scores> {
        %masked = tile.map(%x = %s) at(%i = %first, %j = %key)
            : (tensor<64x64xf32, #scores>) -> tensor<64x64xf32, #scores> {
          %exists = arith.cmpi slt, %j, %keys : i32
          %past = arith.cmpi sge, %i, %j : i32
          %visible = arith.andi %exists, %past : i1
          %y = arith.select %visible, %x, %low : f32
          tile.yield %y : f32
        }
        scf.yield %masked : tensor<64x64xf32, #scores>
      } else {
        scf.yield %s : tensor<64x64xf32, #scores>
      }
      %high = tile.reduce max %seen : tensor<64x64xf32, #scores> -> tensor<64xf32, #rows>
      %max = tile.map(%old = %m, %new = %high)
          : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
        %y = arith.maxnumf %old, %new : f32
        tile.yield %y : f32
      }
      // -max * slope, or 0 for a row that has seen no key yet.
      %shift = tile.map(%x = %max) : (tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
        %none = arith.cmpf oeq, %x, %low : f32
        %scaled = arith.mulf %x, %slope : f32
        %minus = arith.negf %scaled : f32
        %y = arith.select %none, %zero, %minus : f32
        tile.yield %y : f32
      }
      %decay = tile.map(%old = %m, %t = %shift)
          : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
        %e = math.fma %old, %slope, %t : f32
        %y = math.exp2 %e fastmath<afn> : f32
        tile.yield %y : f32
      }
      %p = tile.map(%x = %seen, %t = %shift)
          : (tensor<64x64xf32, #scores>, tensor<64xf32, #rows>) -> tensor<64x64xf32, #scores> {
        %e = math.fma %x, %slope, %t : f32
        %y = math.exp2 %e fastmath<afn> : f32
        tile.yield %y : f32
      }
      %added = tile.reduce add %p : tensor<64x64xf32, #scores> -> tensor<64xf32, #sums>
      %l1 = tile.map(%old = %l, %a = %decay, %new = %added)
          : (tensor<64xf32, #sums>, tensor<64xf32, #rows>, tensor<64xf32, #sums>) -> tensor<64xf32, #sums> {
        %y = math.fma %old, %a, %new : f32
        tile.yield %y : f32
      }
      %faded = tile.map(%x = %acc, %a = %decay)
          : (tensor<64x128xf32, #outputs>, tensor<64xf32, #rows>) -> tensor<64x128xf32, #outputs> {
        %y = arith.mulf %x, %a : f32
        tile.yield %y : f32
      }
      %weights = tile.map(%x = %p) : (tensor<64x64xf32, #scores>) -> tensor<64x64xbf16, #scores> {
        %y = arith.truncf %x : f32 to bf16
        tile.yield %y : bf16
      }
      %packed = tile.convert %weights : tensor<64x64xbf16, #scores> -> tensor<64x64xbf16, #packed>
      %acc1 = tile.dot %packed, %vt, %faded
          : tensor<64x64xbf16, #packed>, !keys -> tensor<64x128xf32, #outputs>
      scf.yield %max, %l1, %acc1
          : tensor<64xf32, #rows>, tensor<64xf32, #sums>, tensor<64x128xf32, #outputs>
    } else {
      scf.yield %m, %l, %acc : tensor<64xf32, #rows>, tensor<64xf32, #sums>, tensor<64x128xf32, #outputs>
    }
    tile.yield %now#0, %now#1, %now#2
        : tensor<64xf32, #rows>, tensor<64xf32, #sums>, tensor<64x128xf32, #outputs>
  }
  %total = tile.convert %sum#1 : tensor<64xf32, #sums> -> tensor<64xf32, #rows>

  %inverse = tile.map(%x = %total) : (tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
    %one = arith.constant 1.0 : f32
    %none = arith.cmpf oeq, %x, %zero : f32
    %y = arith.divf %one, %x : f32
    %z = arith.select %none, %zero, %y : f32
    tile.yield %z : f32
  }
  %out = tile.map(%x = %sum#2, %a = %inverse)
      : (tensor<64x128xf32, #outputs>, tensor<64xf32, #rows>) -> tensor<64x128xbf16, #outputs> {
    %y = arith.mulf %x, %a : f32
    %z = arith.truncf %y : f32 to bf16
    tile.yield %z : bf16
  }
  tile.store %out, %o[%b, %h, %first, %c0]
      : tensor<64x128xbf16, #outputs>, !tile.view<?x?x?x128xbf16>
  %state = tile.map(%x = %sum#0, %y = %total)
      : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
    %none = arith.cmpf oeq, %y, %zero : f32
    %log = math.log2 %y fastmath<afn> : f32
    %max = arith.mulf %x, %scale : f32
    %natural = math.fma %log, %ln2, %max : f32
    %z = arith.select %none, %low, %natural : f32
    tile.yield %z : f32
  }
  tile.store %state, %lse[%b, %h, %first] : tensor<64xf32, #rows>, !tile.view<?x?x?xf32>
  tile.return
}

// CHECK-LABEL: tile.program @attention
tile.program @attention(%q: tensor<?x?x?x128xbf16> {tile.alignment = 16 : i64},
                        %k: tensor<?x?x?x128xbf16> {tile.alignment = 16 : i64},
                        %v: tensor<?x?x?x128xbf16> {tile.alignment = 16 : i64})
    -> (tensor<?x?x?x128xbf16>, tensor<?x?x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %b = tensor.dim %q, %c0 : tensor<?x?x?x128xbf16>
  %h = tensor.dim %q, %c1 : tensor<?x?x?x128xbf16>
  %m = tensor.dim %q, %c2 : tensor<?x?x?x128xbf16>
  %bk = tensor.dim %k, %c0 : tensor<?x?x?x128xbf16>
  %hk = tensor.dim %k, %c1 : tensor<?x?x?x128xbf16>
  tile.expect_equal %b "batch of %q", %bk "batch of %k"
  tile.expect_divides %hk "key heads of %k", %h "query heads of %q"
  %o = tile.new_tensor(%b, %h, %m) {tile.alignment = 16 : i64} : tensor<?x?x?x128xbf16>
  %lse = tile.new_tensor(%b, %h, %m) {tile.alignment = 4 : i64} : tensor<?x?x?xf32>
  tile.launch @attention_kernel batches %b heads %h rows %m (%q, %k, %v, %o, %lse)
      {row_tile = 64 : i64, shared_bytes = 81920 : i64, threads = 128 : i64}
      : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>,
        tensor<?x?x?x128xbf16>, tensor<?x?x?xf32>
  tile.return %o, %lse : tensor<?x?x?x128xbf16>, tensor<?x?x?xf32>
}
