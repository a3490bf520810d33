// RUN: lacuna-opt %s --split-input-file --tile-specialize-warps | FileCheck %s

#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 3, query_in_registers = false, roles = true>
#qf = #tile.axes<[query, feature]>
#kf = #tile.axes<[key, feature]>
!q = !tile.view<?x?x?x80xf16>
!k = !tile.view<?x?x?x80xf16>
!scores = tensor<128x64xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
!weights = tensor<128x64xf16, #tile.fragment<[query, key], operand, warps = 8>>
!outputs = tensor<128x80xf32, #tile.fragment<[query, feature], accumulator, warps = 8>>

// Loads become rings; a view of 80 columns needs a map for each width of panel, and
// keys and values that are one view share them.
// CHECK-LABEL: tile.kernel @attend
// CHECK-SAME:  %[[Q64:[^ ]*]]: !tile.copy_map<128x64xf16> {tile.describes = 0 : i64}, %[[Q16:[^ ]*]]: !tile.copy_map<128x16xf16> {tile.describes = 0 : i64},
// CHECK-SAME:  %[[K64:[^ ]*]]: !tile.copy_map<64x64xf16> {tile.describes = 1 : i64}, %[[K16:[^ ]*]]: !tile.copy_map<64x16xf16> {tile.describes = 1 : i64})
tile.kernel @attend(%q: !q, %k: !k, %output: !q, %b: i32, %h: i32, %first: i32, %keys: i32, %group: i32)
    attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  // CHECK:      %[[QUERY:.*]] = tile.alloc : <1 x !tile.shared<128x80xf16, [query, feature]>>
  // CHECK-NEXT: %[[KEY:.*]] = tile.alloc : <3 x !tile.shared<64x80xf16, [key, feature]>>
  // CHECK-NEXT: %[[VALUE:.*]] = tile.alloc : <3 x !tile.shared<64x80xf16, [key, feature]>>
  // CHECK-NEXT: %[[QF:.*]] = tile.alloc_barriers arrivals 1 : <1>
  // CHECK-NEXT: %[[KF:.*]] = tile.alloc_barriers arrivals 1 : <3>
  // CHECK-NEXT: %[[KE:.*]] = tile.alloc_barriers arrivals 2 : <3>
  // CHECK-NEXT: %[[VF:.*]] = tile.alloc_barriers arrivals 1 : <3>
  // CHECK-NEXT: %[[VE:.*]] = tile.alloc_barriers arrivals 2 : <3>
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: arith.divui
  // CHECK-NEXT: tile.roles producer registers 24 {
  // CHECK-NEXT:   %[[SLOT:.*]] = tile.slot %[[QUERY]]
  // CHECK-NEXT:   tile.expect %[[QF]][%{{.*}}] bytes 20480
  // CHECK-NEXT:   tile.copy_bulk(%[[Q64]], %[[Q16]]) {{.*}} to %[[SLOT]] signals %[[QF]]
  // CHECK-NEXT:   tile.for_runs (%[[AT:[^ ,]*]], %{{.*}}) in %{{.*}} iter_args(%[[USE:.*]] = %{{.*}}) : i32 {
  // CHECK-NEXT:     %[[SHIFTED:.*]] = arith.addi %[[AT]]
  // CHECK-NEXT:     %[[SLOT:.*]] = tile.slot %[[KEY]][%[[USE]]]
  // CHECK-NEXT:     tile.await_freed %[[KE]][%[[USE]]]
  // CHECK-NEXT:     tile.expect %[[KF]][%[[USE]]] bytes 10240
  // CHECK-NEXT:     tile.copy_bulk(%[[K64]], %[[K16]]) [%{{.*}}, %{{.*}}, %[[SHIFTED]], %{{.*}}] to %[[SLOT]] signals %[[KF]][%[[USE]]]
  // CHECK-NEXT:     %[[SLOT:.*]] = tile.slot %[[VALUE]][%[[USE]]]
  // CHECK-NEXT:     tile.await_freed %[[VE]][%[[USE]]]
  // CHECK-NEXT:     tile.expect %[[VF]][%[[USE]]] bytes 10240
  // CHECK-NEXT:     tile.copy_bulk(%[[K64]], %[[K16]]) [%{{.*}}, %{{.*}}, %[[AT]], %{{.*}}] to %[[SLOT]] signals %[[VF]][%[[USE]]]
  // CHECK-NEXT:     %[[NEXT:.*]] = arith.addi %[[USE]]
  // CHECK-NEXT:     tile.yield %[[NEXT]] : i32
  // CHECK:      } consumers registers 240 {
  // CHECK-NEXT:   %[[SLOT:.*]] = tile.slot %[[QUERY]]
  // CHECK-NEXT:   tile.await_filled %[[QF]]
  // CHECK:        tile.for_runs {{.*}}, %[[USE:.*]] = %{{.*}}) :
  // CHECK-NEXT:     arith.addi
  // CHECK-NEXT:     %[[KT:.*]] = tile.slot %[[KEY]][%[[USE]]]
  // CHECK-NEXT:     tile.await_filled %[[KF]][%[[USE]]]
  // CHECK:          tile.dot %[[SLOT]], %[[KT]]
  // CHECK-NEXT:     tile.release %[[KE]][%[[USE]]]
  // CHECK:          %[[VT:.*]] = tile.slot %[[VALUE]][%[[USE]]]
  // CHECK-NEXT:     tile.await_filled %[[VF]][%[[USE]]]
  // CHECK-NEXT:     %[[O:.*]] = tile.dot %{{.*}}, %[[VT]]
  // CHECK-NEXT:     tile.release %[[VE]][%[[USE]]]
  // CHECK-NEXT:     %[[NEXT:.*]] = arith.addi %[[USE]]
  // CHECK-NEXT:     tile.yield %[[O]], %[[NEXT]]
  // CHECK:        tile.store
  // CHECK-NEXT: }
  // CHECK-NEXT: tile.return
  %runs = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
  %qt = tile.load %q[%b, %h, %first, %c0] : !q -> tensor<128x80xf16, #qf>
  %none = tile.splat %zero : !outputs
  %o = tile.for_runs (%key, %partial) in %runs iter_args(%before = %none) : !outputs {
    %at = arith.addi %key, %c1 : i32
    %kt = tile.load %k[%b, %h, %at, %c0] : !k -> tensor<64x80xf16, #kf>
    %empty = tile.splat %zero : !scores
    %s = tile.dot %qt, %kt, %empty : tensor<128x80xf16, #qf>, tensor<64x80xf16, #kf> -> !scores
    %p = tile.map(%x = %s) : (!scores) -> !weights {
      %w = arith.truncf %x : f32 to f16
      tile.yield %w : f16
    }
    %vt = tile.load %k[%b, %h, %key, %c0] : !k -> tensor<64x80xf16, #kf>
    %after = tile.dot %p, %vt, %before : !weights, tensor<64x80xf16, #kf> -> !outputs
    tile.yield %after : !outputs
  }
  // The address of the output is scalar code behind tile code, and not of the roles.
  %head = arith.divui %h, %group : i32
  %half = tile.map(%x = %o) : (!outputs) -> tensor<128x80xf16, #tile.fragment<[query, feature], accumulator, warps = 8>> {
    %w = arith.truncf %x : f32 to f16
    tile.yield %w : f16
  }
  tile.store %half, %output[%b, %head, %first, %c0] : tensor<128x80xf16, #tile.fragment<[query, feature], accumulator, warps = 8>>, !q
  tile.return
}

// -----

// Three warp groups leave fewer registers to each.
#s = #tile.schedule<query_tile = 192, key_tile = 64, warps = 12, stages = 2, query_in_registers = false, roles = true>
#qf = #tile.axes<[query, feature]>
// CHECK-LABEL: tile.kernel @three
// CHECK:       tile.roles producer registers 32 {
// CHECK:       } consumers registers 160 {
tile.kernel @three(%q: !tile.view<?x?x?x64xf16>, %b: i32) attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %qt = tile.load %q[%b, %b, %b, %c0] : !tile.view<?x?x?x64xf16> -> tensor<192x64xf16, #qf>
  tile.return
}

// -----

// Without roles in the schedule nothing happens.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#qf = #tile.axes<[query, feature]>
// CHECK-LABEL: tile.kernel @no_roles
// CHECK-NOT:   tile.roles
// CHECK:       tile.load
tile.kernel @no_roles(%q: !tile.view<?x?x?x64xf16>, %b: i32) attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %qt = tile.load %q[%b, %b, %b, %c0] : !tile.view<?x?x?x64xf16> -> tensor<64x64xf16, #qf>
  tile.return
}

// -----

// Parts of a view have a map of their own, in which each end is a tensor.
#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
#qf = #tile.axes<[query, feature]>
// CHECK-LABEL: tile.kernel @part
// CHECK-SAME:  (%[[Q:[^:]*]]: !tile.view<?x?x?x64xf16>, %[[B:[^:]*]]: i32, %[[BEGIN:[^:]*]]: i32, %[[END:[^:]*]]: i32,
// CHECK-SAME:  %[[WHOLE:[^ ]*]]: !tile.copy_map<128x64xf16> {tile.describes = 0 : i64}, %[[PARTS:[^ ]*]]: !tile.copy_map<128x64xf16> {tile.describes = 0 : i64, tile.parts})
// CHECK:       tile.copy_bulk(%[[WHOLE]]) [%[[B]], %[[B]], %[[B]], %{{.*}}]
// CHECK:       %[[ROWS:.*]] = tile.dim %[[Q]][2]
// CHECK-NEXT:  %[[OWN:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK-NEXT:  %[[BEFORE:.*]] = arith.subi %[[ROWS]], %[[OWN]]
// CHECK-NEXT:  %[[ROW:.*]] = arith.addi %[[BEFORE]], %[[B]]
// CHECK:       tile.copy_bulk(%[[PARTS]]) [%[[END]], %[[B]], %[[ROW]], %{{.*}}]
tile.kernel @part(%q: !tile.view<?x?x?x64xf16>, %b: i32, %begin: i32, %end: i32) attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %part = tile.part %q along 2 from %begin to %end : !tile.view<?x?x?x64xf16>
  %whole = tile.load %q[%b, %b, %b, %c0] : !tile.view<?x?x?x64xf16> -> tensor<128x64xf16, #qf>
  %some = tile.load %part[%c0, %b, %b, %c0] : !tile.view<?x?x?x64xf16> -> tensor<128x64xf16, #qf>
  tile.return
}

// -----

// Boxes of packed heads have a map of their own, at the same indices; of a part, behind
// the rows of all heads that lie before it.
#s = #tile.schedule<query_tile = 192, key_tile = 64, warps = 12, stages = 2, query_in_registers = false, roles = true>
#qf = #tile.axes<[query, feature]>
// CHECK-LABEL: tile.kernel @packed
// CHECK-SAME:  %[[B:[^:]*]]: i32, %[[MAP:[^ ]*]]: !tile.copy_map<192x64xf16, heads = 3> {tile.describes = 0 : i64},
// CHECK-SAME:  %[[PARTS:[^ ]*]]: !tile.copy_map<192x64xf16, heads = 3> {tile.describes = 0 : i64, tile.parts})
// CHECK:       tile.copy_bulk(%[[MAP]]) [%[[B]], %[[B]], %[[B]], %{{.*}}]
// CHECK:       %[[OWN:.*]] = arith.subi
// CHECK-NEXT:  %[[POSITIONS:.*]] = arith.subi %{{.*}}, %[[OWN]]
// CHECK:       %[[BEFORE:.*]] = arith.muli %[[POSITIONS]], %c3_i32
// CHECK-NEXT:  %[[ROW:.*]] = arith.addi %[[BEFORE]], %[[B]]
// CHECK:       tile.copy_bulk(%[[PARTS]]) [%[[B]], %[[B]], %[[ROW]], %{{.*}}]
tile.kernel @packed(%q: !tile.view<?x6x?x64xf16>, %b: i32) attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %packed = tile.pack_heads %q by 3 : !tile.view<?x6x?x64xf16>
  %qt = tile.load %packed[%b, %b, %b, %c0] : !tile.view<?x2x?x64xf16, heads = 3> -> tensor<192x64xf16, #qf>
  %part = tile.part %q along 2 from %c0 to %b : !tile.view<?x6x?x64xf16>
  %heads = tile.pack_heads %part by 3 : !tile.view<?x6x?x64xf16>
  %rows = tile.load %heads[%c0, %b, %b, %c0] : !tile.view<?x2x?x64xf16, heads = 3> -> tensor<192x64xf16, #qf>
  tile.return
}

// -----

// Rows of keys: the producer has the loop over heads, too, and both roles count uses
// through it. Queries are read by products of both orientations and released behind the
// last; a vector of theirs is copied by a warp, read where it is needed and released at
// the end. A vector of rows stays a load.
#s = #tile.schedule<query_tile = 32, key_tile = 128, warps = 8, stages = 2, query_in_registers = false, roles = true>
#qf = #tile.axes<[query, feature]>
#kf = #tile.axes<[key, feature]>
!view = !tile.view<?x?x?x64xbf16>
!vector = !tile.view<?x?x?xf32>
!rows = tensor<128xf32, #tile.fragment<[key], row, warps = 8>>
!columns = tensor<32xf32, #tile.fragment<[query], column, warps = 8>>
!scores = tensor<128x32xf32, #tile.fragment<[key, query], accumulator, warps = 8>>
!weights = tensor<128x32xbf16, #tile.fragment<[key, query], operand, warps = 8>>
!sums = tensor<128x64xf32, #tile.fragment<[key, feature], accumulator, warps = 8>>
// CHECK-LABEL: tile.kernel @by_key
// CHECK-SAME:  %[[LSE:[^ ]*]]: !tile.view<?x?x?xf32>, %[[LIST:[^ ]*]]: !tile.view<?xi32>,
// CHECK:       %[[QUERY:.*]] = tile.alloc : <2 x !tile.shared<32x64xbf16, [query, feature]>>
// CHECK:       %[[VECTOR:.*]] = tile.alloc : <2 x !tile.shared<32xf32, [query]>>
// CHECK:       %[[QF:.*]] = tile.alloc_barriers arrivals 1 : <2>
// CHECK-NEXT:  %[[QE:.*]] = tile.alloc_barriers arrivals 2 : <2>
// CHECK-NEXT:  %[[VF:.*]] = tile.alloc_barriers arrivals 32 : <2>
// CHECK-NEXT:  %[[VE:.*]] = tile.alloc_barriers arrivals 8 : <2>
// CHECK:       tile.roles producer warp registers 56 {
// CHECK:         %{{.*}} = scf.for %[[H:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[N:.*]] = %{{.*}}) -> (i32)
// CHECK-NEXT:      %[[END:.*]], %{{.*}} = tile.read %[[LIST]][%[[H]]]
// CHECK-NEXT:      %[[RUNS:.*]] = tile.interval_runs visible(%{{.*}}, %[[END]])
// CHECK-NEXT:      %[[AFTER:.*]] = tile.for_runs (%[[AT:[^ ,]*]], %{{.*}}) in %[[RUNS]] iter_args(%[[USE:.*]] = %[[N]]) : i32 {
// CHECK:             tile.copy_bulk{{.*}}[%{{.*}}, %[[H]], %[[AT]], %{{.*}}]
// CHECK-NEXT:        %[[SLOT:.*]] = tile.slot %[[VECTOR]][%[[USE]]]
// CHECK-NEXT:        tile.await_freed %[[VE]][%[[USE]]]
// CHECK-NEXT:        tile.copy_vector %[[LSE]][%{{.*}}, %[[H]], %[[AT]]] to %[[SLOT]] signals %[[VF]][%[[USE]]]
// CHECK:           scf.yield %[[AFTER]] : i32
// CHECK:       } consumers registers 224 {
// CHECK:         tile.load {{.*}} -> tensor<128xf32, #tile.fragment<[key], row, warps = 8>>
// CHECK:         %{{.*}} = scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[N:.*]] = %{{.*}}) -> (tensor<128x64xf32, {{.*}}>, i32)
// CHECK:           %[[AFTER:.*]]:2 = tile.for_runs {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[USE:.*]] = %[[N]])
// CHECK:             %[[QT:.*]] = tile.slot %[[QUERY]][%[[USE]]]
// CHECK-NEXT:        tile.await_filled %[[QF]][%[[USE]]]
// CHECK:             tile.dot %{{.*}}, %[[QT]]
// CHECK-NEXT:        %[[SLOT:.*]] = tile.slot %[[VECTOR]][%[[USE]]]
// CHECK-NEXT:        tile.await_filled %[[VF]][%[[USE]]]
// CHECK-NEXT:        %[[COLUMNS:.*]] = tile.load_shared %[[SLOT]]
// CHECK-NEXT:        tile.map(%{{.*}} = %{{.*}}, %{{.*}} = %[[COLUMNS]],
// CHECK:             tile.dot %{{.*}}, %[[QT]]
// CHECK-NEXT:        tile.release %[[QE]][%[[USE]]]
// CHECK:             tile.meet_warp
// CHECK-NEXT:        tile.release %[[VE]][%[[USE]]]
// CHECK-NEXT:        tile.yield
// CHECK:           scf.yield %[[AFTER]]#0, %[[AFTER]]#1
tile.kernel @by_key(%q: !view, %k: !view, %dk: !view, %lse: !vector, %list: !tile.view<?xi32>, %keys: i32, %group: i32)
    attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  %b, %hk, %first = tile.block %c1, %c1, %keys of key
  %kt = tile.load %k[%b, %b, %first, %c0] : !view -> tensor<128x64xbf16, #kf>
  %bias = tile.load %lse[%b, %b, %first] : !vector -> !rows
  %none = tile.splat %zero : !sums
  %dk_sum = scf.for %h = %c0 to %group step %c1 iter_args(%heads = %none) -> (!sums) : i32 {
    %end, %inside = tile.read %list[%h] : !tile.view<?xi32>
    %runs = tile.interval_runs visible(%c0, %end) full(%c0, %end)
    %sum = tile.for_runs (%query, %partial) in %runs iter_args(%before = %heads) : !sums {
      %qt = tile.load %q[%b, %h, %query, %c0] : !view -> tensor<32x64xbf16, #qf>
      %ls = tile.load %lse[%b, %h, %query] : !vector -> !columns
      %empty = tile.splat %zero : !scores
      %s = tile.dot %kt, %qt, %empty : tensor<128x64xbf16, #kf>, tensor<32x64xbf16, #qf> -> !scores
      %p = tile.map(%x = %s, %l = %ls, %y = %bias) : (!scores, !columns, !rows) -> !weights {
        %d = arith.subf %x, %l : f32
        %z = arith.addf %d, %y : f32
        %w = arith.truncf %z : f32 to bf16
        tile.yield %w : bf16
      }
      %after = tile.dot %p, %qt, %before : !weights, tensor<32x64xbf16, #qf> -> !sums
      tile.yield %after : !sums
    }
    scf.yield %sum : !sums
  }
  tile.return
}
