// A query sees the last 128 keys and, beyond them, every 128th: the strided heads of
// Sparse Transformers (Child et al. 2019), for data with a period such as rows of an
// image.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --check

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @strided(%q: !qk, %k: !qk, %v: !vo) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %stride = arith.constant 128 : i32
      %left = arith.constant 127 : i32
      %near = attn.sliding_window %i, %j left %left
      %comb = attn.dilated %i, %j step %stride
      %either = attn.or %near, %comb
      %keep = attn.and %past, %either
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
