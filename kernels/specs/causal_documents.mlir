// Packed documents whose positions begin at zero in each, as rotary embeddings want
// them: a query sees keys of its document up to its own position. `qpos`, `kpos` and
// `ids` are [batch, sequence]; ids go with slots, since positions repeat.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=1x300xi32=restarts:4:90 --input=1x300xi32=restarts:4:90 --input=1x300xi32=documents:4:90 --check
// Input: {batch}x{queries}xi32=restarts:4:90
// Input: {batch}x{keys}xi32=restarts:4:90
// Input: {batch}x{positions}xi32=documents:4:90

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @causal_documents(%q: !qk, %k: !qk, %v: !vo, %qpos: tensor<?x?xi32>,
                            %kpos: tensor<?x?xi32>, %ids: tensor<?x?xi32>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q at %qpos, %k, %v at %kpos
    where(%b, %h, %i, %j, %i_slot, %j_slot) {
      %past = attn.causal %i, %j
      %same = attn.document %i_slot, %j_slot in %ids[%b] : tensor<?x?xi32>
      %keep = attn.and %past, %same
      attn.yield %keep : i1
    } : !qk at tensor<?x?xi32>, !qk, !vo at tensor<?x?xi32>
  return %o, %lse : !vo, !lse
}
