#include "lacuna/Gradient.h"
#include "lib/Support/HalfBits.h"
#include "test/train/Attention.h"

#include <cstdio>
#include <cstdlib>

namespace lacuna::train {

void fail(const std::string &message) {
  std::fprintf(stderr, "train: error: %s\n", message.c_str());
  std::exit(1);
}

void need(const Status &status) {
  if (!status.isOk())
    fail(status.message());
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// A query sees itself and tokens before it.
static const char *const causal = R"(
func.func @attention(%q: !t, %k: !t, %v: !t) -> (!t, !lse) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t, !t, !t
  return %o, %lse : !t, !lse
})";

/// And of these only those of its own label, which sorting brings together.
static const char *const labelledCausal = R"(
!rows = tensor<?x?x?xi32>
func.func @attention(%q: !t, %k: !t, %v: !t, %queries: !rows, %keys: !rows) -> (!t, !lse) {
  %q_order = attn.sort %queries : !rows
  %k_order = attn.sort %keys : !rows
  %mine = attn.gather %queries by %q_order : !rows, !rows
  %theirs = attn.gather %keys by %k_order : !rows, !rows
  %sorted_q = attn.gather %q by %q_order : !t, !rows
  %sorted_k = attn.gather %k by %k_order : !t, !rows
  %sorted_v = attn.gather %v by %k_order : !t, !rows
  %sorted_o, %sorted_lse = attn.attend %sorted_q at %q_order, %sorted_k, %sorted_v at %k_order
    where(%b, %h, %i, %j, %i_slot, %j_slot) {
      %past = attn.causal %i, %j
      %own = attn.load %mine[%b, %h, %i_slot] : !rows
      %other = attn.load %theirs[%b, %h, %j_slot] : !rows
      %same = arith.cmpi eq, %own, %other : i32
      %keep = attn.and %past, %same
      attn.yield %keep : i1
    } : !t at !rows, !t, !t at !rows
  %o = attn.scatter %sorted_o by %q_order : !t, !rows
  %lse = attn.scatter %sorted_lse by %q_order : !lse, !rows
  return %o, %lse : !t, !lse
})";

static std::string specText(std::size_t features, bool labelled) {
  return "!t = tensor<?x?x?x" + std::to_string(features) + "xbf16>\n!lse = tensor<?x?x?xf32>" +
         (labelled ? labelledCausal : causal);
}

std::shared_ptr<const AttentionPrograms>
AttentionPrograms::compile(Device &device, std::size_t features, bool labelled) {
  const std::string spec = specText(features, labelled);
  CompileOptions options;
  options.target = device.target();
  options.fileName = "attention";
  auto load = [&](Result<Executable> compiled) {
    return need(LoadedProgram::load(need(std::move(compiled)), device));
  };
  return std::shared_ptr<const AttentionPrograms>(
      new AttentionPrograms{device, load(lacuna::compile(spec, options)),
                            load(compileGradient(spec, options)), labelled});
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

namespace {
/// bf16 of the host's matrices on a device; kernels read them as [batch, heads, tokens,
/// features] through strides.
class DeviceMatrix {
public:
  DeviceMatrix(Device &device, AttentionShape shape)
      : shape(shape),
        tensor(need(DeviceTensor::create(device, DType::BF16,
                                         {signedSize(shape.batches * shape.tokens),
                                          signedSize(shape.heads * shape.features)}))) {}

  void write(const Matrix &matrix) {
    std::vector<std::uint16_t> elements;
    for (float value : matrix.values)
      elements.push_back(bf16FromFloat(value));
    need(tensor.copyIn(elements.data()));
  }
  Matrix read() const {
    Matrix matrix(shape.batches * shape.tokens, shape.heads * shape.features);
    std::vector<std::uint16_t> elements(matrix.values.size());
    need(tensor.copyOut(elements.data()));
    for (std::size_t n = 0; n < elements.size(); ++n)
      matrix.values[n] = floatFromBf16(elements[n]);
    return matrix;
  }

  TensorRef view() const {
    TensorRef view = tensor.ref();
    view.rank = 4;
    const std::size_t row = shape.heads * shape.features;
    const std::size_t sizes[] = {shape.batches, shape.heads, shape.tokens, shape.features};
    const std::size_t strides[] = {shape.tokens * row, shape.features, row, 1};
    for (int axis = 0; axis < 4; ++axis) {
      view.shape[axis] = signedSize(sizes[axis]);
      view.strides[axis] = signedSize(strides[axis]);
    }
    return view;
  }

private:
  static std::int64_t signedSize(std::size_t size) { return std::int64_t(size); }
  AttentionShape shape;
  DeviceTensor tensor;
};

class DeviceAttention final : public Attention {
public:
  DeviceAttention(std::shared_ptr<const AttentionPrograms> shared, AttentionShape shape)
      : programs(std::move(shared)), device(programs->device), q(device, shape), k(device, shape),
        v(device, shape), o(device, shape), dO(device, shape), dQ(device, shape), dK(device, shape),
        dV(device, shape), lse(perRow(shape, DType::F32)), dLse(perRow(shape, DType::F32)),
        queryLabels(perRow(shape, DType::I32)), keyLabels(perRow(shape, DType::I32)) {
    need(device.fill(dLse.ref().address, 0, dLse.bytes(), {}));
  }

  Matrix forward(const Matrix &queries, const Matrix &keys, const Matrix &values,
                 const Labels &labels) override {
    q.write(queries), k.write(keys), v.write(values);
    if (programs->labelled) {
      need(queryLabels.copyIn(labels.queries.data()));
      need(keyLabels.copyIn(labels.keys.data()));
    }
    run(programs->forward, {}, {o.view(), lse});
    return o.read();
  }

  Gradients backward(const Matrix &gradient) override {
    dO.write(gradient);
    run(programs->gradient, {o.view(), lse, dO.view(), dLse}, {dQ.view(), dK.view(), dV.view()});
    return {dQ.read(), dK.read(), dV.read()};
  }

private:
  DeviceTensor perRow(AttentionShape shape, DType type) const {
    return need(DeviceTensor::create(
        device, type,
        {std::int64_t(shape.batches), std::int64_t(shape.heads), std::int64_t(shape.tokens)}));
  }

  /// Runs a program on the arguments of the spec and `more`.
  void run(const LoadedProgram &program, std::vector<Value> more, std::vector<TensorRef> results) {
    std::vector<Value> arguments = {q.view(), k.view(), v.view()};
    if (programs->labelled)
      arguments.insert(arguments.end(), {queryLabels, keyLabels});
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::size_t bytes = need(program.workspaceBytes(arguments));
    if (!scratch || scratch->bytes() < bytes)
      scratch = need(DeviceTensor::create(device, DType::I8, {std::int64_t(bytes)}));
    need(program.launch(arguments, results, {}, {scratch->ref().address, bytes}));
    need(device.synchronize({}));
  }

  std::shared_ptr<const AttentionPrograms> programs;
  Device &device;
  DeviceMatrix q, k, v, o, dO, dQ, dK, dV;
  DeviceTensor lse, dLse, queryLabels, keyLabels;
  std::optional<DeviceTensor> scratch;
};
} // namespace

std::unique_ptr<Attention> makeDeviceAttention(std::shared_ptr<const AttentionPrograms> programs,
                                               AttentionShape shape) {
  return std::make_unique<DeviceAttention>(std::move(programs), shape);
}

} // namespace lacuna::train
