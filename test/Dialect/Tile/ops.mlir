// What the two worked examples beside this file do not use reads and prints back.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s

!query = !tile.shared<64x128xbf16, [query, feature]>
#operand = #tile.fragment<[query, feature], operand, warps = 4>
!made = tensor<64x128xbf16, #tile.fragment<[query, feature], accumulator, warps = 4>>

// CHECK-LABEL: tile.kernel @table
tile.kernel @table(%ids: !tile.view<?x?xi64>, %b: i32, %i: i32) {
  // CHECK: %{{.*}}, %{{.*}} = tile.read %{{.*}}[%{{.*}}, %{{.*}}] : <?x?xi64>
  %id, %inside = tile.read %ids[%b, %i] : !tile.view<?x?xi64>
  tile.return
}

// CHECK-LABEL: tile.kernel @of_keys
tile.kernel @of_keys(%lse: !tile.view<?x?x?xf32>, %table: !tile.view<?xf32>, %n: i32) {
  // CHECK: tile.block %{{.*}}, %{{.*}}, %{{.*}} of key groups_of %{{.*}}
  %b, %h, %key = tile.block %n, %n, %n of key groups_of %n
  // CHECK: tile.load %{{.*}} : <?x?x?xf32> -> tensor<?xf32, #tile.axes<[query]>>
  %column = tile.load %lse[%b, %h, %n] : !tile.view<?x?x?xf32> -> tensor<?xf32, #tile.axes<[query]>>
  %done = tile.map(%x = %column) : (tensor<?xf32, #tile.axes<[query]>>) -> tensor<?x?xf32, #tile.axes<[key, query]>> {
    // CHECK: tile.atomic_add %{{.*}}, %{{.*}}[%{{.*}}] : <?xf32>
    tile.atomic_add %x, %table[%n] : !tile.view<?xf32>
    tile.yield %x : f32
  }
  tile.return
}

// CHECK-LABEL: tile.kernel @add
tile.kernel @add(%x: tensor<?x64xf32, #tile.axes<[query, feature]>>, %sums: !tile.view<?x64xf32>, %n: i32) {
  // CHECK: tile.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] add : tensor<?x64xf32, #tile.axes<[query, feature]>>, <?x64xf32>
  tile.store %x, %sums[%n, %n] add : tensor<?x64xf32, #tile.axes<[query, feature]>>, !tile.view<?x64xf32>
  tile.return
}

// A product that sums over the first axis of both operands.
// CHECK-LABEL: tile.kernel @across_rows
tile.kernel @across_rows(%ds: tensor<?x?xbf16, #tile.axes<[key, query]>>, %k: tensor<?x64xbf16, #tile.axes<[key, feature]>>,
                         %dq: tensor<?x64xf32, #tile.axes<[query, feature]>>) {
  // CHECK: tile.dot %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x?xbf16, #tile.axes<[key, query]>>, tensor<?x64xbf16, #tile.axes<[key, feature]>> -> tensor<?x64xf32, #tile.axes<[query, feature]>>
  %sum = tile.dot %ds, %k, %dq : tensor<?x?xbf16, #tile.axes<[key, query]>>, tensor<?x64xbf16, #tile.axes<[key, feature]>> -> tensor<?x64xf32, #tile.axes<[query, feature]>>
  tile.return
}

// CHECK-LABEL: tile.kernel @heads
tile.kernel @heads(%q: !tile.view<2x32x9x128xbf16>, %lse: !tile.view<?x?x?xf32>) {
  // CHECK: %[[Q:.*]] = tile.pack_heads %{{.*}} by 4 : <2x32x9x128xbf16>
  %queries = tile.pack_heads %q by 4 : !tile.view<2x32x9x128xbf16>
  // CHECK: tile.dim %[[Q]][1] : <2x8x36x128xbf16, heads = 4>
  %few = tile.dim %queries[1] : !tile.view<2x8x36x128xbf16, heads = 4>
  // CHECK: %[[L:.*]] = tile.pack_heads %{{.*}} by 3 : <?x?x?xf32>
  %sums = tile.pack_heads %lse by 3 : !tile.view<?x?x?xf32>
  // CHECK: tile.dim %[[L]][2] : <?x?x?xf32, heads = 3>
  %rows = tile.dim %sums[2] : !tile.view<?x?x?xf32, heads = 3>
  tile.return
}

// CHECK-LABEL: tile.kernel @registers
tile.kernel @registers(%c: i32, %made: !made) attributes {
    schedule = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = true>} {
  %ring = tile.alloc : !tile.ring<1 x !query>
  %slot = tile.slot %ring[%c] : !tile.ring<1 x !query>
  // CHECK: tile.load_shared %{{.*}} : <64x128xbf16, [query, feature]> -> tensor<64x128xbf16, #tile.fragment<[query, feature], operand, warps = 4>>
  %q = tile.load_shared %slot : !query -> tensor<64x128xbf16, #operand>
  // CHECK: tile.store_shared %{{.*}}, %{{.*}} : tensor<64x128xbf16, #tile.fragment<[query, feature], accumulator, warps = 4>>, <64x128xbf16, [query, feature]>
  tile.store_shared %made, %slot : !made, !query
  tile.return
}

// CHECK-LABEL: tile.kernel @runs
tile.kernel @runs(%lists: !tile.view<?x1x?x?x2xi32>, %counts: !tile.view<?x1x?x2xi32>, %a: i32, %b: i32) {
  // CHECK: tile.interval_runs visible(%[[A:.*]], %[[A]]) full(%[[A]], %[[A]]) or visible(%[[B:.*]], %[[B]]) full(%[[A]], %[[B]])
  %union = tile.interval_runs visible(%a, %a) full(%a, %a) or visible(%b, %b) full(%a, %b)
  // CHECK: tile.list_runs %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] : <?x1x?x?x2xi32>, <?x1x?x2xi32>
  %listed = tile.list_runs %lists, %counts[%a, %b, %b]
      : !tile.view<?x1x?x?x2xi32>, !tile.view<?x1x?x2xi32>
  tile.return
}

// CHECK-LABEL: tile.kernel @status
// CHECK-SAME: (%[[S:.*]]: !tile.status, %[[C:.*]]: i1)
tile.kernel @status(%s: !tile.status, %c: i1) {
  // CHECK: %{{.*}} = tile.failed %[[S]]
  %bad = tile.failed %s
  // CHECK: tile.report %[[S]], 31 if %[[C]]
  tile.report %s, 31 if %c
  tile.return
}
tile.program @reports(%c: i1) {
  %c1 = arith.constant 1 : index
  // CHECK: %[[S:.*]] = tile.status ["first", "second"]
  %s = tile.status ["first", "second"]
  // CHECK: tile.launch @status {{.*}}(%[[S]], %{{.*}}) : !tile.status, i1
  tile.launch @status batches %c1 heads %c1 rows %c1 (%s, %c) : !tile.status, i1
  // CHECK: tile.launch plan @status
  tile.launch plan @status batches %c1 heads %c1 rows %c1 (%s, %c) : !tile.status, i1
  tile.return
}

#bounds = #tile.fragment<[query], row, warps = 4>
#clipped = #tile.fragment<[query, key], accumulator, warps = 4>

// CHECK-LABEL: tile.kernel @clip
tile.kernel @clip(%s: tensor<64x64xf32, #clipped>, %from: tensor<64xi32, #bounds>,
                  %to: tensor<64xi32, #bounds>, %key: i32) {
  // CHECK: tile.clip %{{.*}} at %{{.*}} to %{{.*}} : tensor<64x64xf32, {{.*}}>, tensor<64xi32, {{[^,]*, [^,]*, [^,]*}}>{{$}}
  %a = tile.clip %s at %key to %to : tensor<64x64xf32, #clipped>, tensor<64xi32, #bounds>
  // CHECK: tile.clip %{{.*}} at %{{.*}} from %{{.*}} to %{{.*}} : tensor<64x64xf32, {{.*}}>, tensor<64xi32, {{.*}}>, tensor<64xi32, {{.*}}>
  %b = tile.clip %a at %key from %from to %to
      : tensor<64x64xf32, #clipped>, tensor<64xi32, #bounds>, tensor<64xi32, #bounds>
  tile.return
}
