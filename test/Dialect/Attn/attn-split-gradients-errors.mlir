// RUN: lacuna-opt %s --attn-split-gradients=gradients=quickest --verify-diagnostics

// expected-error@+1 {{unknown gradients 'quickest'; choose deterministic or fastest}}
func.func @f() {
  return
}
