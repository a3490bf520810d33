// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Loops around the loop over runs: what both carry is one variable.

#schedule = #tile.schedule<query_tile = 32, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>
!sums = tensor<16x16xf32, #tile.fragment<[key, feature], accumulator, warps = 1>>

// CHECK-LABEL: emitc.func @heads
// CHECK: blockOfKeys<16>
// CHECK: %[[SUMS:.*]] = "emitc.variable"() {{.*}}lvalue<!emitc.opaque<"F32x8">>
// CHECK-NOT: "emitc.variable"{{.*}}F32x8
// CHECK: verbatim "#pragma unroll 1"
// CHECK: for %[[HEAD:.*]] = %{{.*}} to %{{.*}} step %{{.*}} : i32 {
// CHECK:   lacuna::intervalRuns<32>
// CHECK:   for
// CHECK:     verbatim "{} = addf_features({}, {});" args %[[SUMS]], %[[SUMS]]
// CHECK: verbatim "store_features({}, {}, {}, {});" args {{.*}}, %[[SUMS]] :
tile.kernel @heads(%dk: !tile.view<?x16xf32>, %n: i32, %from: i32, %to: i32, %x: f32)
    attributes {schedule = #schedule, shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %b, %h, %first = tile.block %n, %n, %n of key
  %zero = tile.splat %x : !sums
  %all = scf.for %head = %from to %to step %c1 iter_args(%outer = %zero) -> (!sums) : i32 {
    %runs = tile.interval_runs visible(%c0, %head) full(%c0, %head)
    %sum = tile.for_runs (%query, %partial) in %runs iter_args(%inner = %outer) : !sums {
      %next = tile.map(%e = %inner) : (!sums) -> !sums {
        %y = arith.addf %e, %x : f32
        tile.yield %y : f32
      }
      tile.yield %next : !sums
    }
    scf.yield %sum : !sums
  }
  tile.store %all, %dk[%first, %c0] : !sums, !tile.view<?x16xf32>
  tile.return
}
