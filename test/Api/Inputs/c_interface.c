// A C program from spec to result, and what it is told when it errs.
#include <lacuna/lacuna.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char spec[] =
    "!t = tensor<?x?x?x16xf16>\n"
    "func.func @causal(%q: !t, %k: !t, %v: !t, %first: i32) -> (!t, tensor<?x?x?xf32>) {\n"
    "  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {\n"
    "    %p = arith.addi %i, %first : i32\n"
    "    %past = arith.cmpi sge, %p, %j : i32\n"
    "    attn.yield %past : i1\n"
    "  } : !t, !t, !t\n"
    "  return %o, %lse : !t, tensor<?x?x?xf32>\n"
    "}\n";

enum { heads = 2, queries = 40, keys = 100, bytes = 2 * heads * keys * 16 };

static int failed(const char *what) {
  printf("%s: %s\n", what, lacuna_last_error());
  return 1;
}

static lacuna_tensor contiguous(uint64_t address, lacuna_dtype dtype, int32_t rank, int64_t rows) {
  lacuna_tensor tensor;
  memset(&tensor, 0, sizeof(tensor));
  int64_t shape[4] = {1, heads, rows, 16};
  tensor.address = address;
  tensor.dtype = dtype;
  tensor.rank = rank;
  int64_t stride = 1;
  for (int32_t axis = rank - 1; axis >= 0; --axis) {
    tensor.shape[axis] = shape[axis];
    tensor.strides[axis] = stride;
    stride *= shape[axis];
  }
  return tensor;
}

int main(void) {
  if (lacuna_abi_version() != LACUNA_ABI_VERSION)
    return 1;
  lacuna_device *device;
  if (lacuna_device_open("emulator", &device))
    return failed("open");
  lacuna_compile_options options = {
      sizeof(options), lacuna_device_target(device), NULL, "c.mlir", 0, NULL};
  lacuna_executable *executable;
  if (lacuna_compile("func.func @f(", 13, &options, &executable) == LACUNA_SYNTAX)
    printf("syntax: %.11s\n", lacuna_last_error());
  if (lacuna_compile(spec, sizeof(spec) - 1, &options, &executable))
    return failed("compile");
  const void *ptx;
  size_t size;
  if (lacuna_executable_kernel(executable, 0, LACUNA_PTX, NULL, &ptx, &size) || size == 0)
    return failed("kernel");
  if (lacuna_executable_kernel(executable, 9, LACUNA_PTX, NULL, &ptx, &size) == LACUNA_OK)
    return 1;
  lacuna_program *program;
  if (lacuna_program_load(executable, device, &program))
    return failed("load");
  lacuna_executable_destroy(executable);

  static char zeros[bytes];
  uint64_t memory, output, sums;
  if (lacuna_device_allocate(device, bytes, &memory) ||
      lacuna_device_allocate(device, bytes, &output) ||
      lacuna_device_allocate(device, 4 * heads * queries, &sums) ||
      lacuna_device_copy_in(device, memory, zeros, bytes, NULL))
    return failed("memory");
  lacuna_value arguments[4];
  memset(arguments, 0, sizeof(arguments));
  arguments[0].is_tensor = arguments[1].is_tensor = arguments[2].is_tensor = 1;
  arguments[0].tensor = contiguous(memory, LACUNA_F16, 4, queries);
  arguments[1].tensor = arguments[2].tensor = contiguous(memory, LACUNA_F16, 4, keys);
  arguments[3].scalar_dtype = LACUNA_I32;
  arguments[3].scalar = 60;
  int32_t rank;
  int64_t shape[LACUNA_MAX_RANK];
  if (lacuna_program_result_shape(program, 1, arguments, 4, &rank, shape))
    return failed("shape");
  printf("rank %d, %d rows\n", rank, (int)shape[2]);
  lacuna_tensor results[2] = {contiguous(output, LACUNA_F16, 4, queries),
                              contiguous(sums, LACUNA_F32, 3, queries)};
  size_t workspace;
  if (lacuna_program_workspace_bytes(program, arguments, 4, &workspace) || workspace != 0)
    return failed("workspace");
  if (lacuna_program_launch(program, arguments, 4, results, 2, NULL, 0, 0) ||
      lacuna_program_synchronize(program, NULL))
    return failed("launch");
  float lse[heads * queries];
  if (lacuna_device_copy_out(device, lse, sums, sizeof(lse), NULL))
    return failed("copy");
  printf("row 7 sees %.0f keys\n", exp(lse[7]));
  results[1].rank = 9;
  if (lacuna_program_launch(program, arguments, 4, results, 2, NULL, 0, 0) == LACUNA_TYPE)
    printf("misuse: %s\n", lacuna_last_error());
  arguments[1].tensor.shape[1] = 3;
  results[1].rank = 3;
  if (lacuna_program_launch(program, arguments, 4, results, 2, NULL, 0, 0) == LACUNA_TYPE)
    printf("type: %s\n", lacuna_last_error());
  lacuna_plan *plan;
  arguments[1].tensor.shape[1] = heads;
  if (lacuna_program_plan_bytes(program, arguments, 4, &size) || size != 0 ||
      lacuna_program_workspace_bytes_beside_plan(program, arguments, 4, &size) || size != 0)
    return failed("plan");
  if (lacuna_plan_create(program, arguments, 4, 0, 0, &plan))
    return failed("plan");
  if (lacuna_program_launch_planned(program, arguments, 4, results, 2, plan, NULL, 0, 0) ==
      LACUNA_TYPE)
    printf("plan: %s\n", lacuna_last_error());
  if (lacuna_plan_update(plan, arguments, 4, NULL) || lacuna_plan_synchronize(plan, NULL) ||
      lacuna_program_launch_planned(program, arguments, 4, results, 2, plan, NULL, 0, 0) ||
      lacuna_program_synchronize(program, NULL) ||
      lacuna_device_copy_out(device, lse, sums, sizeof(lse), NULL))
    return failed("planned launch");
  printf("row 7 sees %.0f keys\n", exp(lse[7]));
  lacuna_plan_destroy(plan);
  if (lacuna_program_launch_planned(program, arguments, 4, results, 2, NULL, NULL, 0, 0) ==
      LACUNA_TYPE)
    printf("planned: %s\n", lacuna_last_error());
  lacuna_program_destroy(program);

  lacuna_compile_options none = {0, NULL, NULL, NULL, 0, NULL};
  if (lacuna_compile_baked(spec, sizeof(spec) - 1, &none, arguments, 4, &executable) == LACUNA_TYPE)
    printf("bake: %s\n", lacuna_last_error());
  if (lacuna_compile_baked(spec, sizeof(spec) - 1, &options, arguments, 4, &executable) ||
      lacuna_program_load(executable, device, &program))
    return failed("bake");
  lacuna_executable_destroy(executable);
  if (lacuna_program_launch(program, arguments, 4, results, 2, NULL, 0, 0) ||
      lacuna_program_synchronize(program, NULL) ||
      lacuna_device_copy_out(device, lse, sums, sizeof(lse), NULL))
    return failed("baked launch");
  printf("row 7 sees %.0f keys\n", exp(lse[7]));
  if (lacuna_compile_gradient(spec, sizeof(spec) - 1, &none, &executable) == LACUNA_TYPE)
    printf("gradient: %s\n", lacuna_last_error());
  if (lacuna_compile_gradient(spec, sizeof(spec) - 1, &options, &executable))
    return failed("gradient");
  printf("its gradient takes %zu arguments and gives %zu results\n",
         lacuna_executable_argument_count(executable), lacuna_executable_result_count(executable));
  lacuna_executable_destroy(executable);
  arguments[3].scalar = 61;
  if (lacuna_program_launch(program, arguments, 4, results, 2, NULL, 0, 0) == LACUNA_TYPE)
    printf("baked: %s\n", lacuna_last_error());
  lacuna_program_destroy(program);
  lacuna_device_release(device, memory);
  lacuna_device_release(device, output);
  lacuna_device_release(device, sums);
  lacuna_device_close(device);
  return 0;
}
