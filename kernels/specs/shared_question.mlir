// One prompt and several answers to it in a row: a query sees the prompt and the
// earlier part of its own answer. Training on preferences (DPO), reward models and
// GRPO, which otherwise repeat the prompt for every answer. `ids` is 0 in the prompt
// and numbers the answers from 1, [batch, sequence].
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=1x300xi32=documents:4:90 --check
// Input: {batch}x{positions}xi32=documents:4:90

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @shared_question(%q: !qk, %k: !qk, %v: !vo, %ids: tensor<?x?xi32>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %id = attn.load %ids[%b, %j] : tensor<?x?xi32>
      %zero = arith.constant 0 : i32
      %prompt = arith.cmpi eq, %id, %zero : i32
      %own = attn.document %i, %j in %ids[%b] : tensor<?x?xi32>
      %known = attn.or %prompt, %own
      %keep = attn.and %past, %known
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
