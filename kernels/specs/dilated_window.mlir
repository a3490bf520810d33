// A query sees every fourth key of a window before it: dilated heads of Longformer,
// LongNet. The step is a constant, so that the compiler can count with it.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=200 --check
// Input: 200

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @dilated_window(%q: !qk, %k: !qk, %v: !vo, %left: i32) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %near = attn.sliding_window %i, %j left %left
      %step = arith.constant 4 : i32
      %comb = attn.dilated %i, %j step %step
      %keep = attn.and %past, %near, %comb
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
