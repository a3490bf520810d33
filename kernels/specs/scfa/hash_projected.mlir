// A query sees the keys before it that point into the same direction, as a hash has it:
// hash-sparse attention of SCFA (Pagliardini et al. 2023) and of Reformer, with the hash in
// the program. Of random `projections`, [key heads, half the buckets, head_dim], the largest
// along a query or key, or against it, is its bucket; all heads may share one head of
// projections. Otherwise as hash_sparse, which takes the buckets.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=2x4x128xf32=random:4 --check
// Input: {key_heads}x8x{head_dim}xf32=random:4

!qk = tensor<?x?x?x128xbf16>       // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16>       // of values and output
!lse = tensor<?x?x?xf32>           // [batch, query heads, queries]
!rows = tensor<?x?x?xi32>          // [batch, heads, sequence]
!projections = tensor<?x?x128xf32> // [key heads or 1, half the buckets, head_dim]

func.func @hash_projected(%q: !qk, %k: !qk, %v: !vo, %projections: !projections) -> (!vo, !lse) {
  %axis = arith.constant 1 : index
  %heads = tensor.dim %q, %axis : !qk
  %key_heads = tensor.dim %k, %axis : !qk
  %share = arith.divui %heads, %key_heads : index
  %group = arith.index_cast %share : index to i32
  %q_bucket = attn.hash %q by %projections : !qk, !projections
  %k_bucket = attn.hash %k by %projections : !qk, !projections
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
