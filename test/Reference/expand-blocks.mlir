// Lists of blocks in every format that say the same table, and lists that say none.
// DEFINE: %{run} = lacuna-run %s --device=reference --show-mask --input=1x1x6x8xf16=0

// RUN: %{run} --function=padded "--input=1x3x2xi32=[1 0  -1 2  -1 -1]" --input=3 2>&1 | FileCheck %s
// RUN: %{run} --function=counted "--input=1x3x2xi32=[1 0  2 -7  9 9]" "--input=1x3xi32=[2 1 0]" --input=3 2>&1 | FileCheck %s
// RUN: %{run} --function=csr "--input=1x5xi32=[8 1 0 2 9]" "--input=1x4xi32=[1 3 4 4]" --input=3 2>&1 | FileCheck %s
// RUN: %{run} --function=bits "--input=1x3x1xi32=[3 4 0]" --input=3 2>&1 | FileCheck %s
// CHECK:      ####..
// CHECK-NEXT: ####..
// CHECK-NEXT: ....##
// CHECK-NEXT: ....##
// CHECK-NEXT: ......
// CHECK-NEXT: ......

// RUN: not %{run} --function=padded "--input=1x3x2xi32=[0 1  -1 3  -1 -1]" --input=3 2>&1 | FileCheck %s --check-prefix=RANGE
// RANGE: 'attn.expand_blocks' op row [0, 1] has the block 3, but there are 3 columns
// RUN: not %{run} --function=padded "--input=1x3x2xi32=[0 1  -2 0  -1 -1]" --input=3 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: row [0, 1] has the block -2, but there are 3 columns
// RUN: not %{run} --function=counted --input=1x3x2xi32=-1 --input=1x3xi32=1 --input=3 2>&1 | FileCheck %s --check-prefix=PADDING
// PADDING: row [0, 0] has the block -1, but there are 3 columns
// RUN: not %{run} --function=counted --input=1x3x2xi32=0 "--input=1x3xi32=[2 2 3]" --input=3 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: row [0, 2] has the count 3, but rows have 2 places
// RUN: not %{run} --function=counted --input=1x3x2xi32=0 --input=1x2xi32=1 --input=3 2>&1 | FileCheck %s --check-prefix=COUNTS
// COUNTS: needs one count for each row of the list
// RUN: not %{run} --function=csr --input=1x4xi32=0 "--input=1x4xi32=[0 2 1 4]" --input=3 2>&1 | FileCheck %s --check-prefix=UNSORTED
// UNSORTED: row [0, 1] has the offsets 2 and 1, but there are 4 entries
// RUN: not %{run} --function=csr --input=1x4xi32=0 "--input=1x4xi32=[0 2 4 5]" --input=3 2>&1 | FileCheck %s --check-prefix=ENTRIES
// ENTRIES: row [0, 2] has the offsets 4 and 5, but there are 4 entries
// RUN: not %{run} --function=csr --input=1x4xi32=0 --input=1x0xi32=0 --input=3 2>&1 | FileCheck %s --check-prefix=NO-OFFSET
// NO-OFFSET: has no offset: they are one more than the rows
// RUN: not %{run} --function=csr --input=2x4xi32=0 --input=1x2xi32=0 --input=3 2>&1 | FileCheck %s --check-prefix=PARTS
// PARTS: needs offsets for each part of the list
// RUN: not %{run} --function=bits --input=1x3x2xi32=1 --input=3 2>&1 | FileCheck %s --check-prefix=WORDS
// WORDS: has 2 words for each row, but 3 columns take 1
// RUN: not %{run} --function=bits --input=1x3x1xi32=8 --input=3 2>&1 | FileCheck %s --check-prefix=BIT
// BIT: row [0, 0] has the block 3, but there are 3 columns
// RUN: not %{run} --function=padded --input=1x3x2xi32=0 --input=-1 2>&1 | FileCheck %s --check-prefix=COLUMNS
// COLUMNS: has -1 columns
// A table that is too short for the sequence is read outside.
// RUN: not %{run} --function=padded --input=1x2x2xi32=0 --input=3 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: 'attn.block_mask' op {{.*}}, at batch 0, head 0, query 4, key 0

!t = tensor<?x?x?x8xf16>
!list = tensor<?x?x?xi32>
!blocks = tensor<?x?x?xi1>

func.func @padded(%q: !t, %list: !list, %n: i32) -> !t {
  %blocks = attn.expand_blocks %list columns %n : !list
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %listed = attn.block_mask %i, %j in %blocks[%b] block 2 x 2 : !blocks
    attn.yield %listed : i1
  } : !t, !t, !t
  return %o : !t
}

func.func @counted(%q: !t, %list: !list, %counts: tensor<?x?xi32>, %n: i32) -> !t {
  %blocks = attn.expand_blocks %list counts %counts columns %n : !list counts tensor<?x?xi32>
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %listed = attn.block_mask %i, %j in %blocks[%b] block 2 x 2 : !blocks
    attn.yield %listed : i1
  } : !t, !t, !t
  return %o : !t
}

func.func @csr(%q: !t, %list: tensor<?x?xi32>, %offsets: tensor<?x?xi32>, %n: i32) -> !t {
  %blocks = attn.expand_blocks %list offsets %offsets columns %n : tensor<?x?xi32> offsets tensor<?x?xi32>
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %listed = attn.block_mask %i, %j in %blocks[%b] block 2 x 2 : !blocks
    attn.yield %listed : i1
  } : !t, !t, !t
  return %o : !t
}

func.func @bits(%q: !t, %list: !list, %n: i32) -> !t {
  %blocks = attn.expand_blocks %list bits columns %n : !list
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %listed = attn.block_mask %i, %j in %blocks[%b] block 2 x 2 : !blocks
    attn.yield %listed : i1
  } : !t, !t, !t
  return %o : !t
}
