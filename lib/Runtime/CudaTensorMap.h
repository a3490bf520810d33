//===- CudaTensorMap.h - Tensor maps as the CUDA driver encodes them -------===//
#ifndef LIB_RUNTIME_CUDATENSORMAP_H
#define LIB_RUNTIME_CUDATENSORMAP_H

#include "lib/Runtime/CudaDriver.h"
#include "lib/Support/TensorMap.h"

namespace lacuna {

/// The object that kernels on a GPU take; needs no context. Errors: as
/// validate(), and those of the driver.
Result<TensorMap> encodeForCuda(const CudaDriver &driver, const TensorMapSpec &spec);

} // namespace lacuna

#endif // LIB_RUNTIME_CUDATENSORMAP_H
