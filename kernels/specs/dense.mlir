// Every query sees every key: encoders (BERT, ViT), diffusion transformers,
// cross-attention. Lengths of queries and keys are independent.
//
// Example: lacuna-run %s --input=1x4x300x128xbf16=random:1 --input=1x2x300x128xbf16=random:2 --input=1x2x300x128xbf16=random:3 --check

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @dense(%q: !qk, %k: !qk, %v: !vo) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
