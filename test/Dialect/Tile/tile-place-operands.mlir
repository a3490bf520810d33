// RUN: lacuna-opt %s --tile-place-operands | FileCheck %s --check-prefixes=CHECK,SHARED
// RUN: sed 's/query_in_registers = false/query_in_registers = true/' %s > %t.mlir
// RUN: lacuna-opt %t.mlir --tile-place-operands | FileCheck %s --check-prefixes=CHECK,REGISTERS
// RUN: lacuna-opt %s --tile-place-operands --tile-place-operands | FileCheck %s --check-prefixes=CHECK,SHARED

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
#queries = #tile.axes<[query, feature]>
#keys = #tile.axes<[key, feature]>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 4>
#packed = #tile.fragment<[query, key], operand, warps = 4>

// CHECK-LABEL: tile.kernel @attention
// CHECK-SAME: %[[Q:.*]]: !tile.view<?x64xf16>, %[[K:.*]]: !tile.view<?x64xf16>, %[[V:.*]]: !tile.view<?x80xf16>
tile.kernel @attention(%q: !tile.view<?x64xf16>, %k: !tile.view<?x64xf16>, %v: !tile.view<?x80xf16>,
                       %first: i32, %keys: i32)
    attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  %runs = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
  // CHECK: %[[QR:.*]] = tile.alloc : <1 x !tile.shared<64x64xf16, [query, feature]>>
  // CHECK: %[[KR:.*]] = tile.alloc : <1 x !tile.shared<32x64xf16, [key, feature]>>
  // CHECK: %[[VR:.*]] = tile.alloc : <1 x !tile.shared<32x80xf16, [key, feature]>>
  // CHECK: %[[QS:.*]] = tile.slot %[[QR]]
  // CHECK: %[[T:.*]] = tile.copy_async %[[Q]]{{.*}} to %[[QS]]
  // CHECK: tile.commit(%[[T]])
  // CHECK: tile.wait pending 0
  // CHECK: tile.barrier
  // REGISTERS: %[[F:.*]] = tile.load_shared %[[QS]] {{.*}} -> tensor<64x64xf16, #tile.fragment<[query, feature], operand, warps = 4>>
  // SHARED-NOT: tile.load_shared
  %qt = tile.load %q[%first, %c0] : !tile.view<?x64xf16> -> tensor<64x64xf16, #queries>
  %o0 = tile.splat %zero : tensor<64x80xf32, #outputs>
  // CHECK: tile.for_runs (%[[KEY:.*]], %{{.*}})
  %o = tile.for_runs (%key, %partial) in %runs iter_args(%acc = %o0) : tensor<64x80xf32, #outputs> {
    // One barrier before slots are written again.
    // CHECK-NEXT: tile.barrier
    // CHECK-NEXT: %[[KS:.*]] = tile.slot %[[KR]]
    // CHECK-NEXT: %[[KT:.*]] = tile.copy_async %[[K]][%[[KEY]], %{{.*}}] to %[[KS]]
    // CHECK-NEXT: tile.commit(%[[KT]])
    // CHECK-NEXT: tile.wait pending 0
    // CHECK-NEXT: tile.barrier
    %kt = tile.load %k[%key, %c0] : !tile.view<?x64xf16> -> tensor<32x64xf16, #keys>
    %s0 = tile.splat %zero : tensor<64x32xf32, #scores>
    // SHARED: tile.dot %[[QS]], %[[KS]]
    // REGISTERS: tile.dot %[[F]], %[[KS]]
    %s = tile.dot %qt, %kt, %s0 : tensor<64x64xf16, #queries>, tensor<32x64xf16, #keys> -> tensor<64x32xf32, #scores>
    %p = tile.map(%x = %s) : (tensor<64x32xf32, #scores>) -> tensor<64x32xf16, #scores> {
      %y = arith.truncf %x : f32 to f16
      tile.yield %y : f16
    }
    %w = tile.convert %p : tensor<64x32xf16, #scores> -> tensor<64x32xf16, #packed>
    // CHECK: %[[VS:.*]] = tile.slot %[[VR]]
    // CHECK-NEXT: %[[VT:.*]] = tile.copy_async %[[V]]{{.*}} to %[[VS]]
    // CHECK-NEXT: tile.commit(%[[VT]])
    // CHECK-NEXT: tile.wait pending 0
    // CHECK-NEXT: tile.barrier
    %vt = tile.load %v[%key, %c0] : !tile.view<?x80xf16> -> tensor<32x80xf16, #keys>
    // CHECK-NEXT: tile.dot %{{.*}}, %[[VS]]
    %next = tile.dot %w, %vt, %acc : tensor<64x32xf16, #packed>, tensor<32x80xf16, #keys> -> tensor<64x80xf32, #outputs>
    tile.yield %next : tensor<64x80xf32, #outputs>
  }
  tile.return
}

// What no product reads is loaded into registers already.
// CHECK-LABEL: tile.kernel @direct
tile.kernel @direct(%lse: !tile.view<?xf32>, %first: i32) attributes {schedule = #s, target = "sm_80"} {
  // CHECK-NEXT: tile.load
  // CHECK-NEXT: tile.return
  %l = tile.load %lse[%first] : !tile.view<?xf32> -> tensor<64xf32, #tile.fragment<[query], row, warps = 4>>
  tile.return
}

// A vector along columns goes through shared memory where a loop loads it, and is read
// right before it is used.
// CHECK-LABEL: tile.kernel @columns
tile.kernel @columns(%m: !tile.view<?xf32>, %runs: !tile.runs, %x: f32) attributes {schedule = #s, target = "sm_80"} {
  // CHECK: %[[RING:.*]] = tile.alloc : <1 x !tile.shared<32xf32, [key]>>
  // CHECK: tile.for_runs (%[[KEY:.*]], %{{.*}})
  tile.for_runs (%key, %partial) in %runs {
    // CHECK: %[[SLOT:.*]] = tile.slot %[[RING]]
    // CHECK-NEXT: tile.copy_async %{{.*}}[%[[KEY]]] to %[[SLOT]]
    // CHECK: tile.splat
    // CHECK-NEXT: %[[COLUMNS:.*]] = tile.load_shared %[[SLOT]] {{.*}} -> tensor<32xf32, #tile.fragment<[key], column, warps = 4>>
    // CHECK-NEXT: scf.if
    // CHECK-NEXT: tile.map(%{{.*}} = %[[COLUMNS]])
    %c = tile.load %m[%key] : !tile.view<?xf32> -> tensor<32xf32, #tile.fragment<[key], column, warps = 4>>
    %s = tile.splat %x : tensor<64x32xf32, #scores>
    scf.if %partial {
      %t = tile.map(%e = %c) : (tensor<32xf32, #tile.fragment<[key], column, warps = 4>>) -> tensor<64x32xf32, #scores> {
        tile.yield %e : f32
      }
    }
  }
  tile.return
}
