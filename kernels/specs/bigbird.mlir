// Blocks of 64 see their neighbours, the first block, and up to three blocks drawn for
// each head and block row; the first block sees all: BigBird (Zaheer et al. 2020).
// `drawn` is [query heads, block rows, 3], with -1 in places that hold none.
//
// Example: lacuna-run %s --input=1x4x600x128xbf16=random:1 --input=1x2x600x128xbf16=random:2 --input=1x2x600x128xbf16=random:3 --input=4x10x3xi32=topk:4:10 --check
// Input: {query_heads}x{queries/64}x3xi32=topk:4:{keys/64}

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @bigbird(%q: !qk, %k: !qk, %v: !vo, %drawn: tensor<?x?x3xi32>) -> (!vo, !lse) {
  %axis = arith.constant 2 : index
  %block = arith.constant 64 : index
  %keys = tensor.dim %k, %axis : !qk
  %count = arith.ceildivsi %keys, %block : index
  %columns = arith.index_cast %count : index to i32
  %blocks = attn.expand_blocks %drawn columns %columns : tensor<?x?x3xi32>
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %size = arith.constant 64 : i32
      %c1 = arith.constant 1 : i32
      %row = arith.divsi %i, %size : i32
      %column = arith.divsi %j, %size : i32
      %window = attn.sliding_window %row, %column left %c1 right %c1
      %first_row = attn.prefix %row, %c1
      %first_column = attn.prefix %column, %c1
      %random = attn.block_mask %i, %j in %blocks[%h] block 64 x 64 : tensor<?x?x?xi1>
      %keep = attn.or %window, %first_row, %first_column, %random
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
