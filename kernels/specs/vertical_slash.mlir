// Columns and diagonals chosen for each head from a sample of the scores: prefill with
// MInference (Jiang et al. 2024). `vertical` has a bit for each key and `slash` for each
// distance, [query heads, keys].
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=4x300xi1=chance:4:0.02 --input=4x300xi1=chance:5:0.04 --check
// Input: {query_heads}x{keys}xi1=chance:4:0.02
// Input: {query_heads}x{positions}xi1=chance:5:0.04

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @vertical_slash(%q: !qk, %k: !qk, %v: !vo, %vertical: tensor<?x?xi1>,
                          %slash: tensor<?x?xi1>) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %keep = scf.if %past -> i1 {
        %distance = arith.subi %i, %j : i32
        %column = attn.load %vertical[%h, %j] : tensor<?x?xi1>
        %diagonal = attn.load %slash[%h, %distance] : tensor<?x?xi1>
        %chosen = attn.or %column, %diagonal
        scf.yield %chosen : i1
      } else {
        scf.yield %past : i1
      }
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
