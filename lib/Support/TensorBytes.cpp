#include "lib/Support/TensorBytes.h"

using namespace lacuna;

/// Appends the elements below `axis` that begin at element `offset`.
static void appendElements(const TensorRef &tensor, int axis, std::int64_t offset,
                           const char *elements, std::string &bytes) {
  std::size_t width = byteSize(tensor.dtype);
  if (axis == tensor.rank) {
    bytes.append(elements + std::size_t(offset) * width, width);
    return;
  }
  for (std::int64_t i = 0; i < tensor.shape[axis]; ++i)
    appendElements(tensor, axis + 1, offset + i * tensor.strides[axis], elements, bytes);
}

std::string lacuna::rowMajorBytes(const TensorRef &tensor, const char *elements) {
  std::string bytes;
  appendElements(tensor, 0, 0, elements, bytes);
  return bytes;
}
