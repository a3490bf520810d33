// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

func.func @flat(%list: tensor<?xi32>, %n: i32) {
  // expected-error@below {{a list of blocks has the dimensions [rows, places], or with offsets [entries], after none, [heads] or [batch, heads]}}
  %blocks = attn.expand_blocks %list columns %n : tensor<?xi32>
  return
}

// -----

func.func @no_offset(%list: tensor<?xi32>, %offsets: tensor<0xi32>, %n: i32) {
  // expected-error@below {{offsets are one more than rows, so there is at least one}}
  %blocks = attn.expand_blocks %list offsets %offsets columns %n : tensor<?xi32> offsets tensor<0xi32>
  return
}

// -----

func.func @several(%list: tensor<?x?xi32>, %counts: tensor<?xi32>, %n: i32) {
  // expected-error@below {{takes 'counts', 'offsets' or 'bits', not several}}
  %blocks = attn.expand_blocks %list counts %counts bits columns %n : tensor<?x?xi32> counts tensor<?xi32>
  return
}

// -----

func.func @counts(%list: tensor<2x5x?xi32>, %counts: tensor<2x4xi32>, %n: i32) {
  // expected-error@below {{needs one count for each row of the list: 'tensor<2x4xi32>' does not go with 'tensor<2x5x?xi32>'}}
  %blocks = attn.expand_blocks %list counts %counts columns %n : tensor<2x5x?xi32> counts tensor<2x4xi32>
  return
}

// -----

func.func @offsets(%list: tensor<2x?xi32>, %offsets: tensor<3x?xi32>, %n: i32) {
  // expected-error@below {{needs the dimensions before the last to be those of the list: 'tensor<3x?xi32>' does not go with 'tensor<2x?xi32>'}}
  %blocks = attn.expand_blocks %list offsets %offsets columns %n : tensor<2x?xi32> offsets tensor<3x?xi32>
  return
}

// -----

func.func @type(%list: tensor<2x?xi64>, %n: i32) {
  // expected-error@below {{must be tensor of i32, but got 'tensor<2x?xi64>'}}
  %blocks = attn.expand_blocks %list columns %n : tensor<2x?xi64>
  return
}
