// Blocks of 64 queries see the blocks of 64 keys that a coarse score chose for them: VSA
// (Zhang et al. 2025), MoBA, SeerAttention. `chosen` has a bit for each pair, [batch,
// query heads, block rows, block columns]; `attn.expand_blocks` makes such a table
// from lists of the best ones.
//
// Example: lacuna-run %s --input=1x4x600x128xbf16=random:1 --input=1x2x600x128xbf16=random:2 --input=1x2x600x128xbf16=random:3 --input=1x4x10x10xi1=chance:4:0.3 --check
// Input: {batch}x{query_heads}x{queries/64}x{keys/64}xi1=chance:4:0.3

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @vsa_topk(%q: !qk, %k: !qk, %v: !vo, %chosen: tensor<?x?x?x?xi1>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %listed = attn.block_mask %i, %j in %chosen[%b, %h] block 64 x 64 : tensor<?x?x?x?xi1>
      attn.yield %listed : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
