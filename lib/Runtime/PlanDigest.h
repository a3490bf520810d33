//===- PlanDigest.h - Has a plan gone stale? ----------------------------------===//
//
// A plan does not see that a table it was made from has changed since, nor does a
// program that was baked for the elements of a table. With LACUNA_CHECK_PLANS=1
// every update of a plan digests those tables, and every launch digests them
// again; both then wait for the device.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_PLANDIGEST_H
#define LIB_RUNTIME_PLANDIGEST_H

#include "lacuna/Device.h"
#include "lacuna/Tensor.h"

#include <string>

namespace lacuna {

/// Whether the environment asks for digests.
bool checksForStalePlans();

/// A digest of the elements of a tensor, whatever its strides, after the work on
/// `stream`. Errors: those of Device::copyOut.
Result<std::string> digestOf(Device &device, const TensorRef &tensor, Stream stream);

} // namespace lacuna

#endif // LIB_RUNTIME_PLANDIGEST_H
