// RUN: lacuna-opt %s --split-input-file --tile-choose-schedule=target=sm_86 --verify-diagnostics
// RUN: not lacuna-opt %S/abstract.mlir --tile-choose-schedule 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not lacuna-opt %S/abstract.mlir --tile-choose-schedule=target=sm_75 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// NONE: abstract.mlir:[[#]]:[[#]]: error: 'tile.kernel' op cannot be scheduled without a target; expected one of sm_80, sm_86
// UNKNOWN: error: 'tile.kernel' op cannot be scheduled for unknown target 'sm_75'; expected one of sm_80, sm_86

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
// expected-error@+1 {{is scheduled for sm_80, not for sm_86}}
tile.kernel @other() attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  tile.return
}

// -----

// expected-error@+1 {{has a 'tile.pins' that is not a dictionary}}
tile.kernel @k() attributes {tile.pins = 64} {
  tile.return
}

// -----

// expected-error@+1 {{cannot pin 'clusters = 2 : i64'; knobs are query_tile, key_tile, warps, stages (integers), query_in_registers and roles (bool)}}
tile.kernel @k() attributes {tile.pins = {clusters = 2}} {
  tile.return
}

// -----

// Need against limit, and what would fit.
#scores = #tile.axes<[query, key]>
#queries = #tile.axes<[query, feature]>
#keys = #tile.axes<[key, feature]>
// expected-error@+1 {{'tile.kernel' op schedule (query_tile = 64, key_tile = 64, warps = 4, stages = 4) for head dims 128 and 128 needs 147456 bytes of shared memory per block, sm_86 has 101376; key_tile = 32 or stages = 2 would fit}}
tile.kernel @k(%q: tensor<?x128xbf16, #queries>, %k: tensor<?x128xbf16, #keys>,
                  %s: tensor<?x?xf32, #scores>, %p: tensor<?x?xbf16, #scores>,
                  %o: tensor<?x128xf32, #queries>)
    attributes {tile.pins = {query_tile = 64, key_tile = 64, stages = 4}} {
  %s1 = tile.dot %q, %k, %s : tensor<?x128xbf16, #queries>, tensor<?x128xbf16, #keys> -> tensor<?x?xf32, #scores>
  %o1 = tile.dot %p, %k, %o : tensor<?x?xbf16, #scores>, tensor<?x128xbf16, #keys> -> tensor<?x128xf32, #queries>
  tile.return
}

// -----

#scores = #tile.axes<[query, key]>
#queries = #tile.axes<[query, feature]>
#keys = #tile.axes<[key, feature]>
// expected-error@+1 {{head dims 320 and 320 are beyond 256, the largest that has a schedule for sm_86}}
tile.kernel @k(%q: tensor<?x320xbf16, #queries>, %k: tensor<?x320xbf16, #keys>,
                  %s: tensor<?x?xf32, #scores>, %p: tensor<?x?xbf16, #scores>,
                  %o: tensor<?x320xf32, #queries>) {
  %s1 = tile.dot %q, %k, %s : tensor<?x320xbf16, #queries>, tensor<?x320xbf16, #keys> -> tensor<?x?xf32, #scores>
  %o1 = tile.dot %p, %k, %o : tensor<?x?xbf16, #scores>, tensor<?x320xbf16, #keys> -> tensor<?x320xf32, #queries>
  tile.return
}
