// A query sees its own segment of 128 keys and the last 16 keys of every earlier one,
// which summarise it: the fixed heads of Sparse Transformers (Child et al. 2019), for
// data without a period such as text.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --check

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @strided_fixed(%q: !qk, %k: !qk, %v: !vo) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %stride = arith.constant 128 : i32
      %summary = arith.constant 112 : i32
      %i_segment = arith.divsi %i, %stride : i32
      %j_segment = arith.divsi %j, %stride : i32
      %same = arith.cmpi eq, %i_segment, %j_segment : i32
      %place = arith.remsi %j, %stride : i32
      %last = arith.cmpi sge, %place, %summary : i32
      %either = attn.or %same, %last
      %keep = attn.and %past, %either
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
