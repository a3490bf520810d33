// An image of 48 x 40 pixels, row by row; a pixel sees the 7 x 7 pixels around it,
// and at a border the 7 x 7 nearest to it: neighbourhood attention (NATTEN, Hassani et
// al. 2023), as vision and video models use it.
//
// Example: lacuna-run %s --input=1x1x1920x128xbf16=random:1 --input=1x1x1920x128xbf16=random:2 --input=1x1x1920x128xbf16=random:3 --check

!qk = tensor<?x?x?x128xbf16> // [batch, heads, sequence, head_dim] of queries and keys
!vo = tensor<?x?x?x128xbf16> // of values and output
!lse = tensor<?x?x?xf32>     // [batch, query heads, queries]

func.func @neighbourhood(%q: !qk, %k: !qk, %v: !vo) -> (!vo, !lse) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %width = arith.constant 48 : i32
      %iy = arith.divsi %i, %width : i32
      %ix = arith.remsi %i, %width : i32
      %jy = arith.divsi %j, %width : i32
      %jx = arith.remsi %j, %width : i32
      %c0 = arith.constant 0 : i32
      %c3 = arith.constant 3 : i32
      %c7 = arith.constant 7 : i32
      %lowest = arith.constant 33 : i32    // 40 - 7
      %rightmost = arith.constant 41 : i32 // 48 - 7
      %up = arith.subi %iy, %c3 : i32
      %back = arith.subi %ix, %c3 : i32
      %inside_y = arith.maxsi %up, %c0 : i32
      %inside_x = arith.maxsi %back, %c0 : i32
      %top = arith.minsi %inside_y, %lowest : i32
      %left = arith.minsi %inside_x, %rightmost : i32
      %dy = arith.subi %jy, %top : i32
      %dx = arith.subi %jx, %left : i32
      %below = arith.cmpi sge, %dy, %c0 : i32
      %above = arith.cmpi slt, %dy, %c7 : i32
      %right_of = arith.cmpi sge, %dx, %c0 : i32
      %left_of = arith.cmpi slt, %dx, %c7 : i32
      %keep = attn.and %below, %above, %right_of, %left_of
      attn.yield %keep : i1
    } : !qk, !qk, !vo
  return %o, %lse : !vo, !lse
}
