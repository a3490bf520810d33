// RUN: lacuna-opt %s --verify-roundtrip --tile-verify-abstract | FileCheck %s
//
// The backward pass of attention whose query i sees the keys up to i + shift, as three
// abstract kernels: delta, the gradient of queries, and those of keys and values, whose
// rows are keys and whose loop walks query tiles. test/unit/Compiler/BackwardTest.cpp runs
// this program with other head dims and element types in place of these.

!qk = tensor<?x?x?x128xbf16>
!vo = tensor<?x?x?x64xbf16>
!rows = tensor<?x?x?xf32>
!qk_view = !tile.view<?x?x?x128xbf16>
!vo_view = !tile.view<?x?x?x64xbf16>
!rows_view = !tile.view<?x?x?xf32>

// Rows of queries.
!i = tensor<?xf32, #tile.axes<[query]>>
!ij = tensor<?x?xf32, #tile.axes<[query, key]>>
!ij_packed = tensor<?x?xbf16, #tile.axes<[query, key]>>
!q_tile = tensor<?x128xbf16, #tile.axes<[query, feature]>>
!dq_tile = tensor<?x128xf32, #tile.axes<[query, feature]>>
!o_tile = tensor<?x64xbf16, #tile.axes<[query, feature]>>
!o_sums = tensor<?x64xf32, #tile.axes<[query, feature]>>
// Rows of keys.
!ji = tensor<?x?xf32, #tile.axes<[key, query]>>
!ji_packed = tensor<?x?xbf16, #tile.axes<[key, query]>>
!k_tile = tensor<?x128xbf16, #tile.axes<[key, feature]>>
!dk_tile = tensor<?x128xf32, #tile.axes<[key, feature]>>
!v_tile = tensor<?x64xbf16, #tile.axes<[key, feature]>>
!dv_tile = tensor<?x64xf32, #tile.axes<[key, feature]>>

// delta = row sums of do * o, less what comes through lse.
// CHECK-LABEL: tile.kernel @delta_kernel
tile.kernel @delta_kernel(%o: !vo_view, %do: !vo_view, %dlse: !rows_view, %delta: !rows_view) {
  %c0 = arith.constant 0 : i32
  %batches = tile.dim %o[0] : !vo_view
  %heads = tile.dim %o[1] : !vo_view
  %queries = tile.dim %o[2] : !vo_view
  %b, %h, %first = tile.block %batches, %heads, %queries
  %ot = tile.load %o[%b, %h, %first, %c0] : !vo_view -> !o_tile
  %dot = tile.load %do[%b, %h, %first, %c0] : !vo_view -> !o_tile
  %products = tile.map(%x = %ot, %y = %dot) : (!o_tile, !o_tile) -> !o_sums {
    %xf = arith.extf %x : bf16 to f32
    %yf = arith.extf %y : bf16 to f32
    %p = arith.mulf %xf, %yf : f32
    tile.yield %p : f32
  }
  %sums = tile.reduce add %products : !o_sums -> !i
  %dl = tile.load %dlse[%b, %h, %first] : !rows_view -> !i
  %row = tile.map(%s = %sums, %l = %dl) : (!i, !i) -> !i {
    %d = arith.subf %s, %l : f32
    tile.yield %d : f32
  }
  tile.store %row, %delta[%b, %h, %first] : !i, !rows_view
  tile.return
}

// CHECK-LABEL: tile.kernel @query_kernel
tile.kernel @query_kernel(%q: !qk_view, %k: !qk_view, %v: !vo_view, %do: !vo_view, %lse: !rows_view,
                          %delta: !rows_view, %dq: !qk_view, %shift: i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %scale = arith.constant 0.0883883461 : f32
  %slope = arith.constant 0.127517432 : f32  // scale * log2(e)
  %fall = arith.constant -1.44269502 : f32   // -log2(e)
  %batches = tile.dim %q[0] : !qk_view
  %heads = tile.dim %q[1] : !qk_view
  %queries = tile.dim %q[2] : !qk_view
  %key_heads = tile.dim %k[1] : !qk_view
  %keys = tile.dim %k[2] : !qk_view
  %b, %h, %first = tile.block %batches, %heads, %queries
  %group = arith.divui %heads, %key_heads : i32
  %hk = arith.divui %h, %group : i32

  // Runs: keys up to that of the last row are visible to some row, of the first to all.
  %extent = tile.extent query
  %end = arith.addi %first, %extent : i32
  %past_last = arith.minsi %end, %queries : i32
  %last_key = arith.addi %past_last, %shift : i32
  %visible = arith.minsi %last_key, %keys : i32
  %visible_end = arith.maxsi %visible, %c0 : i32
  %first_key = arith.addi %first, %shift : i32
  %after_first = arith.addi %first_key, %c1 : i32
  %full = arith.minsi %after_first, %keys : i32
  %full_end = arith.maxsi %full, %c0 : i32
  %runs = tile.interval_runs visible(%c0, %visible_end) full(%c0, %full_end)

  %query = tile.load %q[%b, %h, %first, %c0] : !qk_view -> !q_tile
  %dout = tile.load %do[%b, %h, %first, %c0] : !vo_view -> !o_tile
  %ls = tile.load %lse[%b, %h, %first] : !rows_view -> !i
  %dl = tile.load %delta[%b, %h, %first] : !rows_view -> !i
  // -lse * log2(e), or 0 for a row that sees no key.
  %fallen = tile.map(%l = %ls) : (!i) -> !i {
    %none = arith.cmpf oeq, %l, %low : f32
    %some = arith.mulf %l, %fall : f32
    %y = arith.select %none, %zero, %some : f32
    tile.yield %y : f32
  }
  %dq0 = tile.splat %zero : !dq_tile
  %sum = tile.for_runs (%key, %partial) in %runs iter_args(%acc = %dq0) : !dq_tile {
    %kt = tile.load %k[%b, %hk, %key, %c0] : !qk_view -> !k_tile
    %vt = tile.load %v[%b, %hk, %key, %c0] : !vo_view -> !v_tile
    %empty = tile.splat %zero : !ij
    %s = tile.dot %query, %kt, %empty : !q_tile, !k_tile -> !ij
    %seen = scf.if %partial -> !ij {
      %masked = tile.map(%x = %s) at(%i = %first, %j = %key) : (!ij) -> !ij {
        %exists = arith.cmpi slt, %j, %keys : i32
        %last = arith.addi %i, %shift : i32
        %past = arith.cmpi sge, %last, %j : i32
        %visible_here = arith.andi %exists, %past : i1
        %y = arith.select %visible_here, %x, %low : f32
        tile.yield %y : f32
      }
      scf.yield %masked : !ij
    } else {
      scf.yield %s : !ij
    }
    %p = tile.map(%x = %seen, %m = %fallen) : (!ij, !i) -> !ij {
      %e = math.fma %x, %slope, %m : f32
      %y = math.exp2 %e fastmath<afn> : f32
      tile.yield %y : f32
    }
    %dp = tile.dot %dout, %vt, %empty : !o_tile, !v_tile -> !ij
    %ds = tile.map(%x = %p, %y = %dp, %m = %dl) : (!ij, !ij, !i) -> !ij_packed {
      %d = arith.subf %y, %m : f32
      %z = arith.mulf %x, %d : f32
      %r = arith.truncf %z : f32 to bf16
      tile.yield %r : bf16
    }
    // The keys of the scores, once more: their other axis is summed over.
    // CHECK: tile.dot %{{.*}}, %[[KEYS:.*]], %{{.*}} : tensor<?x?xbf16, #tile.axes<[query, key]>>, tensor<?x128xbf16, #tile.axes<[key, feature]>>
    %next = tile.dot %ds, %kt, %acc : !ij_packed, !k_tile -> !dq_tile
    tile.yield %next : !dq_tile
  }
  %out = tile.map(%x = %sum) : (!dq_tile) -> !q_tile {
    %y = arith.mulf %x, %scale : f32
    %r = arith.truncf %y : f32 to bf16
    tile.yield %r : bf16
  }
  tile.store %out, %dq[%b, %h, %first, %c0] : !q_tile, !qk_view
  tile.return
}

// CHECK-LABEL: tile.kernel @key_kernel
tile.kernel @key_kernel(%q: !qk_view, %k: !qk_view, %v: !vo_view, %do: !vo_view, %lse: !rows_view,
                        %delta: !rows_view, %dk: !qk_view, %dv: !vo_view, %shift: i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %scale = arith.constant 0.0883883461 : f32
  %slope = arith.constant 0.127517432 : f32  // scale * log2(e)
  %fall = arith.constant -1.44269502 : f32   // -log2(e)
  %batches = tile.dim %k[0] : !qk_view
  %heads = tile.dim %q[1] : !qk_view
  %queries = tile.dim %q[2] : !qk_view
  %key_heads = tile.dim %k[1] : !qk_view
  %keys = tile.dim %k[2] : !qk_view
  // CHECK: tile.block %{{.*}}, %{{.*}}, %{{.*}} of key
  %b, %hk, %first = tile.block %batches, %key_heads, %keys of key
  %group = arith.divui %heads, %key_heads : i32
  %head_begin = arith.muli %hk, %group : i32
  %head_end = arith.addi %head_begin, %group : i32

  // Runs: queries from that of the first key on see some row, from the last one on all.
  %extent = tile.extent key
  %end = arith.addi %first, %extent : i32
  %past_last = arith.minsi %end, %keys : i32
  %last_key = arith.subi %past_last, %c1 : i32
  %from_first = arith.subi %first, %shift : i32
  %visible = arith.maxsi %from_first, %c0 : i32
  %visible_begin = arith.minsi %visible, %queries : i32
  %from_last = arith.subi %last_key, %shift : i32
  %full = arith.maxsi %from_last, %c0 : i32
  %full_begin = arith.minsi %full, %queries : i32

  %key_rows = tile.load %k[%b, %hk, %first, %c0] : !qk_view -> !k_tile
  %value_rows = tile.load %v[%b, %hk, %first, %c0] : !vo_view -> !v_tile
  %dk0 = tile.splat %zero : !dk_tile
  %dv0 = tile.splat %zero : !dv_tile
  // CHECK: scf.for
  %sums:2 = scf.for %h = %head_begin to %head_end step %c1
      iter_args(%dk_heads = %dk0, %dv_heads = %dv0) -> (!dk_tile, !dv_tile) : i32 {
    %runs = tile.interval_runs visible(%visible_begin, %queries) full(%full_begin, %queries)
    %sum:2 = tile.for_runs (%query, %partial) in %runs
        iter_args(%dk_acc = %dk_heads, %dv_acc = %dv_heads) : !dk_tile, !dv_tile {
      %qt = tile.load %q[%b, %h, %query, %c0] : !qk_view -> !q_tile
      %dot = tile.load %do[%b, %h, %query, %c0] : !vo_view -> !o_tile
      // CHECK: tile.load %{{.*}} : <?x?x?xf32> -> tensor<?xf32, #tile.axes<[query]>>
      %ls = tile.load %lse[%b, %h, %query] : !rows_view -> !i
      %dl = tile.load %delta[%b, %h, %query] : !rows_view -> !i
      %empty = tile.splat %zero : !ji
      // CHECK: tile.dot {{.*}} : tensor<?x128xbf16, #tile.axes<[key, feature]>>, tensor<?x128xbf16, #tile.axes<[query, feature]>> -> tensor<?x?xf32, #tile.axes<[key, query]>>
      %s = tile.dot %key_rows, %qt, %empty : !k_tile, !q_tile -> !ji
      %seen = scf.if %partial -> !ji {
        %masked = tile.map(%x = %s) at(%j = %first, %i = %query) : (!ji) -> !ji {
          %exists = arith.cmpi slt, %i, %queries : i32
          %last = arith.addi %i, %shift : i32
          %past = arith.cmpi sge, %last, %j : i32
          %visible_here = arith.andi %exists, %past : i1
          %y = arith.select %visible_here, %x, %low : f32
          tile.yield %y : f32
        }
        scf.yield %masked : !ji
      } else {
        scf.yield %s : !ji
      }
      %fallen = tile.map(%l = %ls) : (!i) -> !i {
        %none = arith.cmpf oeq, %l, %low : f32
        %some = arith.mulf %l, %fall : f32
        %y = arith.select %none, %zero, %some : f32
        tile.yield %y : f32
      }
      %p = tile.map(%x = %seen, %m = %fallen) : (!ji, !i) -> !ji {
        %e = math.fma %x, %slope, %m : f32
        %y = math.exp2 %e fastmath<afn> : f32
        tile.yield %y : f32
      }
      %weights = tile.map(%x = %p) : (!ji) -> !ji_packed {
        %r = arith.truncf %x : f32 to bf16
        tile.yield %r : bf16
      }
      %dp = tile.dot %value_rows, %dot, %empty : !v_tile, !o_tile -> !ji
      %ds = tile.map(%x = %p, %y = %dp, %m = %dl) : (!ji, !ji, !i) -> !ji_packed {
        %d = arith.subf %y, %m : f32
        %z = arith.mulf %x, %d : f32
        %r = arith.truncf %z : f32 to bf16
        tile.yield %r : bf16
      }
      %dk_next = tile.dot %ds, %qt, %dk_acc : !ji_packed, !q_tile -> !dk_tile
      // Packed weights wait for their product, so that scores have the registers.
      %dv_next = tile.dot %weights, %dot, %dv_acc : !ji_packed, !o_tile -> !dv_tile
      tile.yield %dk_next, %dv_next : !dk_tile, !dv_tile
    }
    scf.yield %sum#0, %sum#1 : !dk_tile, !dv_tile
  }
  %dk_out = tile.map(%x = %sums#0) : (!dk_tile) -> !k_tile {
    %y = arith.mulf %x, %scale : f32
    %r = arith.truncf %y : f32 to bf16
    tile.yield %r : bf16
  }
  tile.store %dk_out, %dk[%b, %hk, %first, %c0] : !k_tile, !qk_view
  %dv_out = tile.map(%x = %sums#1) : (!dv_tile) -> !v_tile {
    %r = arith.truncf %x : f32 to bf16
    tile.yield %r : bf16
  }
  tile.store %dv_out, %dv[%b, %hk, %first, %c0] : !v_tile, !vo_view
  tile.return
}

// CHECK-LABEL: tile.program @backward
tile.program @backward(%q: !qk, %k: !qk, %v: !vo, %o: !vo, %lse: !rows, %do: !vo, %dlse: !rows,
                       %shift: i32) -> (!qk, !qk, !vo) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %batches = tensor.dim %q, %c0 : !qk
  %heads = tensor.dim %q, %c1 : !qk
  %queries = tensor.dim %q, %c2 : !qk
  %key_heads = tensor.dim %k, %c1 : !qk
  %keys = tensor.dim %k, %c2 : !qk
  %delta = tile.new_tensor(%batches, %heads, %queries) : !rows
  tile.launch @delta_kernel batches %batches heads %heads rows %queries (%o, %do, %dlse, %delta)
      : !vo, !vo, !rows, !rows
  %dq = tile.new_tensor(%batches, %heads, %queries) : !qk
  tile.launch @query_kernel batches %batches heads %heads rows %queries
      (%q, %k, %v, %do, %lse, %delta, %dq, %shift) : !qk, !qk, !vo, !vo, !rows, !rows, !qk, i32
  %dk = tile.new_tensor(%batches, %key_heads, %keys) : !qk
  %dv = tile.new_tensor(%batches, %key_heads, %keys) : !vo
  // CHECK: tile.launch @key_kernel batches %{{.*}} heads %{{.*}} rows %{{.*}}
  tile.launch @key_kernel batches %batches heads %key_heads rows %keys
      (%q, %k, %v, %do, %lse, %delta, %dk, %dv, %shift)
      : !qk, !qk, !vo, !vo, !rows, !rows, !qk, !vo, i32
  tile.return %dq, %dk, %dv : !qk, !qk, !vo
}
