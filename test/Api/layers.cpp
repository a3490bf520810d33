// Packed documents in a model of many layers: one plan for all of them.
#include "lacuna/Runtime.h"
#include <cstdio>
#include <stdexcept>

using namespace lacuna;

static const char *spec = R"(
!t = tensor<?x?x?x64xf16>
func.func @documents(%q: !t, %k: !t, %v: !t, %ids: tensor<?x?xi32>) -> (!t, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    %same = attn.document %i, %j in %ids[%b] : tensor<?x?xi32>
    %keep = attn.and %past, %same
    attn.yield %keep : i1
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
  constexpr int tokens = 300, layers = 3;
  auto device = need(openDevice());
  CompileOptions options;
  options.target = device->target();
  options.mode = "auto"; // labels have no closed form: planned
  auto program = need(LoadedProgram::load(need(compile(spec, options)), *device));
  auto q = need(DeviceTensor::create(*device, DType::F16, {1, 2, tokens, 64}));
  auto o = need(DeviceTensor::create(*device, DType::F16, {1, 2, tokens, 64}));
  auto lse = need(DeviceTensor::create(*device, DType::F32, {1, 2, tokens}));
  auto ids = need(DeviceTensor::create(*device, DType::I32, {1, tokens}));
  need(device->fill(q.ref().address, 0, q.bytes(), {}));

  std::printf("%s\n", program.makesPlan() ? "planned" : "nothing to plan");

  // Memory is taken once, for the longest batch to come.
  auto plan = need(Plan::create(program, {q, q, q, ids}));
  auto bytes = need(program.workspaceBytesBesidePlan({q, q, q, ids}));
  auto scratch = need(DeviceTensor::create(*device, DType::I8, {std::int64_t(bytes)}));
  Workspace workspace{scratch.ref().address, bytes};
  for (int length : {50, 120}) { // of documents; each step has its own layout
    std::vector<std::int32_t> labels(tokens);
    for (int i = 0; i < tokens; ++i)
      labels[i] = i / length;
    need(ids.copyIn(labels.data()));
    need(plan.update({q, q, q, ids}));
    for (int layer = 0; layer < layers; ++layer)
      need(program.launch({q, q, q, ids}, {o, lse}, plan, {}, workspace));
    need(program.synchronize());
    std::vector<float> host(2 * tokens);
    need(lse.copyOut(host.data()));
    std::printf("documents of %d: query 299 sees exp(%.3f) keys\n", length, host[tokens - 1]);
  }
}
