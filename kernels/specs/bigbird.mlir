// Blocks of 64 see their neighbours, the first block, and three blocks drawn for each
// head and block row; the first block sees all: BigBird (Zaheer et al. 2020). `drawn`
// is [query heads, block rows, 3].
//
// Example: lacuna-run %s --input=1x4x600x128xbf16=random:1 --input=1x2x600x128xbf16=random:2 --input=1x2x600x128xbf16=random:3 --input=4x10x3xi32=random:4:0:9 --check
// Input: {query_heads}x{queries/64}x3xi32=random:4:0:9

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @bigbird(%q: !qk, %k: !qk, %v: !vo, %drawn: tensor<?x?x3xi32>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %size = arith.constant 64 : i32
      %c0 = arith.constant 0 : i32
      %c1 = arith.constant 1 : i32
      %c2 = arith.constant 2 : i32
      %row = arith.divsi %i, %size : i32
      %column = arith.divsi %j, %size : i32
      %window = attn.sliding_window %row, %column left %c1 right %c1
      %first_row = attn.prefix %row, %c1
      %first_column = attn.prefix %column, %c1
      %drawn0 = attn.load %drawn[%h, %row, %c0] : tensor<?x?x3xi32>
      %drawn1 = attn.load %drawn[%h, %row, %c1] : tensor<?x?x3xi32>
      %drawn2 = attn.load %drawn[%h, %row, %c2] : tensor<?x?x3xi32>
      %is0 = arith.cmpi eq, %drawn0, %column : i32
      %is1 = arith.cmpi eq, %drawn1, %column : i32
      %is2 = arith.cmpi eq, %drawn2, %column : i32
      %keep = attn.or %window, %first_row, %first_column, %is0, %is1, %is2
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
