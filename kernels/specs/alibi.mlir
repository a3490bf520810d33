// Causal with a linear penalty on distance, one slope per query head: MPT,
// BLOOM, Baichuan (Press et al. 2022, "Train Short, Test Long").
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=4xf32=random:4 --check
// Input: {query_heads}xf32=random:4

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @alibi(%q: !qk, %k: !qk, %v: !vo, %slopes: tensor<?xf32>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } score(%s, %b, %h, %i, %j) {
      %slope = attn.load %slopes[%h] : tensor<?xf32>
      %distance = arith.subi %j, %i : i32
      %d = arith.sitofp %distance : i32 to f32
      %penalty = arith.mulf %slope, %d : f32
      %biased = arith.addf %s, %penalty : f32
      attn.yield %biased : f32
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
