// A query sees its own position and all before it: training and prefill of
// decoder models. Lengths are independent; positions are counted from the first
// query and the first key, so the diagonal begins in the top-left corner.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --check

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @causal(%q: !qk, %k: !qk, %v: !vo) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
