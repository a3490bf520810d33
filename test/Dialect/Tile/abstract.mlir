// RUN: lacuna-opt %s --verify-roundtrip --tile-verify-abstract | FileCheck %s
// RUN: lacuna-opt %s | FileCheck %s --strict-whitespace --check-prefix=SPACES
//
// Causal attention as the lowering from attn writes it: no target, tile size,
// thread or barrier. `?` along query and key is the tile size still to come; a
// user pinned it to 64 x 64, which is what scheduled.mlir shows.

#rows = #tile.axes<[query]>
#scores = #tile.axes<[query, key]>
#queries = #tile.axes<[query, feature]>
#keys = #tile.axes<[key, feature]>

// CHECK-LABEL: tile.kernel @attention_kernel
tile.kernel @attention_kernel(%q: !tile.view<?x?x?x128xbf16>, %k: !tile.view<?x?x?x128xbf16>,
                              %v: !tile.view<?x?x?x128xbf16>, %o: !tile.view<?x?x?x128xbf16>,
                              %lse: !tile.view<?x?x?xf32>)
    attributes {tile.pins = {query_tile = 64, key_tile = 64, query_in_registers = false}} {
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
  // SPACES: tile.extent query
  %extent = tile.extent query
  %end = arith.addi %first, %extent : i32
  %past_last = arith.minsi %end, %queries : i32
  %visible_end = arith.minsi %past_last, %keys : i32
  %after_first = arith.addi %first, %c1 : i32
  %full_end = arith.minsi %after_first, %keys : i32
  // CHECK: tile.interval_runs visible(%{{.*}}, %{{.*}}) full(%{{.*}}, %{{.*}})
  %runs = tile.interval_runs visible(%c0, %visible_end) full(%c0, %full_end)

  %query = tile.load %q[%b, %h, %first, %c0]
      : !tile.view<?x?x?x128xbf16> -> tensor<?x128xbf16, #queries>
  %m0 = tile.splat %low : tensor<?xf32, #rows>
  %l0 = tile.splat %zero : tensor<?xf32, #rows>
  %o0 = tile.splat %zero : tensor<?x128xf32, #queries>

  // CHECK: tile.for_runs (%{{.*}}, %{{.*}}) in %{{.*}} iter_args(
  %sum:3 = tile.for_runs (%key, %partial) in %runs iter_args(%m = %m0, %l = %l0, %acc = %o0)
      : tensor<?xf32, #rows>, tensor<?xf32, #rows>, tensor<?x128xf32, #queries> {
    %kt = tile.load %k[%b, %hk, %key, %c0]
        : !tile.view<?x?x?x128xbf16> -> tensor<?x128xbf16, #keys>
    %empty = tile.splat %zero : tensor<?x?xf32, #scores>
    // CHECK: tile.dot
    %s = tile.dot %query, %kt, %empty
        : tensor<?x128xbf16, #queries>, tensor<?x128xbf16, #keys> -> tensor<?x?xf32, #scores>
    %seen = scf.if %partial -> tensor<?x?xf32, #scores> {
      // CHECK: tile.map(%{{.*}} = %{{.*}}) at(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}})
      %masked = tile.map(%x = %s) at(%i = %first, %j = %key)
          : (tensor<?x?xf32, #scores>) -> tensor<?x?xf32, #scores> {
        %exists = arith.cmpi slt, %j, %keys : i32
        %past = arith.cmpi sge, %i, %j : i32
        %visible = arith.andi %exists, %past : i1
        %y = arith.select %visible, %x, %low : f32
        tile.yield %y : f32
      }
      scf.yield %masked : tensor<?x?xf32, #scores>
    } else {
      scf.yield %s : tensor<?x?xf32, #scores>
    }
    %high = tile.reduce max %seen : tensor<?x?xf32, #scores> -> tensor<?xf32, #rows>
    %max = tile.map(%old = %m, %new = %high)
        : (tensor<?xf32, #rows>, tensor<?xf32, #rows>) -> tensor<?xf32, #rows> {
      %y = arith.maxnumf %old, %new : f32
      tile.yield %y : f32
    }
    // -max * slope, or 0 for a row that has seen no key yet.
    %shift = tile.map(%x = %max) : (tensor<?xf32, #rows>) -> tensor<?xf32, #rows> {
      %none = arith.cmpf oeq, %x, %low : f32
      %scaled = arith.mulf %x, %slope : f32
      %minus = arith.negf %scaled : f32
      %y = arith.select %none, %zero, %minus : f32
      tile.yield %y : f32
    }
    %decay = tile.map(%old = %m, %t = %shift)
        : (tensor<?xf32, #rows>, tensor<?xf32, #rows>) -> tensor<?xf32, #rows> {
      %e = math.fma %old, %slope, %t : f32
      %y = math.exp2 %e fastmath<afn> : f32
      tile.yield %y : f32
    }
    %p = tile.map(%x = %seen, %t = %shift)
        : (tensor<?x?xf32, #scores>, tensor<?xf32, #rows>) -> tensor<?x?xf32, #scores> {
      %e = math.fma %x, %slope, %t : f32
      %y = math.exp2 %e fastmath<afn> : f32
      tile.yield %y : f32
    }
    // CHECK: tile.reduce add
    // SPACES: tile.reduce add
    %added = tile.reduce add %p : tensor<?x?xf32, #scores> -> tensor<?xf32, #rows>
    %l1 = tile.map(%old = %l, %a = %decay, %new = %added)
        : (tensor<?xf32, #rows>, tensor<?xf32, #rows>, tensor<?xf32, #rows>) -> tensor<?xf32, #rows> {
      %y = math.fma %old, %a, %new : f32
      tile.yield %y : f32
    }
    %faded = tile.map(%x = %acc, %a = %decay)
        : (tensor<?x128xf32, #queries>, tensor<?xf32, #rows>) -> tensor<?x128xf32, #queries> {
      %y = arith.mulf %x, %a : f32
      tile.yield %y : f32
    }
    %weights = tile.map(%x = %p) : (tensor<?x?xf32, #scores>) -> tensor<?x?xbf16, #scores> {
      %y = arith.truncf %x : f32 to bf16
      tile.yield %y : bf16
    }
    %vt = tile.load %v[%b, %hk, %key, %c0]
        : !tile.view<?x?x?x128xbf16> -> tensor<?x128xbf16, #keys>
    %acc1 = tile.dot %weights, %vt, %faded
        : tensor<?x?xbf16, #scores>, tensor<?x128xbf16, #keys> -> tensor<?x128xf32, #queries>
    tile.yield %max, %l1, %acc1
        : tensor<?xf32, #rows>, tensor<?xf32, #rows>, tensor<?x128xf32, #queries>
  }

  %inverse = tile.map(%x = %sum#1) : (tensor<?xf32, #rows>) -> tensor<?xf32, #rows> {
    %one = arith.constant 1.0 : f32
    %none = arith.cmpf oeq, %x, %zero : f32
    %y = arith.divf %one, %x : f32
    %z = arith.select %none, %zero, %y : f32
    tile.yield %z : f32
  }
  %out = tile.map(%x = %sum#2, %a = %inverse)
      : (tensor<?x128xf32, #queries>, tensor<?xf32, #rows>) -> tensor<?x128xbf16, #queries> {
    %y = arith.mulf %x, %a : f32
    %z = arith.truncf %y : f32 to bf16
    tile.yield %z : bf16
  }
  // CHECK: tile.store
  tile.store %out, %o[%b, %h, %first, %c0]
      : tensor<?x128xbf16, #queries>, !tile.view<?x?x?x128xbf16>
  %state = tile.map(%x = %sum#0, %y = %sum#1)
      : (tensor<?xf32, #rows>, tensor<?xf32, #rows>) -> tensor<?xf32, #rows> {
    %none = arith.cmpf oeq, %y, %zero : f32
    %log = math.log2 %y fastmath<afn> : f32
    %max = arith.mulf %x, %scale : f32
    %natural = math.fma %log, %ln2, %max : f32
    %z = arith.select %none, %low, %natural : f32
    tile.yield %z : f32
  }
  tile.store %state, %lse[%b, %h, %first] : tensor<?xf32, #rows>, !tile.view<?x?x?xf32>
  tile.return
}

// CHECK-LABEL: tile.program @attention
tile.program @attention(%q: tensor<?x?x?x128xbf16>, %k: tensor<?x?x?x128xbf16>,
                        %v: tensor<?x?x?x128xbf16>)
    -> (tensor<?x?x?x128xbf16>, tensor<?x?x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %b = tensor.dim %q, %c0 : tensor<?x?x?x128xbf16>
  %h = tensor.dim %q, %c1 : tensor<?x?x?x128xbf16>
  %m = tensor.dim %q, %c2 : tensor<?x?x?x128xbf16>
  %bk = tensor.dim %k, %c0 : tensor<?x?x?x128xbf16>
  %hk = tensor.dim %k, %c1 : tensor<?x?x?x128xbf16>
  // CHECK: tile.expect_equal
  tile.expect_equal %b "batch of %q", %bk "batch of %k"
  // CHECK: tile.expect_divides
  tile.expect_divides %hk "key heads of %k", %h "query heads of %q"
  // CHECK: tile.new_tensor(%{{.*}}, %{{.*}}, %{{.*}}) : tensor<?x?x?x128xbf16>
  %o = tile.new_tensor(%b, %h, %m) : tensor<?x?x?x128xbf16>
  %lse = tile.new_tensor(%b, %h, %m) : tensor<?x?x?xf32>
  // CHECK: tile.launch @attention_kernel batches
  tile.launch @attention_kernel batches %b heads %h rows %m (%q, %k, %v, %o, %lse)
      : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>,
        tensor<?x?x?x128xbf16>, tensor<?x?x?xf32>
  tile.return %o, %lse : tensor<?x?x?x128xbf16>, tensor<?x?x?xf32>
}
