//===- CInterface.cpp - lacuna.h in terms of the C++ interface ---------------===//
//
// A thin layer: convert, call, keep the message of a failure for the thread.
// Launches convert on the stack, so they allocate as little as the C++ ones.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Baked.h"
#include "lacuna/Compile.h"
#include "lacuna/Gradient.h"
#include "lacuna/Runtime.h"
#include "lacuna/lacuna.h"

#include <algorithm>
#include <array>
#include <cstring>

using namespace lacuna;

struct lacuna_device {
  std::unique_ptr<Device> device;
  std::string name;
  std::string target;
};
struct lacuna_executable {
  Executable executable;
};
struct lacuna_program {
  LoadedProgram program;
};
struct lacuna_plan {
  Plan plan;
};

static_assert(int(LACUNA_IO) == int(StatusKind::Io));
static_assert(int(LACUNA_I64) == int(DType::I64));
static_assert(LACUNA_MAX_RANK == maxRank);

static thread_local std::string lastError;

static lacuna_status finish(const Status &status) {
  if (!status.isOk())
    lastError = status.message();
  return lacuna_status(status.kind());
}

static Status misuse(const char *what) { return Status(StatusKind::Type, what); }

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

static Status convert(const lacuna_tensor &from, TensorRef &to) {
  if (from.rank < 0 || from.rank > maxRank)
    return misuse("the rank of a tensor is not between 0 and 8");
  if (from.dtype < 0 || from.dtype >= dtypeCount)
    return misuse("the dtype of a tensor is unknown");
  to.address = from.address;
  to.dtype = DType(from.dtype);
  to.rank = from.rank;
  std::copy_n(from.shape, from.rank, to.shape);
  std::copy_n(from.strides, from.rank, to.strides);
  return Status();
}

static Status convert(const lacuna_value &from, Value &to) {
  if (from.is_tensor) {
    to.isTensor = true;
    return convert(from.tensor, to.tensor);
  }
  if (from.scalar_dtype < 0 || from.scalar_dtype >= dtypeCount)
    return misuse("the dtype of a scalar is unknown");
  to = Value(DType(from.scalar_dtype), &from.scalar);
  return Status();
}

namespace {

/// Converted arguments or results, in place.
template <class To>
class Converted {
public:
  template <class From>
  Status fill(const From *from, std::size_t count) {
    if (count > items.size())
      return misuse("a launch takes at most 64 arguments");
    for (size = 0; size < count; ++size)
      if (Status status = convert(from[size], items[size]); !status.isOk())
        return status;
    return Status();
  }
  Span<To> span() const { return Span<To>(items.data(), size); }

private:
  std::array<To, LACUNA_MAX_ARGUMENTS> items;
  std::size_t size = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// General and devices
//===----------------------------------------------------------------------===//

int32_t lacuna_abi_version(void) { return LACUNA_ABI_VERSION; }

const char *lacuna_last_error(void) { return lastError.c_str(); }

lacuna_status lacuna_device_open(const char *name, lacuna_device **device) {
  Result<std::unique_ptr<Device>> opened = openDevice(name);
  if (!opened)
    return finish(opened.status());
  std::string fullName = (*opened)->name(), target = (*opened)->target();
  *device = new lacuna_device{std::move(*opened), std::move(fullName), std::move(target)};
  return LACUNA_OK;
}

void lacuna_device_close(lacuna_device *device) { delete device; }
const char *lacuna_device_name(const lacuna_device *device) { return device->name.c_str(); }
const char *lacuna_device_target(const lacuna_device *device) { return device->target.c_str(); }

lacuna_status lacuna_device_allocate(lacuna_device *device, size_t bytes, uint64_t *address) {
  Result<DeviceAddress> allocated = device->device->allocate(bytes);
  if (!allocated)
    return finish(allocated.status());
  *address = *allocated;
  return LACUNA_OK;
}

lacuna_status lacuna_device_release(lacuna_device *device, uint64_t address) {
  return finish(device->device->release(address));
}

lacuna_status lacuna_device_copy_in(lacuna_device *device, uint64_t to, const void *from,
                                    size_t bytes, void *stream) {
  return finish(device->device->copyIn(to, from, bytes, {stream}));
}

lacuna_status lacuna_device_copy_out(lacuna_device *device, void *to, uint64_t from, size_t bytes,
                                     void *stream) {
  return finish(device->device->copyOut(to, from, bytes, {stream}));
}

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

static Result<CompileOptions> convert(const lacuna_compile_options &options) {
  if (options.size != sizeof(lacuna_compile_options))
    return misuse("lacuna_compile_options::size is not the size of the struct");
  CompileOptions converted;
  converted.target = options.target ? options.target : "";
  converted.function = options.function ? options.function : "";
  if (options.file_name)
    converted.fileName = options.file_name;
  if (options.mode)
    converted.mode = options.mode;
  if (options.gradients)
    converted.gradients = options.gradients;
  converted.useCache = !options.no_cache;
  return converted;
}

static lacuna_status finish(Result<Executable> compiled, lacuna_executable **executable) {
  if (!compiled)
    return finish(compiled.status());
  *executable = new lacuna_executable{std::move(*compiled)};
  return LACUNA_OK;
}

/// Compiles a spec as `compiler` does.
static lacuna_status
compileBy(Result<Executable> (*compiler)(std::string_view, const CompileOptions &),
          const char *spec, size_t spec_bytes, const lacuna_compile_options *options,
          lacuna_executable **executable) {
  Result<CompileOptions> converted = convert(*options);
  if (!converted)
    return finish(converted.status());
  return finish(compiler(std::string_view(spec, spec_bytes), *converted), executable);
}

lacuna_status lacuna_compile(const char *spec, size_t spec_bytes,
                             const lacuna_compile_options *options,
                             lacuna_executable **executable) {
  return compileBy(compile, spec, spec_bytes, options, executable);
}

lacuna_status lacuna_compile_baked(const char *spec, size_t spec_bytes,
                                   const lacuna_compile_options *options,
                                   const lacuna_value *arguments, size_t argument_count,
                                   lacuna_executable **executable) {
  Result<CompileOptions> converted = convert(*options);
  if (!converted)
    return finish(converted.status());
  Converted<Value> values;
  if (Status status = values.fill(arguments, argument_count); !status.isOk())
    return finish(status);
  return finish(compileBaked(std::string_view(spec, spec_bytes), *converted, values.span()),
                executable);
}

lacuna_status lacuna_compile_gradient(const char *spec, size_t spec_bytes,
                                      const lacuna_compile_options *options,
                                      lacuna_executable **executable) {
  return compileBy(compileGradient, spec, spec_bytes, options, executable);
}

void lacuna_executable_destroy(lacuna_executable *executable) { delete executable; }

size_t lacuna_executable_argument_count(const lacuna_executable *executable) {
  return executable->executable.arguments().size();
}
size_t lacuna_executable_result_count(const lacuna_executable *executable) {
  return executable->executable.results().size();
}
size_t lacuna_executable_kernel_count(const lacuna_executable *executable) {
  return executable->executable.kernels().size();
}

lacuna_status lacuna_executable_kernel(const lacuna_executable *executable, size_t kernel,
                                       lacuna_image_form form, const char **name,
                                       const void **bytes, size_t *size) {
  if (kernel >= executable->executable.kernels().size())
    return finish(misuse("there is no kernel of that number"));
  const KernelImage &image = executable->executable.kernels()[kernel];
  const std::string &text = form == LACUNA_SOURCE ? image.source
                            : form == LACUNA_PTX  ? image.ptx
                                                  : image.cubin;
  if (name)
    *name = image.name.c_str();
  *bytes = text.data();
  *size = text.size();
  return LACUNA_OK;
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

lacuna_status lacuna_program_load(const lacuna_executable *executable, lacuna_device *device,
                                  lacuna_program **program) {
  Result<LoadedProgram> loaded = LoadedProgram::load(executable->executable, *device->device);
  if (!loaded)
    return finish(loaded.status());
  *program = new lacuna_program{std::move(*loaded)};
  return LACUNA_OK;
}

void lacuna_program_destroy(lacuna_program *program) { delete program; }

lacuna_status lacuna_program_result_shape(const lacuna_program *program, size_t result,
                                          const lacuna_value *arguments, size_t argument_count,
                                          int32_t *rank, int64_t shape[LACUNA_MAX_RANK]) {
  Converted<Value> values;
  if (Status status = values.fill(arguments, argument_count); !status.isOk())
    return finish(status);
  Result<std::vector<std::int64_t>> extents = program->program.resultShape(result, values.span());
  if (!extents)
    return finish(extents.status());
  *rank = int32_t(extents->size());
  std::copy(extents->begin(), extents->end(), shape);
  return LACUNA_OK;
}

/// Answers a question of LoadedProgram about sizes.
static lacuna_status answer(const lacuna_program *program,
                            Result<std::size_t> (LoadedProgram::*question)(Span<Value>) const,
                            const lacuna_value *arguments, size_t argument_count, size_t *bytes) {
  Converted<Value> values;
  if (Status status = values.fill(arguments, argument_count); !status.isOk())
    return finish(status);
  Result<std::size_t> needed = (program->program.*question)(values.span());
  if (!needed)
    return finish(needed.status());
  *bytes = *needed;
  return LACUNA_OK;
}

lacuna_status lacuna_program_workspace_bytes(const lacuna_program *program,
                                             const lacuna_value *arguments, size_t argument_count,
                                             size_t *bytes) {
  return answer(program, &LoadedProgram::workspaceBytes, arguments, argument_count, bytes);
}

lacuna_status lacuna_program_workspace_bytes_beside_plan(const lacuna_program *program,
                                                         const lacuna_value *arguments,
                                                         size_t argument_count, size_t *bytes) {
  return answer(program, &LoadedProgram::workspaceBytesBesidePlan, arguments, argument_count,
                bytes);
}

lacuna_status lacuna_program_plan_bytes(const lacuna_program *program,
                                        const lacuna_value *arguments, size_t argument_count,
                                        size_t *bytes) {
  return answer(program, &LoadedProgram::planBytes, arguments, argument_count, bytes);
}

/// Launches with a plan, or without one if it is null.
static lacuna_status launch(const lacuna_program *program, const lacuna_value *arguments,
                            size_t argument_count, const lacuna_tensor *results,
                            size_t result_count, const lacuna_plan *plan, void *stream,
                            uint64_t workspace, size_t workspace_bytes) {
  Converted<Value> values;
  if (Status status = values.fill(arguments, argument_count); !status.isOk())
    return finish(status);
  Converted<TensorRef> tensors;
  if (Status status = tensors.fill(results, result_count); !status.isOk())
    return finish(status);
  Workspace memory{workspace, workspace_bytes};
  if (plan)
    return finish(
        program->program.launch(values.span(), tensors.span(), plan->plan, {stream}, memory));
  return finish(program->program.launch(values.span(), tensors.span(), {stream}, memory));
}

lacuna_status lacuna_program_launch(const lacuna_program *program, const lacuna_value *arguments,
                                    size_t argument_count, const lacuna_tensor *results,
                                    size_t result_count, void *stream, uint64_t workspace,
                                    size_t workspace_bytes) {
  return launch(program, arguments, argument_count, results, result_count, nullptr, stream,
                workspace, workspace_bytes);
}

lacuna_status lacuna_program_launch_planned(const lacuna_program *program,
                                            const lacuna_value *arguments, size_t argument_count,
                                            const lacuna_tensor *results, size_t result_count,
                                            const lacuna_plan *plan, void *stream,
                                            uint64_t workspace, size_t workspace_bytes) {
  if (!plan)
    return finish(misuse("a planned launch needs a plan"));
  return launch(program, arguments, argument_count, results, result_count, plan, stream, workspace,
                workspace_bytes);
}

lacuna_status lacuna_program_synchronize(lacuna_program *program, void *stream) {
  return finish(program->program.synchronize({stream}));
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

lacuna_status lacuna_plan_create(const lacuna_program *program, const lacuna_value *arguments,
                                 size_t argument_count, uint64_t memory, size_t memory_bytes,
                                 lacuna_plan **plan) {
  Converted<Value> values;
  if (Status status = values.fill(arguments, argument_count); !status.isOk())
    return finish(status);
  Result<Plan> created = Plan::create(program->program, values.span(), {memory, memory_bytes});
  if (!created)
    return finish(created.status());
  *plan = new lacuna_plan{std::move(*created)};
  return LACUNA_OK;
}

void lacuna_plan_destroy(lacuna_plan *plan) { delete plan; }

lacuna_status lacuna_plan_update(lacuna_plan *plan, const lacuna_value *arguments,
                                 size_t argument_count, void *stream) {
  Converted<Value> values;
  if (Status status = values.fill(arguments, argument_count); !status.isOk())
    return finish(status);
  return finish(plan->plan.update(values.span(), {stream}));
}

lacuna_status lacuna_plan_synchronize(const lacuna_plan *plan, void *stream) {
  return finish(plan->plan.synchronize({stream}));
}
