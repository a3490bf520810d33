// A bit for each block of 16 queries and 256 keys, one mask for all heads and batches:
// block-sparse FlashAttention (Dao et al. 2022), made for butterfly and other fixed
// patterns.
//
// Example: lacuna-run %s --input=1x4x600x128xbf16=random:1 --input=1x2x600x128xbf16=random:2 --input=1x2x600x128xbf16=random:3 --input=38x3xi1=chance:4:0.6 --check
// Input: {queries/16}x{keys/256}xi1=chance:4:0.6

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @block_sparse_flash(%q: !qk, %k: !qk, %v: !vo, %blocks: tensor<?x?xi1>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %listed = attn.block_mask %i, %j in %blocks block 16 x 256 : tensor<?x?xi1>
      %keep = attn.and %past, %listed
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
