// Every message of the ops on values of tiles and of the loop over runs.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

tile.kernel @k(%x: f32) {
  // expected-error@+1 {{expected tensors, given 'f32'}}
  %y = tile.map(%a = %x) : (f32) -> tensor<?xf32, #tile.axes<[query]>> {
    tile.yield %a : f32
  }
  tile.return
}

// -----

#scores = #tile.axes<[query, key]>
tile.kernel @k(%x: tensor<?x?xf32, #scores>, %first: i32) {
  // expected-error@+1 {{has 1 positions for a result of 2 axes}}
  %y = tile.map(%a = %x) at(%i = %first) : (tensor<?x?xf32, #scores>) -> tensor<?x?xf32, #scores> {
    tile.yield %a : f32
  }
  tile.return
}

// -----

#rows = #tile.axes<[query]>
tile.kernel @k(%x: tensor<?x?xf32, #tile.axes<[query, key]>>) {
  // expected-error@+1 {{reads an input with axis key, which the result lacks}}
  %y = tile.map(%a = %x) : (tensor<?x?xf32, #tile.axes<[query, key]>>) -> tensor<?xf32, #rows> {
    tile.yield %a : f32
  }
  tile.return
}

// -----

#rows = #tile.axes<[query]>
tile.kernel @k(%x: tensor<32xf32, #rows>) {
  // expected-error@+1 {{reads an input whose extent along query differs from the result's}}
  %y = tile.map(%a = %x) : (tensor<32xf32, #rows>) -> tensor<64xf32, #rows> {
    tile.yield %a : f32
  }
  tile.return
}

// -----

#rows = #tile.axes<[query]>
tile.kernel @k(%x: tensor<?xf32, #rows>) {
  // expected-error@+1 {{must pass one element per input and one i32 per position to its region}}
  %y = "tile.map"(%x) <{operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%a: f16):
    %zero = arith.constant 0.0 : f32
    tile.yield %zero : f32
  }) : (tensor<?xf32, #rows>) -> tensor<?xf32, #rows>
  tile.return
}

// -----

#rows = #tile.axes<[query]>
tile.kernel @k(%x: tensor<?xf32, #rows>) {
  // expected-error@+1 {{must yield one 'f16'}}
  %y = tile.map(%a = %x) : (tensor<?xf32, #rows>) -> tensor<?xf16, #rows> {
    tile.yield %a : f32
  }
  tile.return
}

// -----

tile.kernel @k(%x: tensor<?x?xf32, #tile.axes<[query, key]>>) {
  // expected-error@+1 {{must reduce the columns of a tile to one element per row}}
  %y = tile.reduce add %x : tensor<?x?xf32, #tile.axes<[query, key]>> -> tensor<?xf32, #tile.axes<[key]>>
  tile.return
}

// -----

#rows = #tile.axes<[query]>
#scores = #tile.axes<[query, key]>
tile.kernel @k(%x: tensor<?xbf16, #rows>, %s: tensor<?x?xf32, #scores>) {
  // expected-error@+1 {{needs operands and result with 2 axes}}
  %y = tile.dot %x, %x, %s : tensor<?xbf16, #rows>, tensor<?xbf16, #rows> -> tensor<?x?xf32, #scores>
  tile.return
}

// -----

#queries = #tile.axes<[query, feature]>
#scores = #tile.axes<[query, key]>
tile.kernel @k(%q: tensor<?x64xbf16, #queries>, %s: tensor<?x?xf32, #scores>) {
  // expected-error@+1 {{must have an axis that both operands share and the result lacks}}
  %y = tile.dot %q, %q, %s
      : tensor<?x64xbf16, #queries>, tensor<?x64xbf16, #queries> -> tensor<?x?xf32, #scores>
  tile.return
}

// -----

#queries = #tile.axes<[query, feature]>
#keys = #tile.axes<[key, feature]>
#scores = #tile.axes<[query, key]>
tile.kernel @k(%q: tensor<?x64xbf16, #queries>, %k: tensor<?x64xf16, #keys>,
               %s: tensor<?x?xf32, #scores>) {
  // expected-error@+1 {{multiplies 'bf16' by 'f16'}}
  %y = tile.dot %q, %k, %s
      : tensor<?x64xbf16, #queries>, tensor<?x64xf16, #keys> -> tensor<?x?xf32, #scores>
  tile.return
}

// -----

#from = #tile.fragment<[query], partial_row, warps = 4>
#to = #tile.fragment<[query], row, warps = 2>
tile.kernel @k(%l: tensor<64xf32, #from>) {
  // expected-error@+1 {{may change nothing but the kind of a fragment}}
  %sum = tile.convert %l : tensor<64xf32, #from> -> tensor<64xf32, #to>
  tile.return
}

// -----

#from = #tile.fragment<[query], row, warps = 4>
#to = #tile.fragment<[query], partial_row, warps = 4>
tile.kernel @k(%l: tensor<64xf32, #from>) {
  // expected-error@+1 {{converts accumulator to operand or partial_row to row, not row to partial_row}}
  %sum = tile.convert %l : tensor<64xf32, #from> -> tensor<64xf32, #to>
  tile.return
}

// -----

tile.kernel @k(%c: i32) {
  %runs = tile.interval_runs visible(%c, %c) full(%c, %c)
  // expected-error@+1 {{expected (key, partial)}}
  tile.for_runs (%key) in %runs {
  }
  tile.return
}

// -----

tile.kernel @k(%c: i32) {
  %runs = tile.interval_runs visible(%c, %c) full(%c, %c)
  // expected-error@+1 {{expected (key, partial, valid) ahead N (step, next, more)}}
  tile.for_runs (%key, %partial) ahead 1 (%step, %next, %more) in %runs {
  }
  tile.return
}

// -----

tile.kernel @k(%c: i32) {
  %runs = tile.interval_runs visible(%c, %c) full(%c, %c)
  // expected-error@+1 {{must pass its entry and the carried values to its region}}
  "tile.for_runs"(%runs) <{ahead = 0 : i64}> ({
  ^bb0(%key: i32):
    tile.yield
  }) : (!tile.runs) -> ()
  tile.return
}

// -----

tile.kernel @k(%c: i32) {
  %runs = tile.interval_runs visible(%c, %c) full(%c, %c)
  // expected-error@+1 {{must yield and return the types of its initial values}}
  %last = tile.for_runs (%key, %partial) in %runs iter_args(%a = %c) : i32 {
    tile.yield
  }
  tile.return
}

// -----

#rows = #tile.axes<[query]>
tile.kernel @k(%x: tensor<?xf32, #rows>) {
  %y = tile.map(%a = %x) : (tensor<?xf32, #rows>) -> tensor<?xf32, #rows> {
    // expected-error@+1 {{'tile.barrier' op cannot stand in a 'tile.map', which computes with scalars}}
    tile.barrier
    tile.yield %a : f32
  }
  tile.return
}

// -----

#rows = #tile.axes<[query]>
tile.kernel @k(%x: tensor<?xf32, #rows>, %c: i1) {
  %y = tile.map(%a = %x) : (tensor<?xf32, #rows>) -> tensor<?xf32, #rows> {
    // expected-error@+1 {{'arith.select' op cannot stand in a 'tile.map', which computes with scalars}}
    %z = arith.select %c, %x, %x : tensor<?xf32, #rows>
    tile.yield %a : f32
  }
  tile.return
}

// -----

tile.kernel @k(%s: tensor<64x64xf32, #tile.axes<[query, key]>>,
               %to: tensor<64xi32, #tile.fragment<[query], row, warps = 4>>, %key: i32) {
  // expected-error@+1 {{clips an accumulator of f32, not 'tensor<64x64xf32, #tile.axes<[query, key]>>'}}
  %a = tile.clip %s at %key to %to : tensor<64x64xf32, #tile.axes<[query, key]>>, tensor<64xi32, #tile.fragment<[query], row, warps = 4>>
  tile.return
}

// -----

#scores = #tile.fragment<[query, key], accumulator, warps = 4>
tile.kernel @k(%s: tensor<64x64xf32, #scores>,
               %to: tensor<64xi32, #tile.fragment<[key], row, warps = 4>>, %key: i32) {
  // expected-error@+1 {{has a bound of type 'tensor<64xi32, #tile.fragment<[key], row, warps = 4>>', needs 'tensor<64xi32, #tile.fragment<[query], row, warps = 4>>'}}
  %a = tile.clip %s at %key to %to : tensor<64x64xf32, #scores>, tensor<64xi32, #tile.fragment<[key], row, warps = 4>>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?x64xf16>) {
  // expected-error@+1 {{'tile.pack_heads' packs heads of a view of [batch, heads, sequence] or [batch, heads, sequence, features]}}
  %packed = tile.pack_heads %q by 4 : !tile.view<?x64xf16>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?x6x?x64xf16>) {
  // expected-error@+1 {{'tile.pack_heads' packs 4 heads, must be at least 2 and divide those that there are}}
  %packed = tile.pack_heads %q by 4 : !tile.view<?x6x?x64xf16>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?x6x?x64xf16>, %n: i32) {
  %packed = tile.pack_heads %q by 3 : !tile.view<?x6x?x64xf16>
  // expected-error@+1 {{'tile.part' takes a part of packed heads; pack those of a part}}
  %part = tile.part %packed along 2 from %n to %n : !tile.view<?x2x?x64xf16, heads = 3>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?x6x?xf32>, %n: i32) {
  %packed = tile.pack_heads %q by 3 : !tile.view<?x6x?xf32>
  // expected-error@+1 {{reads one element of packed heads; read it of the view itself}}
  %x, %inside = tile.read %packed[%n, %n, %n] : !tile.view<?x2x?xf32, heads = 3>
  tile.return
}

// -----

// expected-error@+1 {{takes packed heads, which only 'tile.pack_heads' makes}}
tile.kernel @k(%q: !tile.view<?x2x?x64xf16, heads = 3>) { tile.return }

// -----

// expected-error@+1 {{a view of rank 2 packs 3 heads; one of [batch, heads, sequence] or [batch, heads, sequence, features] packs at least 1}}
tile.kernel @k(%q: !tile.view<?x64xf16, heads = 3>) { tile.return }

// -----

// expected-error@+1 {{a box has 64 rows of 3 heads, must have a multiple}}
tile.kernel @k(%q: !tile.copy_map<64x64xf16, heads = 3>) { tile.return }

// -----

tile.program @p(%q: tensor<6x?x64xf16>) {
  // expected-error@+1 {{packs heads of a tensor of rank 3, must be 4}}
  %map = tile.copy_map %q : tensor<6x?x64xf16> -> !tile.copy_map<96x64xf16, heads = 3>
  tile.return
}
