// The context in blocks of 128; a query sees its own block and the `anchor` first keys,
// causally, and the question after `context` sees everything: phase 1 of Star Attention
// (Acharya et al. 2024), with the anchor in one place instead of in front of each
// block. The block is a quarter of the context there.
//
// Example: lacuna-run %s --input=1x4x550x128xbf16=random:1 --input=1x2x550x128xbf16=random:2 --input=1x2x550x128xbf16=random:3 --input=512 --input=100 --check
// Input: 200
// Input: 50

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @star_phase1(%q: !qk, %k: !qk, %v: !vo, %context: i32, %anchor: i32) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %size = arith.constant 128 : i32
      %i_block = arith.divsi %i, %size : i32
      %j_block = arith.divsi %j, %size : i32
      %own = arith.cmpi eq, %i_block, %j_block : i32
      %anchored = attn.prefix %j, %anchor
      %question = arith.cmpi sge, %i, %context : i32
      %known = attn.or %own, %anchored, %question
      %keep = attn.and %past, %known
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
