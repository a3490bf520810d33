// Blocks of 128 queries and 64 keys, listed as a sparse matrix in CSR for each key head:
// row r of the blocks owns the entries from offsets[r] up to offsets[r + 1]. FlashInfer's
// block-sparse attention (Ye et al. 2025), BSR of sparse libraries.
//
// Example: lacuna-run %s --input=1x4x600x128xbf16=random:1 --input=1x2x600x128xbf16=random:2 --input=1x2x600x128xbf16=random:3 "--input=2x9xi32=[0 3 9 1 0 8 2 7 4  5 6 7 0 1 2 9 9 9]" "--input=2x6xi32=[0 3 3 5 8 9  0 4 4 7 7 9]" --check
// Input: {key_heads}x{keys/64}xi32=steps:1
// Input: {key_heads}x{queries/128+1}xi32=ascending:4:0:{keys/64}

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @block_csr(%q: !qk, %k: !qk, %v: !vo, %entries: tensor<?x?xi32>,
                     %offsets: tensor<?x?xi32>) -> (!vo, !lse) {
  %heads_axis = arith.constant 1 : index
  %heads = tensor.dim %q, %heads_axis : !qk
  %key_heads = tensor.dim %k, %heads_axis : !qk
  %share = arith.divui %heads, %key_heads : index
  %group = arith.index_cast %share : index to i32
  %axis = arith.constant 2 : index
  %size = arith.constant 64 : index
  %keys = tensor.dim %k, %axis : !qk
  %count = arith.ceildivsi %keys, %size : index
  %columns = arith.index_cast %count : index to i32
  %blocks = attn.expand_blocks %entries offsets %offsets columns %columns
    : tensor<?x?xi32> offsets tensor<?x?xi32>
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %key_head = arith.divui %h, %group : i32
      %listed = attn.block_mask %i, %j in %blocks[%key_head] block 128 x 64 : tensor<?x?x?xi1>
      attn.yield %listed : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
