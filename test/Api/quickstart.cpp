// Compiles a spec and runs it on a GPU, or on the emulator where there is none.
#include "lacuna/Runtime.h"
#include <cstdio>
#include <stdexcept>

using namespace lacuna;

static const char *spec = R"(
!t = tensor<?x?x?x64xf16>  // [batch, heads, sequence, head_dim]
func.func @causal(%q: !t, %k: !t, %v: !t) -> (!t, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = arith.cmpi sge, %i, %j : i32
    attn.yield %past : i1
  } : !t, !t, !t
  return %o, %lse : !t, tensor<?x?x?xf32>
})";

static void need(const Status &status) {
  if (!status.isOk())
    throw std::runtime_error(status.message());
}
template <class T>
static T need(Result<T> result) {
  return need(result.status()), std::move(*result);
}

int main() {
  auto device = need(openDevice());
  CompileOptions options;
  options.target = device->target();
  auto program = need(LoadedProgram::load(need(compile(spec, options)), *device));
  auto q = need(DeviceTensor::create(*device, DType::F16, {1, 2, 200, 64}));
  auto o = need(DeviceTensor::create(*device, DType::F16, {1, 2, 200, 64}));
  auto lse = need(DeviceTensor::create(*device, DType::F32, {1, 2, 200}));
  need(device->fill(q.ref().address, 0, q.bytes(), {}));
  need(program.launch({q, q, q}, {o, lse}));
  std::vector<float> host(2 * 200);
  need(lse.copyOut(host.data()));
  std::printf("%s: log of the keys that query 199 sees: %f\n", device->name().c_str(), host[199]);
}
