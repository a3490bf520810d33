// RUN: lacuna-opt %s --tile-exchange-operands --verify-diagnostics

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
!ds = tensor<64x64xbf16, #tile.fragment<[key, query], accumulator, warps = 4>>
!dq = tensor<64x64xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
tile.kernel @k(%ds: !ds, %kt: !tile.shared<64x64xbf16, [key, feature]>, %dq0: !dq) attributes {schedule = #s, target = "sm_80"} {
  // expected-error@+1 {{sums over the rows of what no operation of the same entry of a loop over runs has computed in registers}}
  %dq = tile.dot %ds, %kt, %dq0 : !ds, !tile.shared<64x64xbf16, [key, feature]> -> !dq
  tile.return
}
