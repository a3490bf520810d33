// Documents packed into one row without padding; a query sees the earlier part
// of its own document: pre-training of Llama 3 and most others. `ids` holds the
// document of every position, [batch, sequence].
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=1x300xi32=steps:90 --check
// Input: {batch}x{positions}xi32=steps:29

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @packed_documents(%q: !qk, %k: !qk, %v: !vo, %ids: tensor<?x?xi32>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %same = attn.document %i, %j in %ids[%b] : tensor<?x?xi32>
      %keep = attn.and %past, %same
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
