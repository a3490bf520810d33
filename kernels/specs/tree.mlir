// A tree of guesses behind a cached prefix: a guess sees the prefix, its ancestors and
// itself. Verification in speculative decoding (SpecInfer, Medusa, EAGLE). `ancestors`
// has a bit for each pair of guesses, [batch, guesses, guesses].
//
// Example: lacuna-run %s --input=1x4x70x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=230 --input=1x70x70xi1=ancestors:4 --check
// Input: 40
// Input: {batch}x{queries}x{keys}xi1=ancestors:4

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @tree(%q: !qk, %k: !qk, %v: !vo, %prefix: i32, %ancestors: tensor<?x?x?xi1>)
    -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %cached = attn.prefix %j, %prefix
      %keep = scf.if %cached -> i1 {
        scf.yield %cached : i1
      } else {
        %guess = arith.subi %j, %prefix : i32
        %ancestor = attn.load %ancestors[%b, %i, %guess] : tensor<?x?x?xi1>
        scf.yield %ancestor : i1
      }
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
