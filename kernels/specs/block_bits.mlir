// Blocks of 128 x 128 that an estimate found worth their time, and the causal diagonal:
// XAttention (Xu et al. 2025), FlexPrefill, SpargeAttention. `map` has a bit for each
// block, 32 of them in a word: [query heads, block rows, words].
//
// Example: lacuna-run %s --input=1x4x600x128xbf16=random:1 --input=1x2x600x128xbf16=random:2 --input=1x2x600x128xbf16=random:3 --input=4x5x1xi32=random:4:0:31 --check
// Input: {query_heads}x{queries/128}x{keys/4096}xi32=random:4:0:1

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @block_bits(%q: !qk, %k: !qk, %v: !vo, %map: tensor<?x?x?xi32>) -> (!vo, !lse) {
  %axis = arith.constant 2 : index
  %size = arith.constant 128 : index
  %keys = tensor.dim %k, %axis : !qk
  %count = arith.ceildivsi %keys, %size : index
  %columns = arith.index_cast %count : index to i32
  %blocks = attn.expand_blocks %map bits columns %columns : tensor<?x?x?xi32>
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %block = arith.constant 128 : i32
      %row = arith.divsi %i, %block : i32
      %column = arith.divsi %j, %block : i32
      %diagonal = arith.cmpi eq, %row, %column : i32
      %listed = attn.block_mask %i, %j in %blocks[%h] block 128 x 128 : tensor<?x?x?xi1>
      %chosen = attn.or %listed, %diagonal
      %keep = attn.and %past, %chosen
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
