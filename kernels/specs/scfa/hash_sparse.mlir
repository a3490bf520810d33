// A query sees the keys before it that a hash put into its bucket: hash-sparse attention
// of SCFA (Pagliardini et al. 2023) and of Reformer, in one program. Buckets are [batch,
// heads, sequence] of queries and of keys. Sorting brings the rows of a bucket together,
// so that most tiles hold two different buckets and are skipped. A token does not see
// itself (`slt`), for keys are normalised queries; with `sle` it does.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=1x4x300xi32=random:4:0:5 --input=1x2x300xi32=random:5:0:5 --check
// Input: {batch}x{query_heads}x{queries}xi32=random:4:0:5
// Input: {batch}x{key_heads}x{keys}xi32=random:5:0:5

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]
!rows = tensor<?x?x?xi32>    // [batch, heads, sequence]

func.func @hash_sparse(%q: !qk, %k: !qk, %v: !vo, %q_bucket: !rows, %k_bucket: !rows)
    -> (!vo, !lse) {
  %axis = arith.constant 1 : index
  %heads = tensor.dim %q, %axis : !qk
  %key_heads = tensor.dim %k, %axis : !qk
  %share = arith.divui %heads, %key_heads : index
  %group = arith.index_cast %share : index to i32
  %q_order = attn.sort %q_bucket : !rows
  %k_order = attn.sort %k_bucket : !rows
  %mine = attn.gather %q_bucket by %q_order : !rows, !rows
  %theirs = attn.gather %k_bucket by %k_order : !rows, !rows
  %sorted_q = attn.gather %q by %q_order : !qk, !rows
  %sorted_k = attn.gather %k by %k_order : !qk, !rows
  %sorted_v = attn.gather %v by %k_order : !vo, !rows
  %sorted_o, %sorted_lse = attn.attend %sorted_q at %q_order, %sorted_k, %sorted_v at %k_order
    where(%b, %h, %i, %j, %i_slot, %j_slot) {
      %past = arith.cmpi slt, %j, %i : i32
      %key_head = arith.divui %h, %group : i32
      %query = attn.load %mine[%b, %h, %i_slot] : !rows
      %key = attn.load %theirs[%b, %key_head, %j_slot] : !rows
      %same = arith.cmpi eq, %query, %key : i32
      %keep = attn.and %past, %same
      attn.yield %keep : i1
    } : !qk at !rows, !qk, !vo at !rows
  %o = attn.scatter %sorted_o by %q_order : !vo, !rows
  %lse = attn.scatter %sorted_lse by %q_order : !lse, !rows
  return %o, %lse : !vo, !lse
}
