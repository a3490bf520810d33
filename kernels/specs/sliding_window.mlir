// A query sees itself and the `left` keys before it: local layers of Mistral,
// Gemma and GPT-OSS. The width is an argument: one kernel serves every window and
// every length.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=100 --check
// Input: 37

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @sliding_window(%q: !qk, %k: !qk, %v: !vo, %left: i32) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %near = attn.sliding_window %i, %j left %left
      %keep = attn.and %past, %near
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
