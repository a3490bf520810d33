// Tables that belong together: documents and places in them, sorted tokens, trees.
// DEFINE: %{table} = lacuna-run %s --device=reference --output=- --function=table --input=1x1x12x8xf16=0
// RUN: %{table} --input=12xi32=documents:9:5 | FileCheck %s --check-prefix=DOCUMENTS
// RUN: %{table} --input=40xi32=documents:9:5 | FileCheck %s --check-prefix=DOCUMENTS
// RUN: %{table} --input=12xi32=restarts:9:5 | FileCheck %s --check-prefix=RESTARTS
// RUN: %{table} --input=12xi32=offsets:9:40 | FileCheck %s --check-prefix=OFFSETS
// RUN: %{table} --input=12xi32=ascending:4:-3:9 | FileCheck %s --check-prefix=ASCENDING
// RUN: %{table} --input=12xi32=buckets:4:3 | FileCheck %s --check-prefix=BUCKETS
// RUN: %{table} --input=12xi32=bucket_positions:4:3 | FileCheck %s --check-prefix=PLACES
// RUN: %{table} --input=12xi32=topk:1:20 | FileCheck %s --check-prefix=TOPK
// RUN: %{table} --input=12xi32=full_topk:1:20 | FileCheck %s --check-prefix=FULL
// RUN: %{table} --input=12xi32=full_topk:1:5 | FileCheck %s --check-prefix=SHORT
// RUN: lacuna-run %s --device=reference --show-mask --function=bits --input=1x1x8x8xf16=0 --input=8x8xi1=ancestors:4 2>&1 | FileCheck %s --check-prefix=TREE
// RUN: lacuna-run %s --device=reference --show-mask --function=bits --input=1x1x8x8xf16=0 --input=8x8xi1=chance:4:0.2 2>&1 | FileCheck %s --check-prefix=CHANCE
// DOCUMENTS: {{\[\[\[}}0 0 0 0 0 1 2 3 4 4 4 4]]]
// RESTARTS: {{\[\[\[}}0 1 2 3 4 0 0 0 0 1 2 3]]]
// OFFSETS: {{\[\[\[}}0 3 4 5 5 16 16 25 30 30 36 40]]]
// ASCENDING: {{\[\[\[}}-3 -1 2 3 4 5 6 7 7 8 8 9]]]
// BUCKETS: {{\[\[\[}}0 0 1 1 1 1 2 2 2 2 2 2]]]
// PLACES: {{\[\[\[}}6 9 0 1 7 10 2 3 4 5 8 11]]]
// TOPK: {{\[\[\[}}1 7 11 18 -1 -1 -1 -1 -1 -1 -1 -1]]]
// FULL: {{\[\[\[}}0 2 4 6 7 8 9 12 15 17 18 19]]]
// SHORT: {{\[\[\[}}0 1 2 3 4 -1 -1 -1 -1 -1 -1 -1]]]
// TREE: #.......
// TREE-NEXT: ##......
// TREE-NEXT: ###.....
// TREE-NEXT: ####....
// TREE-NEXT: ###.#...
// TREE-NEXT: ###.##..
// TREE-NEXT: ###.###.
// TREE-NEXT: ##.....#
// TREE-NEXT: 8 queries x 8 keys, 28 visible (43.8 %)
// CHANCE: ........
// CHANCE-NEXT: #.......
// CHANCE-NEXT: .#.#.#.#
// CHANCE-NEXT: .......#
// CHANCE-NEXT: .#.....#
// CHANCE-NEXT: ..#.#...
// CHANCE-NEXT: ........
// CHANCE-NEXT: ..##...#
// CHANCE-NEXT: 8 queries x 8 keys, 13 visible (20.3 %)

func.func @table(%q: tensor<?x?x?x8xf16>, %table: tensor<?xi32>) -> tensor<?x?x?xf32> {
  // The score of a row's own key is its element.
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %self = arith.cmpi eq, %i, %j : i32
    attn.yield %self : i1
  } score(%s, %b, %h, %i, %j) {
    %x = attn.load %table[%i] : tensor<?xi32>
    %r = arith.sitofp %x : i32 to f32
    attn.yield %r : f32
  } : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %lse : tensor<?x?x?xf32>
}

func.func @bits(%q: tensor<?x?x?x8xf16>, %bits: tensor<?x?xi1>) -> tensor<?x?x?x8xf16> {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %bit = attn.load %bits[%i, %j] : tensor<?x?xi1>
    attn.yield %bit : i1
  } : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %o : tensor<?x?x?x8xf16>
}
