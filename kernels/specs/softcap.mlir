// Causal with scores bounded by cap * tanh(s / cap): Gemma 2 (cap 50), Grok.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=20.0 --check
// Input: 20.0

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @softcap(%q: !qk, %k: !qk, %v: !vo, %cap: f32) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } score(%s, %b, %h, %i, %j) {
      %ratio = arith.divf %s, %cap : f32
      %bounded = math.tanh %ratio : f32
      %capped = arith.mulf %bounded, %cap : f32
      attn.yield %capped : f32
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
