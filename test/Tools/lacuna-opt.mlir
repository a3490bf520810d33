// IR goes to stdout, every level's dialect is known, and bytecode comes back as text.
// RUN: lacuna-opt %s | FileCheck %s
// RUN: lacuna-opt %s --emit-bytecode | lacuna-opt | FileCheck %s
// RUN: lacuna-opt --version | FileCheck %s --check-prefix=VERSION
// RUN: env LACUNA_NVRTC_PATH=%t.none lacuna-opt --version | FileCheck %s --check-prefix=NO-NVRTC
// RUN: lacuna-opt --show-dialects | FileCheck %s --check-prefix=DIALECTS

// VERSION: Lacuna {{[0-9.]+}}
// VERSION-NEXT: LLVM 22.
// VERSION-NEXT: targets sm_80, {{.*}}sm_120
// VERSION-NEXT: NVRTC {{13\.[0-9]+ \(.*libnvrtc|none: cannot find}}

// NO-NVRTC: NVRTC none: LACUNA_NVRTC_PATH is {{.*}}, where there is no NVRTC library

// DIALECTS: emitc

// CHECK-LABEL: func.func @identity
func.func @identity(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}
