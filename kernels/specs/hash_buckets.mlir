// Queries and keys sorted by the bucket that a hash put them in; a query sees the keys
// of its bucket up to its own position: sparse causal attention by hashing (SCFA,
// Pagliardini et al. 2023; Reformer). Positions and buckets are [batch, heads,
// sequence] of queries and of keys, as sorting left them.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=1x4x300xi32=bucket_positions:4:6 --input=1x2x300xi32=bucket_positions:5:6 --input=1x4x300xi32=buckets:4:6 --input=1x2x300xi32=buckets:5:6 --check
// Input: {batch}x{query_heads}x{queries}xi32=bucket_positions:4:6
// Input: {batch}x{key_heads}x{keys}xi32=bucket_positions:5:6
// Input: {batch}x{query_heads}x{queries}xi32=buckets:4:6
// Input: {batch}x{key_heads}x{keys}xi32=buckets:5:6

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @hash_buckets(%q: !qk, %k: !qk, %v: !vo, %qpos: tensor<?x?x?xi32>,
                        %kpos: tensor<?x?x?xi32>, %qbucket: tensor<?x?x?xi32>,
                        %kbucket: tensor<?x?x?xi32>) -> (!vo, !lse) {
  %axis = arith.constant 1 : index
  %heads = tensor.dim %q, %axis : !qk
  %key_heads = tensor.dim %k, %axis : !qk
  %share = arith.divui %heads, %key_heads : index
  %group = arith.index_cast %share : index to i32
  %o, %lse = attn.attend %q at %qpos, %k, %v at %kpos
    where(%b, %h, %i, %j, %i_slot, %j_slot) {
      %past = attn.causal %i, %j
      %key_head = arith.divui %h, %group : i32
      %mine = attn.load %qbucket[%b, %h, %i_slot] : tensor<?x?x?xi32>
      %its = attn.load %kbucket[%b, %key_head, %j_slot] : tensor<?x?x?xi32>
      %same = arith.cmpi eq, %mine, %its : i32
      %keep = attn.and %past, %same
      attn.yield %keep : i1
    } : !qk at tensor<?x?x?xi32>, !qk, !vo at tensor<?x?x?xi32>
  return %o, %lse : !vo, !lse
}
