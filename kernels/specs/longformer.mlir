// A window of `reach` keys to both sides, and `tokens` global tokens at the front that
// see everything and are seen by all: Longformer (Beltagy et al. 2020), and encoders
// with a [CLS] token.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --input=64 --input=3 --check
// Input: 64
// Input: 3

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @longformer(%q: !qk, %k: !qk, %v: !vo, %reach: i32, %tokens: i32) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %near = attn.sliding_window %i, %j left %reach right %reach
      %global_key = attn.prefix %j, %tokens
      %global_query = attn.prefix %i, %tokens
      %keep = attn.or %near, %global_key, %global_query
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
