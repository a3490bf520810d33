// A sort by several digits needs its lanes to meet between them; one digit leaves them alone.
// REQUIRES: nvrtc
// DEFINE: %{mutate} = lacuna-mutate %s --target=sm_80 --input=1x1x70x16xbf16=random:1
// RUN: %{mutate} --input=1x1x70xi32=random:2:0:2000 | FileCheck %s
// CHECK: caught: sorted_order0:{{.*}}`bar.warp.sync{{.*}}warp-race
// RUN: %{mutate} --input=1x1x70xi32=random:2:0:31 | FileCheck %s --check-prefix=DIGIT
// DIGIT: survived: sorted_order0:{{.*}}`bar.warp.sync

!t = tensor<?x?x?x16xbf16>
!rows = tensor<?x?x?xi32>

func.func @sorted(%x: !t, %rank: !rows) -> !t {
  %order = attn.sort %rank : !rows
  %sorted = attn.gather %x by %order : !t, !rows
  %o, %lse = attn.attend %sorted, %sorted, %sorted : !t, !t, !t
  return %o : !t
}
