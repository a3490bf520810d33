// A learned bias for each query head and distance, in both directions and
// clipped at the ends of the table: T5 and Swin (Shaw et al. 2018). The table is
// [query heads, 2 * reach + 1].
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=4x65xf32=random:4 --check
// Input: {query_heads}x65xf32=random:4

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @relative_bias(%q: !qk, %k: !qk, %v: !vo, %bias: tensor<?x?xf32>) -> (!vo, !lse) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : i32
  %columns = tensor.dim %bias, %c1 : tensor<?x?xf32>
  %width = arith.index_cast %columns : index to i32
  %reach = arith.divsi %width, %c2 : i32
  %least = arith.subi %c0, %reach : i32
  %o, %lse = attn.attend %q, %k, %v
    score(%s, %b, %h, %i, %j) {
      %distance = arith.subi %j, %i : i32
      %far = arith.maxsi %distance, %least : i32
      %clipped = arith.minsi %far, %reach : i32
      %column = arith.addi %clipped, %reach : i32
      %x = attn.load %bias[%h, %column] : tensor<?x?xf32>
      %biased = arith.addf %s, %x : f32
      attn.yield %biased : f32
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
