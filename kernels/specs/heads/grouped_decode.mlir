// The last four tokens of every sequence, with eight query heads for each key head:
// decoding with speculative tokens in Llama 3 or Qwen 3. The types state the numbers of
// heads and queries, so one tile of rows holds a whole group, and its keys and values
// are loaded once instead of eight times. `past` is the position of the first query.
//
// Example: lacuna-run %s --input=2x16x4x128xbf16=random:1 --input=2x2x700x128xbf16=random:2 --input=2x2x700x128xbf16=random:3 --input=696 --check

!q = tensor<?x16x4x128xbf16> // [batch, query heads, queries, head_dim]
!kv = tensor<?x2x?x128xbf16> // [batch, key heads, keys, head_dim]
!lse = tensor<?x16x4xf32>    // [batch, query heads, queries]

func.func @grouped_decode(%q: !q, %k: !kv, %v: !kv, %past: i32) -> (!q, !lse) {
  %o, %lse = attn.attend %q at %past, %k, %v
    where(%b, %h, %i, %j) {
      %keep = attn.causal %i, %j
      attn.yield %keep : i1
    } : !q at i32, !kv, !kv
  return %o, %lse : !q, !lse
}
