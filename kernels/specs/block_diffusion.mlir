// A noised text and behind it the clean one, `length` tokens each. Noised blocks of 32
// see themselves and the clean blocks before them; the clean text is causal by blocks:
// training of block diffusion language models (BD3-LM, Arriola et al. 2025).
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=150 --check
// Input: 100

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @block_diffusion(%q: !qk, %k: !qk, %v: !vo, %length: i32) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %size = arith.constant 32 : i32
      %i_noised = attn.prefix %i, %length
      %j_noised = attn.prefix %j, %length
      %i_clean = arith.subi %i, %length : i32
      %j_clean = arith.subi %j, %length : i32
      %i_place = arith.select %i_noised, %i, %i_clean : i32
      %j_place = arith.select %j_noised, %j, %j_clean : i32
      %i_block = arith.divsi %i_place, %size : i32
      %j_block = arith.divsi %j_place, %size : i32
      %same = arith.cmpi eq, %i_block, %j_block : i32
      %earlier = arith.cmpi slt, %j_block, %i_block : i32
      %own_kind = arith.cmpi eq, %i_noised, %j_noised : i1
      %own_block = attn.and %same, %own_kind
      %j_is_clean = attn.not %j_noised
      %context = attn.and %earlier, %j_is_clean
      %keep = attn.or %own_block, %context
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
