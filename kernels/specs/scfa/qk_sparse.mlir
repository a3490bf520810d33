// Queries and keys that a model drops, head by head, and causal attention among those
// that are left: QK-sparse attention of SCFA (Pagliardini et al. 2023). `keep_q` and
// `keep_k` are [batch, heads, sequence] of queries and of keys. What is kept comes
// first, at its original position; the output of a dropped query is 0, and so is that
// of one with no key at or before it.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=1x4x300xi1=chance:4:0.5 --input=1x2x300xi1=chance:5:0.3 --check
// Input: {batch}x{query_heads}x{queries}xi1=chance:4:0.5
// Input: {batch}x{key_heads}x{keys}xi1=chance:5:0.3

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]
!flags = tensor<?x?x?xi1>    // [batch, heads, sequence]
!order = tensor<?x?x?xi32>   // of slots -> rows

func.func @qk_sparse(%q: !qk, %k: !qk, %v: !vo, %keep_q: !flags, %keep_k: !flags) -> (!vo, !lse) {
  %axis = arith.constant 1 : index
  %heads = tensor.dim %q, %axis : !qk
  %key_heads = tensor.dim %k, %axis : !qk
  %share = arith.divui %heads, %key_heads : index
  %group = arith.index_cast %share : index to i32
  %q_order, %q_count = attn.compact %keep_q : !flags
  %k_order, %k_count = attn.compact %keep_k : !flags
  %kept_q = attn.gather %q by %q_order : !qk, !order
  %kept_k = attn.gather %k by %k_order : !qk, !order
  %kept_v = attn.gather %v by %k_order : !vo, !order
  %kept_o, %kept_lse = attn.attend %kept_q at %q_order, %kept_k, %kept_v at %k_order
    where(%b, %h, %i, %j, %i_slot, %j_slot) {
      %past = attn.causal %i, %j
      %key_head = arith.divui %h, %group : i32
      %queries = attn.load %q_count[%b, %h] : tensor<?x?xi32>
      %keys = attn.load %k_count[%b, %key_head] : tensor<?x?xi32>
      %query_kept = arith.cmpi slt, %i_slot, %queries : i32
      %key_kept = arith.cmpi slt, %j_slot, %keys : i32
      %keep = attn.and %past, %query_kept, %key_kept
      attn.yield %keep : i1
    } : !qk at !order, !qk, !vo at !order
  %o = attn.scatter %kept_o by %q_order : !vo, !order
  %lse = attn.scatter %kept_lse by %q_order : !lse, !order
  return %o, %lse : !vo, !lse
}
