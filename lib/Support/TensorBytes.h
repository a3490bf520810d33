//===- TensorBytes.h - The elements of a tensor, one after the other ---------===//
#ifndef LIB_SUPPORT_TENSORBYTES_H
#define LIB_SUPPORT_TENSORBYTES_H

#include "lacuna/Tensor.h"

#include <string>

namespace lacuna {

/// The elements in row-major order, so that tensors of equal elements give the same
/// whatever their strides. `elements` is host memory that holds what `tensor`
/// describes, whose address is not looked at; null where the tensor is empty.
std::string rowMajorBytes(const TensorRef &tensor, const char *elements);

} // namespace lacuna

#endif // LIB_SUPPORT_TENSORBYTES_H
