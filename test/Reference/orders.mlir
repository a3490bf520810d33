// Orders on the host: labels ascend with their sign and keep their order, what is kept comes
// first, and rows come back. The mask is that of the attend, in the order of its rows.
// DEFINE: %{run} = lacuna-run %s --device=reference --show-mask

// Labels 1 0 -1 0: the order is 2, 1, 3, 0, and a key is seen up to its position.
// RUN: %{run} --function=sorted --input=1x1x4x8xf16=0 "--input=1x1x4xi32=[1 0 -1 0]" 2>&1 | FileCheck %s --check-prefix=SORT
// SORT:      ##.#
// SORT-NEXT: .#.#
// SORT-NEXT: ####
// SORT-NEXT: ...#

// Of 4 rows 1 and 3 are kept; the others see nothing and are not seen.
// RUN: %{run} --function=compacted --input=1x1x4x8xf16=0 "--input=1x1x4xi1=[0 1 0 1]" 2>&1 | FileCheck %s --check-prefix=COMPACT
// COMPACT:      #...
// COMPACT-NEXT: ##..
// COMPACT-NEXT: ....
// COMPACT-NEXT: ....

// RUN: not %{run} --function=sorted --input=1x1x4x8xf16=0 --input=1x1x5xi32=0 2>&1 | FileCheck %s --check-prefix=SIZE
// SIZE: 'attn.gather' op needs an order of all batches, heads and rows

!t = tensor<?x?x?x8xf16>
!rows = tensor<?x?x?xi32>

func.func @sorted(%q: !t, %labels: !rows) -> !t {
  %order = attn.sort %labels : !rows
  %qs = attn.gather %q by %order : !t, !rows
  %os, %lse = attn.attend %qs at %order, %qs, %qs at %order where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t at !rows, !t, !t at !rows
  %o = attn.scatter %os by %order : !t, !rows
  return %o : !t
}

func.func @compacted(%q: !t, %keep: tensor<?x?x?xi1>) -> !t {
  %order, %count = attn.compact %keep : tensor<?x?x?xi1>
  %qs = attn.gather %q by %order : !t, !rows
  %os, %lse = attn.attend %qs at %order, %qs, %qs at %order
    where(%b, %h, %i, %j, %i_slot, %j_slot) {
      %past = attn.causal %i, %j
      %kept = attn.load %count[%b, %h] : tensor<?x?xi32>
      %query = arith.cmpi slt, %i_slot, %kept : i32
      %key = arith.cmpi slt, %j_slot, %kept : i32
      %both = attn.and %past, %query, %key
      attn.yield %both : i1
    } : !t at !rows, !t, !t at !rows
  %o = attn.scatter %os by %order : !t, !rows
  return %o : !t
}
