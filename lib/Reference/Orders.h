//===- Orders.h - Orders of rows, and rows in them, on the host -------------===//
#ifndef LIB_REFERENCE_ORDERS_H
#define LIB_REFERENCE_ORDERS_H

#include "lacuna/Reference.h"

#include <string>

namespace lacuna::reference {

/// Elements in row-major order.
struct HostTensor {
  DType dtype = DType::I32;
  std::vector<std::int64_t> shape;
  std::string bytes;

  TensorRef ref() const {
    return TensorRef::contiguous(reinterpret_cast<DeviceAddress>(bytes.data()), dtype, shape);
  }
};

/// The buckets of attn.hash of rows [batch, heads, rows, features] of f16 or bf16, by
/// projections [heads of projections, projections, features] of f32. The heads of rows are a
/// multiple of those of projections.
HostTensor hashRows(const TensorRef &rows, const TensorRef &projections);

/// The order of attn.sort of labels [batch, heads, rows] of i32.
HostTensor sortRows(const TensorRef &labels);

/// The order of attn.compact of flags [batch, heads, rows] of i1, and the counts.
std::pair<HostTensor, HostTensor> compactRows(const TensorRef &keep);

/// For every row of what is moved by `order`, the row where it was, both counted through
/// all batches and heads: of attn.gather, or of attn.scatter.
std::vector<std::size_t> rowsBefore(const TensorRef &order, bool scatters);

/// The rows of `source` that `rows` names, one after the other. Without elements where the
/// source has no address, and is known by its shape alone.
HostTensor moveRows(const TensorRef &source, const std::vector<std::size_t> &rows);

/// The same of a result of a gradient.
ReferenceGradient moveRows(const ReferenceGradient &source, const std::vector<std::size_t> &rows);

/// The same of all that is known of the rows of an attend.
ReferenceAttend moveRows(const ReferenceAttend &attend, const std::vector<std::size_t> &rows);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_ORDERS_H
