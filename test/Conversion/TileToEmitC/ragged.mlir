// A warp cuts sequences into pieces; a kernel works on parts of its views.
// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 1, stages = 2, query_in_registers = false>

// CHECK:       emitc.verbatim "__device__ __forceinline__ bool cut_sequences(const lacuna::View<2> &pieces, const lacuna::View<4> &counts, const lacuna::View<1> &queryOffsets, const lacuna::View<1> &keyOffsets, int32_t queries, int32_t keys) {
// CHECK-SAME:    (piece.keyEnd - piece.keyBegin + 31) / 32);
// CHECK-SAME:    wrong |= lacuna::isWrongOffset(queryOffsets, at, queries) ||
// CHECK-SAME:    lacuna::Piece own = {0, 0, 0, lane == 0 ? queries : 0, 0, 0};
// CHECK-SAME:    const int32_t tiles = (own.queryEnd - own.queryBegin + 63) / 64;
// CHECK:       %[[WRONG:.*]] = call_opaque "cut_sequences"
// CHECK:       "lacuna::report({}, 1u << 3, {});"
tile.kernel @cut(%pieces: !tile.view<?x6xi32>, %counts: !tile.view<?x?x?x2xi32>,
                 %m: !tile.view<?xi32>, %n: !tile.view<?xi32>, %queries: i32, %keys: i32,
                 %status: !tile.status)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80", plans = @main} {
  %wrong = tile.cut_sequences %pieces counts %counts at %m, %n of %queries, %keys
      : !tile.view<?x6xi32> counts !tile.view<?x?x?x2xi32> at !tile.view<?xi32>, !tile.view<?xi32>
  tile.report %status, 3 if %wrong
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>

// CHECK:       emitc.func @main(%[[PIECES:[^:]*]]: {{.*}}, %[[LSE:[^:]*]]: !emitc.opaque<"lacuna::View<3>">, %[[N:[^:]*]]: i32)
// CHECK:       verbatim "{} = lacuna::loadPiece({}, {});" args %[[PIECE:.*]], %[[PIECES]], %[[N]]
// CHECK:       "emitc.member"(%[[PIECE]]) <{member = "queryBegin"}>
// CHECK:       %[[BEGIN:.*]] = load
// CHECK:       "emitc.member"(%[[PIECE]]) <{member = "queryEnd"}>
// CHECK:       %[[END:.*]] = load
// CHECK:       %[[PART:.*]] = call_opaque "lacuna::partOf<2, 4>"(%[[LSE]], %[[BEGIN]], %[[END]]) : {{.*}} -> !emitc.opaque<"lacuna::View<3>">
// CHECK:       call_opaque "lacuna::extent<2>"(%[[PART]])
tile.kernel @main(%pieces: !tile.view<?x6xi32>, %lse: !tile.view<1x2x?xf32>, %n: i32)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80"} {
  %sequence, %first, %qbegin, %qend, %kbegin, %kend = tile.piece %pieces[%n] : !tile.view<?x6xi32>
  %part = tile.part %lse along 2 from %qbegin to %qend : !tile.view<1x2x?xf32>
  %rows = tile.dim %part[2] : !tile.view<1x2x?xf32>
  tile.return
}

// -----

// Queries of several heads have as many rows.
// CHECK:       bool cut_sequences(
// CHECK-SAME:    const int32_t tiles = (8 * (own.queryEnd - own.queryBegin) + 63) / 64;
#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 1, stages = 2, query_in_registers = false>
tile.kernel @cut_heads(%pieces: !tile.view<?x6xi32>, %m: !tile.view<?xi32>, %n: i32, %status: !tile.status)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80", plans = @main} {
  %wrong = tile.cut_sequences %pieces at %m, %m of %n, %n heads 8
      : !tile.view<?x6xi32> at !tile.view<?xi32>, !tile.view<?xi32>
  tile.report %status, 3 if %wrong
  tile.return
}
