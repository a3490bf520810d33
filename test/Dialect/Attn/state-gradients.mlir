// Gradients through merges, and of what is used several times.
// RUN: lacuna-opt %s --attn-differentiate | FileCheck %s
// RUN: lacuna-opt %s --attn-differentiate | lacuna-opt --attn-check-spec

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>
!rows = tensor<?x?x?xi32>

// The gradients of parts are those by the state of the whole, which the caller has.
// CHECK-LABEL: @parts_gradient(
// CHECK-SAME: %[[O:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "o"}, %[[LSE:[^:]*]]: tensor<?x?x?xf32> {attn.name = "lse"}, %[[DO:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"}, %[[DLSE:[^:]*]]: tensor<?x?x?xf32> {attn.name = "dlse"})
// CHECK-NOT: attn.attend %
// CHECK-NOT: attn.merge
// CHECK: %[[A:.*]], %[[DK1:.*]], %[[DV1:.*]] = attn.attend_grad {{.*}} output %[[O]], %[[LSE]] gradient %[[DO]], %[[DLSE]] attributes {merged}
// CHECK: %[[B:.*]], %[[DK0:.*]], %[[DV0:.*]] = attn.attend_grad {{.*}} output %[[O]], %[[LSE]] gradient %[[DO]], %[[DLSE]] attributes {merged}
// CHECK: %[[DQ:.*]] = attn.sum %[[A]], %[[B]]
// CHECK: return %[[DQ]], %[[DK0]], %[[DV0]], %[[DK1]], %[[DV1]]
func.func @parts(%q: !t, %k0: !t, %v0: !t, %k1: !t, %v1: !t) -> (!t, !lse) {
  %o0, %lse0 = attn.attend %q, %k0, %v0 : !t, !t, !t
  %o1, %lse1 = attn.attend %q, %k1, %v1 : !t, !t, !t
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %o, %lse : !t, !lse
}

// A state that is seen elsewhere, or given, has gradients of its own; without the
// log-sum-exp, which nobody gives, everything is computed again.
// CHECK-LABEL: @given_gradient(
// CHECK-SAME: %[[GIVEN:[^:]*]]: tensor<?x?x?x64xf16>, %[[GIVEN_LSE:[^:]*]]: tensor<?x?x?xf32>, %[[DO:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"})
// CHECK: %[[O1:.*]], %[[LSE1:.*]] = attn.attend %
// CHECK: %[[O:.*]], %[[LSE:.*]] = attn.merge (%[[GIVEN]], %[[GIVEN_LSE]]), (%[[O1]], %[[LSE1]])
// CHECK: %[[DO0:.*]], %{{.*}}, %[[DLSE0:.*]], %{{.*}} = attn.merge_grad (%[[GIVEN]], %[[GIVEN_LSE]]), (%[[O1]], %[[LSE1]]) gradient %[[DO]]
// CHECK: %[[DQ:.*]], %[[DK:.*]], %[[DV:.*]] = attn.attend_grad {{.*}} output %[[O]], %[[LSE]] gradient %[[DO]] attributes {merged}
// CHECK: return %[[DQ]], %[[DK]], %[[DV]], %[[DO0]], %[[DLSE0]]
func.func @given(%q: !t, %k: !t, %v: !t, %o0: !t, %lse0: !lse) -> !t {
  %o1, %lse1 = attn.attend %q, %k, %v : !t, !t, !t
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %o : !t
}

// CHECK-LABEL: @self_gradient(
// CHECK: %[[DQ:.*]], %[[DK:.*]], %[[DV:.*]] = attn.attend_grad
// CHECK: %[[DX:.*]] = attn.sum %[[DQ]], %[[DK]], %[[DV]]
// CHECK: return %[[DX]]
func.func @self(%x: !t) -> !t {
  %o, %lse = attn.attend %x, %x, %x : !t, !t, !t
  return %o : !t
}

// One attend feeds another.
// CHECK-LABEL: @chained_gradient(
// CHECK-SAME: %[[DO:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"})
// CHECK: %[[FIRST:.*]], %{{.*}} = attn.attend %
// CHECK: %[[DFIRST:.*]], %[[DK1:.*]], %[[DV1:.*]] = attn.attend_grad %[[FIRST]], {{.*}} gradient %[[DO]]
// CHECK: %[[DQ:.*]], %[[DK0:.*]], %[[DV0:.*]] = attn.attend_grad {{.*}} gradient %[[DFIRST]]
// CHECK: %[[DK:.*]] = attn.sum %[[DK1]], %[[DK0]]
// CHECK: %[[DV:.*]] = attn.sum %[[DV1]], %[[DV0]]
// CHECK: return %[[DQ]], %[[DK]], %[[DV]]
func.func @chained(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  %o2, %lse2 = attn.attend %o, %k, %v : !t, !t, !t
  return %o2 : !t
}

// Gathered twice, and returned in two orders.
// CHECK-LABEL: @orders_gradient(
// CHECK-SAME: %[[DO:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"}, %[[DSORTED:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"})
// CHECK: %[[BACK:.*]] = attn.gather %[[DSORTED]] by %[[ORDER:.*]] :
// CHECK: %[[SUM:.*]] = attn.sum %[[DO]], %[[BACK]]
// CHECK: %[[DTWICE:.*]], %{{.*}}, %{{.*}} = attn.attend_grad {{.*}} gradient %[[SUM]]
// CHECK: %[[DONCE:.*]] = attn.scatter %[[DTWICE]] by %[[ORDER]]
// CHECK: attn.scatter %[[DONCE]] by %[[ORDER]]
func.func @orders(%q: !t, %k: !t, %v: !t, %rank: !rows) -> (!t, !t) {
  %order = attn.sort %rank : !rows
  %once = attn.gather %q by %order : !t, !rows
  %twice = attn.gather %once by %order : !t, !rows
  %o, %lse = attn.attend %twice, %k, %v : !t, !t, !t
  %sorted = attn.scatter %o by %order : !t, !rows
  return %o, %sorted : !t, !t
}

// A part that is returned as well has gradients from both, and its state is given.
// CHECK-LABEL: @both_gradient(
// CHECK-SAME: %[[O0:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "o"}, %[[LSE0:[^:]*]]: tensor<?x?x?xf32> {attn.name = "lse"}, %[[DO:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"}, %[[DO0:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"}, %[[DLSE0:[^:]*]]: tensor<?x?x?xf32> {attn.name = "dlse"})
// CHECK: %[[O1:.*]], %[[LSE1:.*]] = attn.attend %
// CHECK: %[[O:.*]], %[[LSE:.*]] = attn.merge (%[[O0]], %[[LSE0]]), (%[[O1]], %[[LSE1]])
// CHECK: %[[PART:.*]], %{{.*}}, %[[PARTLSE:.*]], %{{.*}} = attn.merge_grad (%[[O0]], %[[LSE0]]), (%[[O1]], %[[LSE1]]) gradient %[[DO]]
// CHECK: attn.attend_grad {{.*}} output %[[O]], %[[LSE]] gradient %[[DO]] attributes {merged}
// CHECK-DAG: %[[SUM:.*]] = attn.sum %[[DO0]], %[[PART]]
// CHECK-DAG: %[[SUMLSE:.*]] = attn.sum %[[DLSE0]], %[[PARTLSE]]
// CHECK: attn.attend_grad {{.*}} output %[[O0]], %[[LSE0]] gradient %[[SUM]], %[[SUMLSE]]
func.func @both(%q: !t, %k0: !t, %v0: !t, %k1: !t, %v1: !t) -> (!t, !t, !lse) {
  %o0, %lse0 = attn.attend %q, %k0, %v0 : !t, !t, !t
  %o1, %lse1 = attn.attend %q, %k1, %v1 : !t, !t, !t
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %o, %o0, %lse0 : !t, !t, !lse
}

// Of the log-sum-exp of a merge alone: its parts get the same gradients of zeros.
// CHECK-LABEL: @merged_lse_gradient(
// CHECK: %[[O:.*]], %[[LSE:.*]] = attn.merge
// CHECK: %[[NONE:.*]] = attn.zeros like %[[O]]
// CHECK: attn.merge_grad {{.*}} gradient %[[NONE]], %[[DLSE:.*]] :
// CHECK: attn.attend_grad {{.*}} output %[[O]], %[[LSE]] gradient %[[NONE]], %[[DLSE]] attributes {merged}
func.func @merged_lse(%q: !t, %k: !t, %v: !t, %o0: !t, %lse0: !lse) -> !lse {
  %o1, %lse1 = attn.attend %q, %k, %v : !t, !t, !t
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %lse : !lse
}
