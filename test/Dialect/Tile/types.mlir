// Every type and attribute prints as it is read, in text and in bytecode.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s
// RUN: lacuna-opt %s --emit-bytecode | lacuna-opt | FileCheck %s

// CHECK: tile.kernel @views(%{{.*}}: !tile.view<?x?x?x128xbf16>, %{{.*}}: !tile.view<4x?xf32>, %{{.*}}: !tile.view<?xi32>)
tile.kernel @views(%q: !tile.view<?x?x?x128xbf16>, %table: !tile.view<4x?xf32>, %labels: !tile.view<?xi32>) {
  tile.return
}

// CHECK: tile.kernel @abstract_tiles(%{{.*}}: tensor<?x?xf32, #tile.axes<[query, key]>>, %{{.*}}: tensor<?x72xf16, #tile.axes<[key, feature]>>, %{{.*}}: tensor<?xf32, #tile.axes<[query]>>)
tile.kernel @abstract_tiles(%s: tensor<?x?xf32, #tile.axes<[query, key]>>,
                            %k: tensor<?x72xf16, #tile.axes<[key, feature]>>,
                            %m: tensor<?xf32, #tile.axes<[query]>>) {
  tile.return
}

// CHECK: tile.kernel @fragments(
// CHECK-SAME: tensor<64x32xf32, #tile.fragment<[query, key], accumulator, warps = 4>>
// CHECK-SAME: tensor<64x32xf16, #tile.fragment<[query, key], operand, warps = 4>>
// CHECK-SAME: tensor<64xf32, #tile.fragment<[query], row, warps = 4>>
// CHECK-SAME: tensor<64xf32, #tile.fragment<[query], partial_row, warps = 4>>
// CHECK-SAME: tensor<32xf32, #tile.fragment<[key], column, warps = 4>>
tile.kernel @fragments(%s: tensor<64x32xf32, #tile.fragment<[query, key], accumulator, warps = 4>>,
                       %p: tensor<64x32xf16, #tile.fragment<[query, key], operand, warps = 4>>,
                       %m: tensor<64xf32, #tile.fragment<[query], row, warps = 4>>,
                       %l: tensor<64xf32, #tile.fragment<[query], partial_row, warps = 4>>,
                       %c: tensor<32xf32, #tile.fragment<[key], column, warps = 4>>) {
  tile.return
}

// CHECK: tile.kernel @shared(
// CHECK-SAME: !tile.shared<64x128xbf16, [query, feature]>
// CHECK-SAME: !tile.ring<3 x !tile.shared<32x80xf16, [key, feature]>>
// CHECK-SAME: !tile.shared<32xf32, [query]>
// CHECK-SAME: !tile.runs
// CHECK-SAME: !tile.token
tile.kernel @shared(%q: !tile.shared<64x128xbf16, [query, feature]>,
                    %k: !tile.ring<3 x !tile.shared<32x80xf16, [key, feature]>>,
                    %lse: !tile.shared<32xf32, [query]>,
                    %runs: !tile.runs, %copy: !tile.token) {
  tile.return
}

// CHECK: tile.kernel @maps(%{{.*}}: !tile.copy_map<64x32xf16>, %{{.*}}: !tile.copy_map<256x16xbf16>) attributes {persistent}
tile.kernel @maps(%k: !tile.copy_map<64x32xf16>, %o: !tile.copy_map<256x16xbf16>) attributes {persistent} {
  tile.return
}

// CHECK: tile.kernel @heads(%{{.*}}: !tile.copy_map<96x32xf16, heads = 3>)
tile.kernel @heads(%q: !tile.copy_map<96x32xf16, heads = 3>) {
  tile.return
}

// CHECK: tile.kernel @attributes()
// CHECK-SAME: blocks_per_sm = 2 : i64
// CHECK-SAME: schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 3, query_in_registers = true>
// CHECK-SAME: shared_bytes = 98304 : i64
// CHECK-SAME: target = "sm_90a"
tile.kernel @attributes() attributes {
    schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 3, query_in_registers = true>,
    target = "sm_90a", shared_bytes = 98304, blocks_per_sm = 2} {
  tile.return
}
