// RUN: lacuna-opt %s --convert-tile-to-emitc | FileCheck %s
//
// Roles: the producer is one thread of the warp group behind the consumers', and what
// passes between the two are calls of primitives. Products are one asm statement.

#schedule = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
!queries = !tile.shared<128x96xf16, [query, feature]>
!keys = !tile.shared<32x96xf16, [key, feature]>
!qring = !tile.ring<1 x !queries>
!kring = !tile.ring<2 x !keys>
!scores = tensor<128x32xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
!packed = tensor<128x32xf16, #tile.fragment<[query, key], accumulator, warps = 8>>
!weights = tensor<128x32xf16, #tile.fragment<[query, key], operand, warps = 8>>
!outputs = tensor<128x96xf32, #tile.fragment<[query, feature], accumulator, warps = 8>>
!rows = tensor<128xf32, #tile.fragment<[query], row, warps = 8>>

// Queries and keys both lie along features: panels of 64 columns, then one of 32. The
// warp group's rows begin 64 rows on for each group before it; their places stay in
// registers. Places count 16 bytes.
// CHECK:      struct Places6 { uint32_t x0, x1, x2, x3, x4, x5; };
// CHECK:      Places6 places_of_query(uint32_t slot)
// CHECK-SAME: r.x0 = slot + 512 * lacuna::warpGroupIndex();
// CHECK-SAME: r.x3 = slot + 6 + 512 * lacuna::warpGroupIndex();
// CHECK-SAME: r.x4 = slot + 1024 + 256 * lacuna::warpGroupIndex();
// CHECK-SAME: asm volatile(\22\22 : \22+r\22(r.x0),
// CHECK:      void start_scores(F32x16 &d, const Places6 &query, uint32_t key)
// CHECK-SAME: mov.b32 h128, 1073741888;{{.*}}mov.b32 h64, 2147483680;
// CHECK-SAME: wgmma.fence.sync.aligned;
// CHECK-SAME: mov.b64 a, {%16, h128};{{.*}}mov.b64 b, {%22, h128};
// CHECK-SAME: wgmma.mma_async.sync.aligned.m64n32k16.f32.f16.f16 {%0, {{.*}}, %15}, a, b, 0, 1, 1, 0, 0;
// CHECK-SAME: mov.b64 a, {%17, h128};{{.*}}mov.b64 b, {%23, h128};
// CHECK-SAME: a, b, 1, 1, 1, 0, 0;
// CHECK-SAME: mov.b64 a, {%20, h64};{{.*}}mov.b64 b, {%26, h64};
// CHECK-NOT:  commit_group
// CHECK-SAME: \22=f\22(d.x0)
// CHECK-SAME: \22r\22(query.x5), \22r\22(key), \22r\22(key + 2), \22r\22(key + 4), \22r\22(key + 6), \22r\22(key + 256), \22r\22(key + 258)

// What waits is tied to the registers that are complete, unless statements read them,
// which stay behind it; others are read behind it.
// CHECK:      void await_scores(F32x16 &x)
// CHECK-SAME: wgmma.wait_group.sync.aligned 0;
// CHECK-SAME: \22+f\22(x.x0)
// CHECK:      void after_weights(F16x16 &x)
// CHECK-SAME: \22+r\22(x.x0)

// Rows are reduced by statements, too.
// CHECK:      F32x2 max_of_scores(const F32x16 &x)
// CHECK-SAME: .reg .f32 t<4>;
// CHECK-SAME: max.f32 t0, %2, %3;
// CHECK-SAME: max.f32 t1, %6, %7;
// CHECK-SAME: max.f32 t0, t0, t1;
// CHECK-SAME: max.f32 %0, t0, t1;
// CHECK-SAME: max.f32 t0, %4, %5;
// CHECK-SAME: max.f32 %1, t0, t1;
// CHECK-SAME: \22=&f\22(r.x0), \22=&f\22(r.x1)
// CHECK-SAME: r.x1 = lacuna::rowMaximum(r.x1);

// Values lie along keys: one product for each width of panel.
// CHECK:      void dot_outputs(F32x48 &d, const F16x16 &weights, uint32_t key)
// CHECK-SAME: m64n64k16.f32.f16.f16 {%0, {{.*}}, %31}, {%48, %49, %50, %51}, b, 1, 1, 1, 1;
// CHECK-SAME: m64n32k16.f32.f16.f16 {%32, {{.*}}, %47}, {%48, %49, %50, %51}, b, 1, 1, 1, 1;
// CHECK-SAME: {%52, %53, %54, %55}, b, 1, 1, 1, 1;
// CHECK-SAME: wgmma.commit_group.sync.aligned;{{.*}}wgmma.wait_group.sync.aligned 0;
// CHECK-SAME: \22r\22(key + 16777216), \22r\22(key + 8388864), \22r\22(key + 16777344), \22r\22(key + 8388928)

// CHECK:      bool any_differs_rows(const F32x2 &x, const F32x2 &y)
// CHECK-SAME: return lacuna::anyLane(x.x0 != y.x0 || x.x1 != y.x1);

// CHECK:      void copy_bulk_32x96(const lacuna::CopyMap &map0, const lacuna::CopyMap &map1, int32_t batch, int32_t head, int32_t row, int32_t column, uint32_t slot, uint32_t barriers, uint32_t use)
// CHECK-SAME: const uint32_t barrier = lacuna::barrierOf<2>(barriers, use);
// CHECK-SAME: lacuna::copyBulk(map0, 16 * slot + 0, barrier, column + 0, row, head, batch);
// CHECK-SAME: lacuna::copyBulk(map1, 16 * slot + 4096, barrier, column + 64, row, head, batch);

// CHECK:      128 queries x 32 keys, 8 warps and their producer, 2 stages,
// CHECK:      emitc.func @roles
// CHECK-SAME: !emitc.opaque<"const __grid_constant__ lacuna::CopyMap">
// CHECK-SAME: "__launch_bounds__(384)"
tile.kernel @roles(%wide: !tile.copy_map<32x64xf16>, %narrow: !tile.copy_map<32x32xf16>, %b: i32, %n: i32)
    attributes {schedule = #schedule, target = "sm_90a", shared_bytes = 36928 : i64} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  %qr = tile.alloc at 0 : !qring
  %kr = tile.alloc at 24576 : !kring
  // CHECK: call_opaque "lacuna::keptRing"
  // CHECK: call_opaque "lacuna::keptAddress"
  %filled = tile.alloc_barriers arrivals 1 at 36864 : !tile.barriers<2>
  // CHECK: call_opaque "lacuna::keptAddress"
  // One thread sets up all of them, and the copy engine sees them.
  // CHECK-NEXT: verbatim "lacuna::initBarrier<1>({} + 0);"
  // CHECK-NEXT: verbatim "lacuna::initBarrier<1>({} + 8);"
  // CHECK-NEXT: verbatim "lacuna::initBarrier<2>({} + 0);"
  // CHECK-NEXT: verbatim "lacuna::initBarrier<2>({} + 8);"
  // CHECK-NEXT: verbatim "lacuna::fenceBarriers();"
  %freed = tile.alloc_barriers arrivals 2 at 36880 : !tile.barriers<2>
  // CHECK: call_opaque "lacuna::keptAddress"
  %mailbox = tile.alloc_mailbox at 36912 : !tile.mailbox
  tile.barrier
  // CHECK: %[[CONSUMES:.*]] = call_opaque "lacuna::warpIsBelow<8>"
  // CHECK: if %[[CONSUMES]] {
  // CHECK:   "lacuna::takeRegisters<240>();"
  // CHECK:   "lacuna::openTurns<2>();"
  // CHECK:   "lacuna::awaitFilled<2>({}, {});"
  // CHECK:   "{} = lacuna::receiveBlock({});"
  // CHECK:   "lacuna::awaitTurn();"
  // CHECK:   "start_scores({}, {}, {});"
  // CHECK:   "lacuna::commitDots();"
  // CHECK:   "lacuna::passTurn<2>();"
  // CHECK:   "lacuna::awaitDots<1>();"
  // CHECK:   "lacuna::meetWarp();"
  // CHECK:   "lacuna::releaseSlot<2, 128>({}, {});"
  // CHECK:   "truncf_weights({}, {});"
  // CHECK-NEXT: "await_scores({});"
  // CHECK-NEXT: "after_weights({});"
  // CHECK:   "dot_outputs({}, {}, {});"
  // CHECK-NEXT: "lacuna::awaitDots<0>();"
  // CHECK-NEXT: "mulf_outputs({}, {});"
  // CHECK:   "any_differs_rows"
  // CHECK: } else {
  // CHECK:   "lacuna::giveRegisters<24>();"
  // CHECK:   %[[PRODUCES:.*]] = call_opaque "lacuna::isElected<8>"
  // CHECK:   if %[[PRODUCES]] {
  // CHECK:     "lacuna::awaitFreed<2>({}, {});"
  // CHECK-NEXT: "lacuna::sendBlock({}, {}, {}, {});"
  // CHECK-NEXT: "lacuna::expectBytes<2, 6144>({}, {});"
  // CHECK:     "copy_bulk_32x96({}, {}, {}, {}, {}, {}, {}, {}, {});"
  tile.roles producer registers 24 {
    %slot = tile.slot %kr[%n] : !kring
    tile.await_freed %freed[%n] : !tile.barriers<2>
    tile.send_block %b, %b, %n to %mailbox : !tile.mailbox
    tile.expect %filled[%n] bytes 6144 : !tile.barriers<2>
    tile.copy_bulk (%wide, %narrow)[%b, %b, %n, %c0] to %slot signals %filled[%n]
        : (!tile.copy_map<32x64xf16>, !tile.copy_map<32x32xf16>) -> !keys, !tile.barriers<2>
  } consumers registers 240 {
    tile.open_turns
    %q = tile.slot %qr[%c0] : !qring
    %k = tile.slot %kr[%n] : !kring
    tile.await_filled %filled[%n] : !tile.barriers<2>
    %batch, %head, %first = tile.receive_block %mailbox : !tile.mailbox
    %none = tile.splat %zero : !scores
    tile.await_turn
    %started = tile.dot %q, %k, %none async : !queries, !keys -> !scores
    tile.commit_dots
    tile.pass_turn
    %s = tile.await_dots pending 1(%started) : !scores
    tile.meet_warp
    tile.release %freed[%n] : !tile.barriers<2>
    %p = tile.map(%x = %s) : (!scores) -> !packed {
      %y = arith.truncf %x : f32 to f16
      tile.yield %y : f16
    }
    %s2, %p2 = tile.await_dots pending 0(%s, %p) : !scores, !packed
    %s3 = tile.map(%x = %s2) : (!scores) -> !scores {
      %y = math.absf %x : f32
      tile.yield %y : f32
    }
    %m = tile.reduce max %s3 : !scores -> !rows
    %w = tile.convert %p2 : !packed -> !weights
    %two = arith.constant 2.0 : f32
    %o1 = tile.splat %two : !outputs
    %o2 = tile.dot %w, %k, %o1 : !weights, !keys -> !outputs
    %o3 = tile.await_dots pending 0(%o2) : !outputs
    %o4 = tile.map(%x = %o3, %y = %m) : (!outputs, !rows) -> !outputs {
      %z = arith.mulf %x, %y : f32
      tile.yield %z : f32
    }
    tile.await_dots pending 0
    %differs = tile.any_differs %m, %m : !rows
  }
  tile.return
}

// A loop that is drained takes a step more and is left in it. Without keys, queries stand
// in for them, and but one instruction of the product is started.
// CHECK:      void start_scores_2(F32x16 &d, const Places6 &query, uint32_t key, uint32_t stand_in)
// CHECK-SAME: wgmma.fence.sync.aligned;{{.*}}mma_async{{[^;]*}} a, b, 0, 1, 1, 0, 0;
// CHECK-SAME: .reg .pred p; setp.eq.b32 p, %22, %23; @p bra.uni done_%=;
// CHECK-SAME: wgmma.fence.sync.aligned;{{.*}}mma_async{{[^;]*}} a, b, 1, 1, 1, 0, 0;
// CHECK-SAME: done_%=:{{.*}}wgmma.fence.sync.aligned;
// CHECK-SAME: \22r\22(key), \22r\22(stand_in), \22r\22(key + 2)
// CHECK:      emitc.func @drained
tile.kernel @drained(%keys: i32, %zeros: i32) attributes {schedule = #schedule, target = "sm_90a", shared_bytes = 36864 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  // CHECK: %[[QUERIES:.*]] = call_opaque "lacuna::keptRing"
  %qr = tile.alloc at 0 : !qring
  %kr = tile.alloc at 24576 : !kring
  %runs = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
  tile.roles producer registers 24 {
  } consumers registers 240 {
    %q = tile.slot %qr[%c0] : !qring
    // CHECK: %[[ENTRIES:.*]] = call_opaque "lacuna::runSteps"
    // CHECK: %[[STEPS:.*]] = add %[[ENTRIES]]
    // CHECK: for %[[STEP:.*]] = %{{.*}} to %[[STEPS]]
    %last:2 = tile.for_runs (%key, %partial, %valid) drained in %runs iter_args(%n = %c0, %m = %c1) : i32, i32 {
      // CHECK: %[[VALID:.*]] = cmp lt, %[[STEP]], %[[ENTRIES]]
      // CHECK: %[[KEYS:.*]] = call_opaque "lacuna::keptSlot<2, 6144>"
      // CHECK: conditional %[[VALID]], %[[KEYS]], %[[QUERIES]]
      %k = tile.slot %kr[%n] if %valid else %qr : !kring, !qring
      %none = tile.splat %zero : !scores
      // CHECK: "start_scores_2({}, {}, {}, {});"
      %started = tile.dot %q, %k, %none async : !queries, !keys -> !scores
      tile.commit_dots
      tile.await_dots pending 0
      // CHECK: %[[LAST:.*]] = logical_not %[[VALID]]
      // CHECK: if %[[LAST]] {
      // CHECK-NEXT: "{} = {};"
      // CHECK-NEXT: "{} = {};"
      // CHECK-NEXT: "break;"
      tile.leave %n, %n : i32, i32
      %next = arith.addi %n, %c1 : i32
      tile.yield %next, %m : i32, i32
    }
  }
  tile.return
}

// A producer that is a warp copies vectors by all its lanes, and has one of them do what
// one thread does for all. A column of a slot is read where it lies, in bytes.
// CHECK:      F32x16 load_columns(uint32_t slot)
// CHECK-SAME: slot = 16 * slot + 4 * lacuna::fragmentColumn();
// CHECK:      void copy_vector_64(const lacuna::View<2> &view, int32_t i0, int32_t i1, uint32_t slot, uint32_t barriers, uint32_t use)
// CHECK-SAME: const int32_t row = i1 + int32_t(lacuna::laneIndex());
// CHECK-SAME: const uint64_t source = lacuna::elementAddress<4>(view, i0, row);
// CHECK-SAME: const uint32_t target = 16 * slot + 4 * lacuna::laneIndex();
// CHECK-SAME: lacuna::copyElementAsync(target, source, row < view.dim[1]);
// CHECK-SAME: lacuna::copyElementAsync(target + 128, source + 128, row + 32 < view.dim[1]);
// CHECK-SAME: lacuna::arriveWithCopies(lacuna::barrierOf<2>(barriers, use));
// CHECK:      emitc.func @vector
tile.kernel @vector(%lse: !tile.view<?x?xf32>, %map: !tile.copy_map<32x64xf16>, %n: i32)
    attributes {schedule = #schedule, target = "sm_90a", shared_bytes = 24624 : i64} {
  %vr = tile.alloc at 0 : !tile.ring<2 x !tile.shared<64xf32, [key]>>
  %kr = tile.alloc at 1024 : !tile.ring<2 x !tile.shared<32x64xf16, [key, feature]>>
  %filled = tile.alloc_barriers arrivals 32 at 24576 : !tile.barriers<2>
  %freed = tile.alloc_barriers arrivals 8 at 24592 : !tile.barriers<2>
  %mailbox = tile.alloc_mailbox at 24608 : !tile.mailbox
  // CHECK: call_opaque "lacuna::warpIsBelow<8>"
  // CHECK: "load_columns"
  // CHECK: "lacuna::releaseSlot<2, 32>({}, {});"
  // CHECK: call_opaque "lacuna::warpIsBelow<9>"
  // CHECK: "if (lacuna::isElected<8>())\0A  lacuna::sendBlock({}, {}, {}, {});"
  // CHECK: "if (lacuna::isElected<8>())\0A  lacuna::expectBytes<2, 4096>({}, {});"
  // CHECK: "if (lacuna::isElected<8>())\0A  copy_bulk_32x64({}, {}, {}, {}, {}, {}, {}, {});"
  // CHECK: "copy_vector_64({}, {}, {}, {}, {}, {});"
  tile.roles producer warp registers 56 {
    %slot = tile.slot %vr[%n] : !tile.ring<2 x !tile.shared<64xf32, [key]>>
    %ks = tile.slot %kr[%n] : !tile.ring<2 x !tile.shared<32x64xf16, [key, feature]>>
    tile.send_block %n, %n, %n to %mailbox : !tile.mailbox
    tile.expect %filled[%n] bytes 4096 : !tile.barriers<2>
    tile.copy_bulk (%map)[%n, %n, %n, %n] to %ks signals %filled[%n]
        : (!tile.copy_map<32x64xf16>) -> !tile.shared<32x64xf16, [key, feature]>, !tile.barriers<2>
    tile.copy_vector %lse[%n, %n] to %slot signals %filled[%n]
        : !tile.view<?x?xf32> -> !tile.shared<64xf32, [key]>, !tile.barriers<2>
  } consumers registers 224 {
    %slot = tile.slot %vr[%n] : !tile.ring<2 x !tile.shared<64xf32, [key]>>
    %x = tile.load_shared %slot : !tile.shared<64xf32, [key]> -> tensor<64xf32, #tile.fragment<[key], column, warps = 8>>
    tile.release %freed[%n] : !tile.barriers<2>
  }
  tile.return
}
