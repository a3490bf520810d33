// The prompt sees itself in both directions, what follows is causal: T5-style
// prefix language models, PaliGemma, answer generation over an encoded prompt.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=150 --check
// Input: 45

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @prefix_lm(%q: !qk, %k: !qk, %v: !vo, %prompt: i32) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %given = attn.prefix %j, %prompt
      %keep = attn.or %past, %given
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
