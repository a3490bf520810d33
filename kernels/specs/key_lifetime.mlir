// A key lives from its own position until `ends`, when better keys have pushed it out of
// the selection, and in any case in the window of the last keys: SPARSEK (Lou et al.
// 2024), eviction as in H2O. `ends` is [batch, query heads, keys].
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=32 --input=1x4x300xi32=random:4:0:300 --check
// Input: 32
// Input: {batch}x{query_heads}x{keys}xi32=random:4:0:200

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @key_lifetime(%q: !qk, %k: !qk, %v: !vo, %left: i32, %ends: tensor<?x?x?xi32>)
    -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %end = attn.load %ends[%b, %h, %j] : tensor<?x?x?xi32>
      %alive = arith.cmpi slt, %i, %end : i32
      %near = attn.sliding_window %i, %j left %left
      %kept = attn.or %alive, %near
      %keep = attn.and %past, %kept
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
