// Every query sees, of what came before it, the blocks of 64 keys that its key head
// chose for it: the selected branch of NSA (Yuan et al. 2025). `chosen` is [batch, key
// heads, queries, places], of which `counts` says how many are used.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=1x2x300x4xi32=random:4:0:4 --input=1x2x300xi32=random:5:0:4 --check
// Input: {batch}x{key_heads}x{queries}x{keys/64}xi32=steps:1
// Input: {batch}x{key_heads}x{queries}xi32=random:5:0:{keys/64}

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @nsa_select(%q: !qk, %k: !qk, %v: !vo, %chosen: tensor<?x?x?x?xi32>,
                      %counts: tensor<?x?x?xi32>) -> (!vo, !lse) {
  %heads_axis = arith.constant 1 : index
  %heads = tensor.dim %q, %heads_axis : !qk
  %key_heads = tensor.dim %k, %heads_axis : !qk
  %share = arith.divui %heads, %key_heads : index
  %group = arith.index_cast %share : index to i32
  %axis = arith.constant 2 : index
  %size = arith.constant 64 : index
  %keys = tensor.dim %k, %axis : !qk
  %count = arith.ceildivsi %keys, %size : index
  %columns = arith.index_cast %count : index to i32
  %blocks = attn.expand_blocks %chosen counts %counts columns %columns
    : tensor<?x?x?x?xi32> counts tensor<?x?x?xi32>
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %key_head = arith.divui %h, %group : i32
      %past = attn.causal %i, %j
      %listed = attn.block_mask %i, %j in %blocks[%b, %key_head] block 1 x 64 : tensor<?x?x?x?xi1>
      %keep = attn.and %past, %listed
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
