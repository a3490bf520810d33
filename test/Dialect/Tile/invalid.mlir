// Every message of the attributes, types, programs and memory ops.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{expected query, key or feature}}
tile.kernel @k(%x: tensor<?xf32, #tile.axes<[row]>>) { tile.return }

// -----

// expected-error@+1 {{expected accumulator, operand, row, partial_row or column}}
tile.kernel @k(%x: tensor<64xf32, #tile.fragment<[query], diagonal, warps = 4>>) { tile.return }

// -----

// expected-error@+1 {{warps is 17, must be from 1 to 16}}
#s = #tile.schedule<query_tile = 272, key_tile = 64, warps = 17, stages = 2, query_in_registers = false>

// -----

// expected-error@+1 {{query_tile is 24, must be a multiple of 16}}
#s = #tile.schedule<query_tile = 24, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>

// -----

// expected-error@+1 {{'tile.kernel' op has tiles of 64 rows, must be a multiple of 16 for each of 8 warps}}
tile.kernel @k(%n: i32) attributes {schedule = #tile.schedule<
    query_tile = 64, key_tile = 128, warps = 8, stages = 2, query_in_registers = false>} {
  %b, %h, %first = tile.block %n, %n, %n
  tile.return
}

// -----

tile.kernel @k(%n: i32) {
  // expected-error@+1 {{'tile.block' op has rows of features, must have rows of queries or of keys}}
  %b, %h, %first = tile.block %n, %n, %n of feature
  tile.return
}

// -----

tile.kernel @k(%table: !tile.view<?xf32>, %m: tensor<?xf32, #tile.axes<[query]>>, %i: i32) {
  %done = tile.map(%x = %m) : (tensor<?xf32, #tile.axes<[query]>>) -> tensor<?xf32, #tile.axes<[query]>> {
    // expected-error@+1 {{'tile.atomic_add' op has 2 indices for a view of rank 1}}
    tile.atomic_add %x, %table[%i, %i] : !tile.view<?xf32>
    tile.yield %x : f32
  }
  tile.return
}

// -----

tile.kernel @k(%table: !tile.view<?xf32>, %x: f32, %i: i32) {
  // expected-error@+1 {{'tile.atomic_add' op stands in a 'tile.map'}}
  tile.atomic_add %x, %table[%i] : !tile.view<?xf32>
  tile.return
}

// -----

tile.kernel @k(%table: !tile.view<?x4x?xf32>, %m: tensor<?xf32, #tile.axes<[query]>>, %i: i32) {
  %packed = tile.pack_heads %table by 2 : !tile.view<?x4x?xf32>
  %done = tile.map(%x = %m) : (tensor<?xf32, #tile.axes<[query]>>) -> tensor<?xf32, #tile.axes<[query]>> {
    // expected-error@+1 {{'tile.atomic_add' op adds to packed heads; add to the view itself}}
    tile.atomic_add %x, %packed[%i, %i, %i] : !tile.view<?x2x?xf32, heads = 2>
    tile.yield %x : f32
  }
  tile.return
}

// -----

// expected-error@+1 {{key_tile is 24, must be a multiple of 16}}
#s = #tile.schedule<query_tile = 64, key_tile = 24, warps = 4, stages = 2, query_in_registers = false>

// -----

// expected-error@+1 {{stages is 5, must be from 2 to 4}}
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 5, query_in_registers = false>

// -----

// expected-error@+1 {{a shared tile has rows and columns, or is a vector}}
tile.kernel @k(%x: !tile.shared<2x64x64xbf16, [key, feature]>) { tile.return }

// -----

// expected-error@+1 {{a shared vector holds 'bf16', must be f32}}
tile.kernel @k(%x: !tile.shared<64xbf16, [key]>) { tile.return }

// -----

// expected-error@+1 {{a shared vector is of 40, must be a multiple of 16}}
tile.kernel @k(%x: !tile.shared<40xf32, [key]>) { tile.return }

// -----

// expected-error@+1 {{a shared tile is 64 x 40, both must be multiples of 16}}
tile.kernel @k(%x: !tile.shared<64x40xbf16, [key, feature]>) { tile.return }

// -----

// expected-error@+1 {{a shared tile holds 'f32', must be f16 or bf16}}
tile.kernel @k(%x: !tile.shared<64x64xf32, [key, feature]>) { tile.return }

// -----

// expected-error@+1 {{a shared tile has 2 axes, given 1}}
tile.kernel @k(%x: !tile.shared<64x64xbf16, [key]>) { tile.return }

// -----

// expected-error@+1 {{a box has rows and columns}}
tile.kernel @k(%x: !tile.copy_map<64xbf16>) { tile.return }

// -----

// expected-error@+1 {{a box has 257 rows, must have from 1 to 256}}
tile.kernel @k(%x: !tile.copy_map<257x64xbf16>) { tile.return }

// -----

// expected-error@+1 {{a box has 128 columns, must have 64, 32 or 16}}
tile.kernel @k(%x: !tile.copy_map<64x128xbf16>) { tile.return }

// -----

// expected-error@+1 {{a box holds 'f32', must be f16 or bf16}}
tile.kernel @k(%x: !tile.copy_map<64x64xf32>) { tile.return }

// -----

tile.program @p(%k: tensor<128xbf16>) {
  // expected-error@+1 {{copies boxes of a tensor of rank 1, must be from 2 to 5}}
  %map = tile.copy_map %k : tensor<128xbf16> -> !tile.copy_map<64x64xbf16>
  tile.return
}

// -----

tile.program @p(%k: tensor<?x128xf16>) {
  // expected-error@+1 {{copies elements of type 'f16' as 'bf16'}}
  %map = tile.copy_map %k : tensor<?x128xf16> -> !tile.copy_map<64x64xbf16>
  tile.return
}

// -----

// A map may be missing, a view may not.
tile.kernel @k(%x: !tile.view<?xf32>, %map: !tile.copy_map<64x64xbf16>) { tile.return }
tile.program @p() {
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{passes 0 arguments to 'k', which takes 1}}
  tile.launch @k batches %c1 heads %c1 rows %c1 ()
  tile.return
}

// -----

// expected-error@+1 {{a ring has 0 slots, needs at least 1}}
tile.kernel @k(%x: !tile.ring<0 x !tile.shared<64x64xbf16, [key, feature]>>) { tile.return }

// -----

// expected-error@+1 {{returns nothing; outputs are views among its arguments}}
tile.kernel @k(%x: i32) -> i32 {
  tile.return %x : i32
}

// -----

tile.program @p(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error@+1 {{must return the result types of 'p'}}
  tile.return
}

// -----

tile.program @p(%n: index) {
  // expected-error@+1 {{gives 1 sizes for 2 open dimensions of 'tensor<?x?x3xf32>'}}
  %x = tile.new_tensor(%n) : tensor<?x?x3xf32>
  tile.return
}

// -----

tile.program @p(%q: tensor<?xf32>, %n: index) {
  // expected-error@+1 {{launches unknown kernel 'k'}}
  tile.launch @k batches %n heads %n rows %n (%q) : tensor<?xf32>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?xf32>, %n: i32) { tile.return }
tile.program @p(%q: tensor<?xf32>, %n: index) {
  // expected-error@+1 {{passes 1 arguments to 'k', which takes 2}}
  tile.launch @k batches %n heads %n rows %n (%q) : tensor<?xf32>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?xf32>) { tile.return }
tile.program @p(%q: tensor<?xf16>, %n: index) {
  // expected-error@+1 {{passes 'tensor<?xf16>' as argument 0 of 'k', which takes '!tile.view<?xf32>'}}
  tile.launch @k batches %n heads %n rows %n (%q) : tensor<?xf16>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?x64xbf16>, %i: i32) {
  // expected-error@+1 {{has 1 indices for a view of rank 2}}
  %x, %inside = tile.read %q[%i] : !tile.view<?x64xbf16>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?xbf16>) {
  // expected-error@+1 {{asks for axis 1 of a view of rank 1}}
  %n = tile.dim %q[1] : !tile.view<?xbf16>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?xbf16>, %i: i32) {
  // expected-error@+1 {{accesses a view of rank 1 with a tile of rank 2}}
  %t = tile.load %q[%i] : !tile.view<?xbf16> -> tensor<?x64xbf16, #tile.axes<[key, feature]>>
  tile.return
}

// -----

tile.kernel @k(%o: !tile.view<?xbf16>, %i: i32, %t: tensor<?xf32, #tile.axes<[query]>>) {
  // expected-error@+1 {{accesses elements of type 'bf16' as 'f32'}}
  tile.store %t, %o[%i] : tensor<?xf32, #tile.axes<[query]>>, !tile.view<?xbf16>
  tile.return
}

// -----

!slot = !tile.shared<64x64xbf16, [key, feature]>
tile.kernel @k(%q: !tile.view<?xbf16>, %i: i32, %slot: !slot) {
  // expected-error@+1 {{copies from a view of rank 1, needs at least 2}}
  %token = tile.copy_async %q[%i] to %slot : !tile.view<?xbf16> -> !slot
  tile.return
}

// -----

!slot = !tile.shared<64x64xbf16, [key, feature]>
tile.kernel @k(%q: !tile.view<?x64xf16>, %i: i32, %slot: !slot) {
  // expected-error@+1 {{copies elements of type 'f16' to 'bf16'}}
  %token = tile.copy_async %q[%i, %i] to %slot : !tile.view<?x64xf16> -> !slot
  tile.return
}

// -----

!slot = !tile.shared<64x64xbf16, [query, feature]>
tile.kernel @k(%slot: !slot, %x: tensor<64x64xbf16, #tile.fragment<[query, feature], operand, warps = 4>>) {
  // expected-error@+1 {{must write a fragment of kind accumulator}}
  tile.store_shared %x, %slot : tensor<64x64xbf16, #tile.fragment<[query, feature], operand, warps = 4>>, !slot
  tile.return
}

// -----

!slot = !tile.shared<64x64xbf16, [query, feature]>
tile.kernel @k(%slot: !slot, %x: tensor<64x64xbf16, #tile.fragment<[key, feature], accumulator, warps = 4>>) {
  // expected-error@+1 {{must have the shape, element type and axes of its slot}}
  tile.store_shared %x, %slot : tensor<64x64xbf16, #tile.fragment<[key, feature], accumulator, warps = 4>>, !slot
  tile.return
}

// -----

tile.kernel @k(%x: tensor<?xf32, #tile.axes<[query]>>, %sums: !tile.view<?xf32>, %n: i32) {
  // expected-error@+1 {{, but only a matrix of f32 can be added}}
  tile.store %x, %sums[%n] add : tensor<?xf32, #tile.axes<[query]>>, !tile.view<?xf32>
  tile.return
}

// -----

!slot = !tile.shared<64x64xbf16, [query, feature]>
tile.kernel @k(%slot: !slot) {
  // expected-error@+1 {{must give a fragment of kind operand}}
  %q = tile.load_shared %slot
      : !slot -> tensor<64x64xbf16, #tile.fragment<[query, feature], accumulator, warps = 4>>
  tile.return
}

// -----

!slot = !tile.shared<64x64xbf16, [query, feature]>
tile.kernel @k(%slot: !slot) {
  // expected-error@+1 {{must give the shape, element type and axes of its slot}}
  %q = tile.load_shared %slot
      : !slot -> tensor<64x32xbf16, #tile.fragment<[query, feature], operand, warps = 4>>
  tile.return
}

// -----

tile.program @p() {
  // expected-error@+1 {{gives a meaning to 33 bits, a word has 32}}
  %s = tile.status ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32"]
  tile.return
}
