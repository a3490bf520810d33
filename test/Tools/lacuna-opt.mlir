// IR goes to stdout, every level's dialect is known, and bytecode comes back as text.
// RUN: lacuna-opt %s | FileCheck %s
// RUN: lacuna-opt %s --emit-bytecode | lacuna-opt | FileCheck %s
// RUN: lacuna-opt --version | FileCheck %s --check-prefix=VERSION
// RUN: lacuna-opt --show-dialects | FileCheck %s --check-prefix=DIALECTS

// VERSION: Lacuna {{[0-9.]+}}
// VERSION-NEXT: LLVM 22.
// VERSION: targets sm_80, {{.*}}sm_120

// DIALECTS: emitc

// CHECK-LABEL: func.func @identity
func.func @identity(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}
