// Blocks of 128 x 128 chosen for each head on its own, at any density.
!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @random_blocks(%q: !qk, %k: !qk, %v: !vo, %blocks: tensor<?x?x?xi1>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %chosen = attn.block_mask %i, %j in %blocks[%h] block 128 x 128 : tensor<?x?x?xi1>
      attn.yield %chosen : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
