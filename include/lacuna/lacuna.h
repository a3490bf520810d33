//===- lacuna.h - C interface -------------------------------------------------===//
//
// The whole of Lacuna for C99 and for other languages: compile a spec, load it
// on a device, launch it. Every function that can fail returns a lacuna_status;
// the message of the last failure of the calling thread is lacuna_last_error().
// Objects are opaque, made by one function and destroyed by another, which takes
// null. Strings are UTF-8 and end with a zero.
//
// Within one ABI version functions and fields are only added, fields at the end
// of structs that begin with their size.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_LACUNA_H
#define LACUNA_LACUNA_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/// Which interface this header describes, and its limits.
enum { LACUNA_ABI_VERSION = 1, LACUNA_MAX_RANK = 8, LACUNA_MAX_ARGUMENTS = 64 };
/// LACUNA_ABI_VERSION of the library, to compare with that of the header.
int32_t lacuna_abi_version(void);

/// Why a call failed: lacuna::StatusKind.
typedef enum {
  LACUNA_OK = 0,
  LACUNA_SYNTAX = 1,      ///< the spec does not parse
  LACUNA_TYPE = 2,        ///< shapes, dtypes or arguments disagree
  LACUNA_UNSUPPORTED = 3, ///< legal, but not built yet for this target
  LACUNA_RESOURCE = 4,    ///< memory, registers or shared memory do not suffice
  LACUNA_COMPILER = 5,    ///< a defect of Lacuna
  LACUNA_TIMEOUT = 6,     ///< the stated time limit passed
  LACUNA_DRIVER = 7,      ///< CUDA driver, NVRTC or emulator reported an error
  LACUNA_IO = 8           ///< a file could not be read or written
} lacuna_status;

/// The message of the last call of this thread that failed; valid until the next
/// one. Empty when none has.
const char *lacuna_last_error(void);

/// Element types: lacuna::DType.
typedef enum {
  LACUNA_F16 = 0,
  LACUNA_BF16 = 1,
  LACUNA_F32 = 2,
  LACUNA_F64 = 3,
  LACUNA_I1 = 4, ///< one byte, 0 or 1
  LACUNA_I8 = 5,
  LACUNA_I16 = 6,
  LACUNA_I32 = 7,
  LACUNA_I64 = 8
} lacuna_dtype;

/// A tensor in device memory. Strides are in elements; the innermost is 1.
typedef struct {
  uint64_t address;
  int32_t dtype; ///< lacuna_dtype
  int32_t rank;
  int64_t shape[LACUNA_MAX_RANK];
  int64_t strides[LACUNA_MAX_RANK];
} lacuna_tensor;

/// An argument: the tensor if is_tensor, else a scalar whose bytes are the first
/// ones of `scalar`.
typedef struct {
  int32_t is_tensor;
  int32_t scalar_dtype;
  uint64_t scalar;
  lacuna_tensor tensor;
} lacuna_value;

// ---- devices ---------------------------------------------------------------

/// A place where programs run.
typedef struct lacuna_device lacuna_device;

/// Opens "auto", "cuda", "cuda:N" or "emulator".
lacuna_status lacuna_device_open(const char *name, lacuna_device **device);
/// Destroys a device; its programs must be gone.
void lacuna_device_close(lacuna_device *device);
/// For people: "cuda:0 (NVIDIA H200)". Valid as long as the device.
const char *lacuna_device_name(const lacuna_device *device);
/// What to compile for: "sm_90a". Valid as long as the device.
const char *lacuna_device_target(const lacuna_device *device);

/// Memory for programs without a framework; aligned to 256 bytes.
lacuna_status lacuna_device_allocate(lacuna_device *device, size_t bytes, uint64_t *address);
/// Gives back what lacuna_device_allocate gave.
lacuna_status lacuna_device_release(lacuna_device *device, uint64_t address);
/// `stream` is a CUstream, or null for the default one.
lacuna_status lacuna_device_copy_in(lacuna_device *device, uint64_t to, const void *from,
                                    size_t bytes, void *stream);
/// Returns when the bytes have arrived.
lacuna_status lacuna_device_copy_out(lacuna_device *device, void *to, uint64_t from, size_t bytes,
                                     void *stream);

// ---- compiling -------------------------------------------------------------

/// A compiled spec.
typedef struct lacuna_executable lacuna_executable;

/// How to compile; begin with all bytes 0.
typedef struct {
  size_t size;           ///< sizeof(lacuna_compile_options)
  const char *target;    ///< "sm_90a"
  const char *function;  ///< which function of the text; null: the only one
  const char *file_name; ///< for locations in messages; may be null
  int32_t no_cache;      ///< not 0: compile, and store nothing
  const char *mode;      ///< "auto", "closed" or "planned"; null: the default
  const char *gradients; ///< "deterministic" or "fastest"; null: the default
} lacuna_compile_options;

/// Compiles `spec_bytes` bytes of MLIR text.
lacuna_status lacuna_compile(const char *spec, size_t spec_bytes,
                             const lacuna_compile_options *options, lacuna_executable **executable);
/// Compiles the spec for the masks that `arguments` give: those of a launch, but in
/// host memory, and with address 0 where no mask reads a tensor. `mode` has no say.
lacuna_status lacuna_compile_baked(const char *spec, size_t spec_bytes,
                                   const lacuna_compile_options *options,
                                   const lacuna_value *arguments, size_t argument_count,
                                   lacuna_executable **executable);
/// Compiles the gradient of the spec: it takes the spec's arguments, its results and
/// gradients of these, and returns gradients of queries, keys, values and of all
/// tensors and scalars of floats that its score reads.
lacuna_status lacuna_compile_gradient(const char *spec, size_t spec_bytes,
                                      const lacuna_compile_options *options,
                                      lacuna_executable **executable);
/// Destroys an executable; its programs live on.
void lacuna_executable_destroy(lacuna_executable *executable);
/// Numbers of its arguments, results and kernels.
size_t lacuna_executable_argument_count(const lacuna_executable *executable);
size_t lacuna_executable_result_count(const lacuna_executable *executable);
size_t lacuna_executable_kernel_count(const lacuna_executable *executable);

/// Forms of a kernel.
typedef enum { LACUNA_SOURCE = 0, LACUNA_PTX = 1, LACUNA_CUBIN = 2 } lacuna_image_form;
/// The bytes of a kernel; valid as long as the executable. `name` may be null.
lacuna_status lacuna_executable_kernel(const lacuna_executable *executable, size_t kernel,
                                       lacuna_image_form form, const char **name,
                                       const void **bytes, size_t *size);

// ---- launching -------------------------------------------------------------

/// An executable on a device.
typedef struct lacuna_program lacuna_program;

/// Loads an executable on a device, which must outlive the program.
lacuna_status lacuna_program_load(const lacuna_executable *executable, lacuna_device *device,
                                  lacuna_program **program);
/// Destroys a program, whose launches must have finished.
void lacuna_program_destroy(lacuna_program *program);

/// Shape of a result for these arguments, whose addresses may be 0.
lacuna_status lacuna_program_result_shape(const lacuna_program *program, size_t result,
                                          const lacuna_value *arguments, size_t argument_count,
                                          int32_t *rank, int64_t shape[LACUNA_MAX_RANK]);
/// Bytes of device memory that a launch with these arguments needs besides.
lacuna_status lacuna_program_workspace_bytes(const lacuna_program *program,
                                             const lacuna_value *arguments, size_t argument_count,
                                             size_t *bytes);
/// Checks everything, then enqueues on `stream`. `workspace` is aligned to 256
/// bytes, and 0 where none is needed.
lacuna_status lacuna_program_launch(const lacuna_program *program, const lacuna_value *arguments,
                                    size_t argument_count, const lacuna_tensor *results,
                                    size_t result_count, void *stream, uint64_t workspace,
                                    size_t workspace_bytes);
/// Waits for the stream and reports what failed on the device.
lacuna_status lacuna_program_synchronize(lacuna_program *program, void *stream);

// ---- plans -----------------------------------------------------------------

/// Which tiles a planned mask visits, for many launches: lacuna::Plan.
typedef struct lacuna_plan lacuna_plan;

/// Bytes of device memory that a plan for these arguments needs; 0 when the program
/// makes none.
lacuna_status lacuna_program_plan_bytes(const lacuna_program *program,
                                        const lacuna_value *arguments, size_t argument_count,
                                        size_t *bytes);
/// As lacuna_program_workspace_bytes, for launches that are given a plan.
lacuna_status lacuna_program_workspace_bytes_beside_plan(const lacuna_program *program,
                                                         const lacuna_value *arguments,
                                                         size_t argument_count, size_t *bytes);
/// An empty plan in `memory`, aligned to 256 bytes, or in memory of its own if 0.
lacuna_status lacuna_plan_create(const lacuna_program *program, const lacuna_value *arguments,
                                 size_t argument_count, uint64_t memory, size_t memory_bytes,
                                 lacuna_plan **plan);
/// Destroys a plan, whose launches must have finished.
void lacuna_plan_destroy(lacuna_plan *plan);
/// Enqueues the making of the plan on `stream`.
lacuna_status lacuna_plan_update(lacuna_plan *plan, const lacuna_value *arguments,
                                 size_t argument_count, void *stream);
/// Waits for the stream and reports what the last update found wrong.
lacuna_status lacuna_plan_synchronize(const lacuna_plan *plan, void *stream);
/// As lacuna_program_launch, with a plan that has been updated.
lacuna_status lacuna_program_launch_planned(const lacuna_program *program,
                                            const lacuna_value *arguments, size_t argument_count,
                                            const lacuna_tensor *results, size_t result_count,
                                            const lacuna_plan *plan, void *stream,
                                            uint64_t workspace, size_t workspace_bytes);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop

#endif // LACUNA_LACUNA_H
