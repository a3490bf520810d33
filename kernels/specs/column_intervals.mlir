// Two intervals of queries from which a key is hidden: FlashMask (Wang et al. 2024),
// which writes causal, document and many other masks so. `hidden` is [batch, heads,
// keys, 4]: begin and end of the one, begin and end of the other; its heads divide the
// query heads.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=1x1x300x4xi32=random:4:0:300 --check
// Input: {batch}x1x{keys}x4xi32=random:4:0:250

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @column_intervals(%q: !qk, %k: !qk, %v: !vo, %hidden: tensor<?x?x?x4xi32>)
    -> (!vo, !lse) {
  %axis = arith.constant 1 : index
  %heads = tensor.dim %q, %axis : !qk
  %rows = tensor.dim %hidden, %axis : tensor<?x?x?x4xi32>
  %share = arith.divui %heads, %rows : index
  %group = arith.index_cast %share : index to i32
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %c0 = arith.constant 0 : i32
      %c1 = arith.constant 1 : i32
      %c2 = arith.constant 2 : i32
      %c3 = arith.constant 3 : i32
      %row = arith.divui %h, %group : i32
      %begin0 = attn.load %hidden[%b, %row, %j, %c0] : tensor<?x?x?x4xi32>
      %end0 = attn.load %hidden[%b, %row, %j, %c1] : tensor<?x?x?x4xi32>
      %begin1 = attn.load %hidden[%b, %row, %j, %c2] : tensor<?x?x?x4xi32>
      %end1 = attn.load %hidden[%b, %row, %j, %c3] : tensor<?x?x?x4xi32>
      %before0 = arith.cmpi slt, %i, %begin0 : i32
      %after0 = arith.cmpi sge, %i, %end0 : i32
      %before1 = arith.cmpi slt, %i, %begin1 : i32
      %after1 = arith.cmpi sge, %i, %end1 : i32
      %seen0 = attn.or %before0, %after0
      %seen1 = attn.or %before1, %after1
      %keep = attn.and %seen0, %seen1
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
