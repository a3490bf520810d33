// The operations of ragged batches read and print back.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s

!pieces = !tile.view<?x6xi32>

// CHECK-LABEL: tile.kernel @cut
tile.kernel @cut(%pieces: !pieces, %counts: !tile.view<1x1x?x2xi32>, %m: !tile.view<?xi32>,
                 %n: !tile.view<9xi32>, %queries: i32, %keys: i32) attributes {plans = @main} {
  // CHECK: %{{.*}} = tile.cut_sequences %{{.*}} counts %{{.*}} at %{{.*}}, %{{.*}} of %{{.*}}, %{{.*}} : <?x6xi32> counts !tile.view<1x1x?x2xi32> at <?xi32>, <9xi32>
  %a = tile.cut_sequences %pieces counts %counts at %m, %n of %queries, %keys
      : !pieces counts !tile.view<1x1x?x2xi32> at !tile.view<?xi32>, !tile.view<9xi32>
  // CHECK: %{{.*}} = tile.cut_sequences %{{.*}} at %{{.*}}, %{{.*}} of %{{.*}}, %{{.*}} : <?x6xi32> at <?xi32>, <9xi32>
  %b = tile.cut_sequences %pieces at %m, %n of %queries, %keys
      : !pieces at !tile.view<?xi32>, !tile.view<9xi32>
  // CHECK: tile.cut_sequences %{{.*}} at %{{.*}}, %{{.*}} of %{{.*}}, %{{.*}} heads 8 : <?x6xi32> at <?xi32>, <9xi32>
  %c = tile.cut_sequences %pieces at %m, %n of %queries, %keys heads 8
      : !pieces at !tile.view<?xi32>, !tile.view<9xi32>
  tile.return
}

// What is cut is as long as it turns out to be.
// CHECK-LABEL: tile.kernel @main
tile.kernel @main(%pieces: !pieces, %k: !tile.view<1x2x512x64xf16>, %number: i32) {
  // CHECK: %[[SEQUENCE:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %[[BEGIN:.*]], %[[END:.*]] = tile.piece %{{.*}}[%{{.*}}] : <?x6xi32>
  %sequence, %first, %qbegin, %qend, %kbegin, %kend = tile.piece %pieces[%number] : !pieces
  // CHECK: %[[PART:.*]] = tile.part %{{.*}} along 2 from %[[BEGIN]] to %[[END]] : <1x2x512x64xf16>
  %part = tile.part %k along 2 from %kbegin to %kend : !tile.view<1x2x512x64xf16>
  // CHECK: tile.dim %[[PART]][2] : <1x2x?x64xf16>
  %keys = tile.dim %part[2] : !tile.view<1x2x?x64xf16>
  tile.return
}
