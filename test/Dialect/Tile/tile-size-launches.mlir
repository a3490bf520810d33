// RUN: lacuna-opt %s --split-input-file --tile-size-launches --verify-diagnostics | FileCheck %s

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%q: !tile.view<?xf32>) attributes {schedule = #s, shared_bytes = 4096, target = "sm_80"} {
  tile.return
}
// CHECK-LABEL: tile.program @p
tile.program @p(%q: tensor<?xf32>) {
  %c1 = arith.constant 1 : index
  // CHECK: tile.launch @k
  // CHECK-SAME: {row_tile = 128 : i64, shared_bytes = 4096 : i64, threads = 128 : i64}
  tile.launch @k batches %c1 heads %c1 rows %c1 (%q) : tensor<?xf32>
  tile.return
}

// -----

// Rows move in pieces of 16 bytes, elements of tables one by one.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 1, stages = 2, query_in_registers = false>
tile.kernel @moves(%x: !tile.view<?x?x?x8xf16>, %y: !tile.view<?x?x?xf32>, %order: !tile.view<?x?x?xi32>, %n: i32)
    attributes {schedule = #s, shared_bytes = 0, target = "sm_80"} {
  tile.move_rows %x, %x by %order[%n, %n, %n] : !tile.view<?x?x?x8xf16>, !tile.view<?x?x?xi32>
  tile.move_rows %y, %y by %order[%n, %n, %n] : !tile.view<?x?x?xf32>, !tile.view<?x?x?xi32>
  tile.return
}
// CHECK-LABEL: tile.program @p
// CHECK-SAME: tensor<?x?x?x8xf16> {tile.alignment = 16 : i64}, %{{.*}}: tensor<?x?x?xf32> {tile.alignment = 4 : i64}, %{{.*}}: tensor<?x?x?xi32> {tile.alignment = 4 : i64}
tile.program @p(%x: tensor<?x?x?x8xf16>, %y: tensor<?x?x?xf32>, %order: tensor<?x?x?xi32>, %n: i32) {
  %c1 = arith.constant 1 : index
  tile.launch @moves batches %c1 heads %c1 rows %c1 (%x, %y, %order, %n) : tensor<?x?x?x8xf16>, tensor<?x?x?xf32>, tensor<?x?x?xi32>, i32
  tile.return
}

// -----

// Rows and projections are read in pieces, buckets are written one by one.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 1, stages = 2, query_in_registers = false>
tile.kernel @hashes(%x: !tile.view<?x?x?x8xf16>, %r: !tile.view<?x?x8xf32>, %buckets: !tile.view<?x?x?xi32>, %n: i32)
    attributes {schedule = #s, shared_bytes = 0, target = "sm_80"} {
  tile.hash_rows %x by %r[%n] to %buckets[%n, %n, %n] : !tile.view<?x?x?x8xf16>, !tile.view<?x?x8xf32>, !tile.view<?x?x?xi32>
  tile.return
}
// CHECK-LABEL: tile.program @p
// CHECK-SAME: tensor<?x?x?x8xf16> {tile.alignment = 16 : i64}, %{{.*}}: tensor<?x?x8xf32> {tile.alignment = 16 : i64}, %{{.*}}: tensor<?x?x?xi32> {tile.alignment = 4 : i64}
tile.program @p(%x: tensor<?x?x?x8xf16>, %r: tensor<?x?x8xf32>, %buckets: tensor<?x?x?xi32>, %n: i32) {
  %c1 = arith.constant 1 : index
  tile.launch @hashes batches %c1 heads %c1 rows %c1 (%x, %r, %buckets, %n) : tensor<?x?x?x8xf16>, tensor<?x?x8xf32>, tensor<?x?x?xi32>, i32
  tile.return
}

// -----

// A kernel that is emitted already was sized before; its launch is unchanged.
func.func private @k(i64)
// CHECK-LABEL: tile.program @p
tile.program @p(%q: tensor<?xf32>) {
  %c1 = arith.constant 1 : index
  // CHECK: {row_tile = 64 : i64, shared_bytes = 0 : i64, threads = 32 : i64}
  tile.launch @k batches %c1 heads %c1 rows %c1 (%q) {row_tile = 64, threads = 32, shared_bytes = 0} : tensor<?xf32>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?xf32>) {
  tile.return
}
tile.program @p(%q: tensor<?xf32>) {
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{launches 'k', whose schedule is not complete}}
  tile.launch @k batches %c1 heads %c1 rows %c1 (%q) : tensor<?xf32>
  tile.return
}

// -----

// Tensors learn what their addresses and strides must be multiples of: 16 bytes
// where whole chunks are copied or stored, an element where single ones are. The
// strictest use of a tensor decides.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 4>
#rows = #tile.fragment<[query], row, warps = 4>
!slot = !tile.shared<64x64xf16, [query, feature]>
tile.kernel @k(%q: !tile.view<?x64xf16>, %t: !tile.view<?xf32>, %o: !tile.view<?x64xf16>, %l: !tile.view<?xf32>)
    attributes {schedule = #s, shared_bytes = 8192, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.0 : f16
  %ring = tile.alloc at 0 : !tile.ring<1 x !slot>
  %slot = tile.slot %ring[%c0] : !tile.ring<1 x !slot>
  %copy = tile.copy_async %q[%c0, %c0] to %slot : !tile.view<?x64xf16> -> !slot
  %x, %inside = tile.read %t[%c0] : !tile.view<?xf32>
  %out = tile.splat %half : tensor<64x64xf16, #outputs>
  tile.store %out, %o[%c0, %c0] : tensor<64x64xf16, #outputs>, !tile.view<?x64xf16>
  %rows = tile.splat %x : tensor<64xf32, #rows>
  tile.store %rows, %l[%c0] : tensor<64xf32, #rows>, !tile.view<?xf32>
  tile.return
}
// CHECK-LABEL: tile.program @p
// CHECK-SAME: tensor<?x64xf16> {tile.alignment = 16 : i64}, %{{.*}}: tensor<?xf32> {tile.alignment = 4 : i64}
tile.program @p(%q: tensor<?x64xf16>, %t: tensor<?xf32>) -> (tensor<?x64xf16>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %q, %c0 : tensor<?x64xf16>
  // CHECK: tile.new_tensor({{.*}}) {tile.alignment = 16 : i64} : tensor<?x64xf16>
  // CHECK: tile.new_tensor({{.*}}) {tile.alignment = 4 : i64} : tensor<?xf32>
  %o = tile.new_tensor(%m) : tensor<?x64xf16>
  %l = tile.new_tensor(%m) : tensor<?xf32>
  tile.launch @k batches %c1 heads %c1 rows %m (%q, %t, %o, %l) : tensor<?x64xf16>, tensor<?xf32>, tensor<?x64xf16>, tensor<?xf32>
  tile.return %o, %l : tensor<?x64xf16>, tensor<?xf32>
}

// -----

// A launch makes the maps its kernel's bulk copies need, whose tensors are then
// aligned; a persistent kernel says how many blocks an SM holds.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%n: i32, %q: !tile.view<?x64xf16>, %o: !tile.view<?x32xbf16>,
               %maps: !tile.copy_map<64x64xf16> {tile.describes = 1},
               %mapo: !tile.copy_map<16x32xbf16> {tile.describes = 2, tile.parts})
    attributes {schedule = #s, shared_bytes = 0, target = "sm_90a", persistent, blocks_per_sm = 2} {
  tile.return
}
// CHECK-LABEL: tile.program @p
// CHECK-SAME: (%[[N:.*]]: i32, %[[Q:.*]]: tensor<?x64xf16> {tile.alignment = 16 : i64})
tile.program @p(%n: i32, %q: tensor<?x64xf16>) -> tensor<?x32xbf16> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %q, %c0 : tensor<?x64xf16>
  // CHECK: %[[O:.*]] = tile.new_tensor({{.*}}) {tile.alignment = 16 : i64} : tensor<?x32xbf16>
  %o = tile.new_tensor(%m) : tensor<?x32xbf16>
  // CHECK: %[[MAPQ:.*]] = tile.copy_map %[[Q]] : tensor<?x64xf16> -> !tile.copy_map<64x64xf16>
  // CHECK: %[[MAPO:.*]] = tile.copy_map %[[O]] parts : tensor<?x32xbf16> -> !tile.copy_map<16x32xbf16>
  // CHECK: tile.launch @k {{.*}}(%[[N]], %[[Q]], %[[O]], %[[MAPQ]], %[[MAPO]])
  // CHECK-SAME: {blocks_per_sm = 2 : i64, row_tile = 64 : i64
  tile.launch @k batches %c1 heads %c1 rows %m (%n, %q, %o) : i32, tensor<?x64xf16>, tensor<?x32xbf16>
  tile.return %o : tensor<?x32xbf16>
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%q: !tile.view<?x64xf16>, %map: !tile.copy_map<64x64xf16>)
    attributes {schedule = #s, shared_bytes = 0, target = "sm_90a"} {
  tile.return
}
tile.program @p(%q: tensor<?x64xf16>) {
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{launches 'k', whose copy map 1 does not say which view it describes}}
  tile.launch @k batches %c1 heads %c1 rows %c1 (%q) : tensor<?x64xf16>
  tile.return
}

// -----

// A part is as aligned as what it is a part of, and so is a view whose heads are packed;
// pieces are read in pairs.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%o: !tile.view<?x64xf16>, %pieces: !tile.view<?x6xi32>, %n: i32, %p: !tile.view<1x4x?x64xf16>)
    attributes {schedule = #s, shared_bytes = 0, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f16
  %s, %f, %qb, %qe, %kb, %ke = tile.piece %pieces[%n] : !tile.view<?x6xi32>
  %part = tile.part %o along 0 from %qb to %qe : !tile.view<?x64xf16>
  %x = tile.splat %zero : tensor<64x64xf16, #tile.fragment<[query, feature], accumulator, warps = 4>>
  tile.store %x, %part[%f, %c0] : tensor<64x64xf16, #tile.fragment<[query, feature], accumulator, warps = 4>>, !tile.view<?x64xf16>
  %packed = tile.pack_heads %p by 4 : !tile.view<1x4x?x64xf16>
  tile.store %x, %packed[%c0, %c0, %f, %c0] : tensor<64x64xf16, #tile.fragment<[query, feature], accumulator, warps = 4>>, !tile.view<1x1x?x64xf16, heads = 4>
  tile.return
}
// CHECK-LABEL: tile.program @p
// CHECK-SAME:  (%{{.*}}: tensor<?x64xf16> {tile.alignment = 16 : i64}, %{{.*}}: tensor<?x6xi32> {tile.alignment = 8 : i64}, %{{.*}}: i32, %{{.*}}: tensor<1x4x?x64xf16> {tile.alignment = 16 : i64})
tile.program @p(%o: tensor<?x64xf16>, %pieces: tensor<?x6xi32>, %n: i32, %p: tensor<1x4x?x64xf16>) {
  %c1 = arith.constant 1 : index
  tile.launch @k batches %c1 heads %c1 rows %c1 (%o, %pieces, %n, %p) : tensor<?x64xf16>, tensor<?x6xi32>, i32, tensor<1x4x?x64xf16>
  tile.return
}

// -----

// Rows of a kernel of keys are its key tile; a matrix that is loaded, by pairs, is aligned,
// and a vector that is copied by elements need not be.
#s = #tile.schedule<query_tile = 32, key_tile = 128, warps = 8, stages = 2, query_in_registers = false>
tile.kernel @k(%q: !tile.view<?x64xbf16>, %lse: !tile.view<?xf32>, %n: i32)
    attributes {schedule = #s, shared_bytes = 1024, target = "sm_80"} {
  %b, %h, %first = tile.block %n, %n, %n of key
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc at 0 : !tile.ring<2 x !tile.shared<32xf32, [query]>>
  %slot = tile.slot %ring[%c0] : !tile.ring<2 x !tile.shared<32xf32, [query]>>
  %token = tile.copy_async %lse[%n] to %slot : !tile.view<?xf32> -> !tile.shared<32xf32, [query]>
  %rows = tile.load %q[%first, %c0] : !tile.view<?x64xbf16> -> tensor<128x64xbf16, #tile.fragment<[key, feature], accumulator, warps = 8>>
  tile.return
}
// CHECK-LABEL: tile.program @of_keys
// CHECK-SAME: tile.alignment = 16 : i64
// CHECK-SAME: tile.alignment = 4 : i64
tile.program @of_keys(%q: tensor<?x64xbf16>, %lse: tensor<?xf32>, %n: i32) {
  %c1 = arith.constant 1 : index
  // CHECK: {row_tile = 128 : i64
  tile.launch @k batches %c1 heads %c1 rows %c1 (%q, %lse, %n) : tensor<?x64xbf16>, tensor<?xf32>, i32
  tile.return
}
