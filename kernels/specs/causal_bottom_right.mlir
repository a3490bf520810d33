// Causal when the queries are the last of the keys: a chunk of prefill or a
// few decode steps over a cache. The last query sees the last key, as in
// FlashAttention-2; with fewer keys than queries the first queries see nothing.
//
// Example: lacuna-run %s --input=1x4x100x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --check

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @causal_bottom_right(%q: !qk, %k: !qk, %v: !vo) -> (!vo, !lse) {
  %c2 = arith.constant 2 : index
  %queries = tensor.dim %q, %c2 : !qk
  %keys = tensor.dim %k, %c2 : !qk
  %difference = arith.subi %keys, %queries : index
  %offset = arith.index_cast %difference : index to i32
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j offset %offset
      attn.yield %past : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
