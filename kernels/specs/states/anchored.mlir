// A query sees an anchor as a whole, and the keys up to itself: two sources of keys,
// attended to one after the other and merged. The anchor may be a prompt that is kept
// for many conversations, or the first block of Star Attention (Acharya et al. 2024). The
// result is that of one softmax over the keys of both.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x77x128xbf16=random:2 --input=1x2x77x128xbf16=random:3 --input=1x2x300x128xbf16=random:4 --input=1x2x300x128xbf16=random:5 --check

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @anchored(%q: !qk, %anchor_k: !qk, %anchor_v: !vo, %k: !qk, %v: !vo) -> (!vo, !lse) {
  %anchor_o, %anchor_lse = attn.attend %q, %anchor_k, %anchor_v : !qk, !qk, !vo
  %own_o, %own_lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !qk, !qk, !vo
  %o, %lse = attn.merge (%anchor_o, %anchor_lse), (%own_o, %own_lse) : !vo
  return %o, %lse : !vo, !lse
}
