// Blocks of 64 queries see the blocks of 64 keys that a coarse score chose for them: VSA
// (Zhang et al. 2025), MoBA, SeerAttention. `chosen` lists the best ones, [batch, query
// heads, block rows, places], with -1 in places that hold none.
//
// Example: lacuna-run %s --input=1x4x600x128xbf16=random:1 --input=1x2x600x128xbf16=random:2 --input=1x2x600x128xbf16=random:3 --input=1x4x10x4xi32=topk:4:10 --check
// Input: {batch}x{query_heads}x{queries/64}x4xi32=topk:4:{keys/64}

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @vsa_topk(%q: !qk, %k: !qk, %v: !vo, %chosen: tensor<?x?x?x?xi32>) -> (!vo, !lse) {
  %axis = arith.constant 2 : index
  %size = arith.constant 64 : index
  %keys = tensor.dim %k, %axis : !qk
  %count = arith.ceildivsi %keys, %size : index
  %columns = arith.index_cast %count : index to i32
  %blocks = attn.expand_blocks %chosen columns %columns : tensor<?x?x?x?xi32>
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %listed = attn.block_mask %i, %j in %blocks[%b, %h] block 64 x 64 : tensor<?x?x?x?xi1>
      attn.yield %listed : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
