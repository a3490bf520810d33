// Eight query heads share a key head and see the last 256 keys: local layers of
// GQA models, with a width that the compiler knows.
//
// Example: lacuna-run %s --input=1x8x600x128xbf16=random:1 --input=1x1x600x128xbf16=random:2 --input=1x1x600x128xbf16=random:3 --check

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @gqa_window(%q: !qk, %k: !qk, %v: !vo) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %left = arith.constant 255 : i32
      %near = attn.sliding_window %i, %j left %left
      %keep = attn.and %past, %near
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
