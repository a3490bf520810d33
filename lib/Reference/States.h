//===- States.h - States of attention merged, and gradients of that ---------===//
#ifndef LIB_REFERENCE_STATES_H
#define LIB_REFERENCE_STATES_H

#include "lacuna/Reference.h"

namespace lacuna::reference {

/// The elements of a host tensor of floats, of up to 4 dimensions.
ReferenceArray arrayOf(const TensorRef &tensor);

/// What can be seen of a state of which only the log-sum-exp is known: a row that sees
/// anything counts as one key.
ReferenceAttend describeState(const TensorRef &lse);

/// attn.merge of states of the same rows, of which there is one at least, with outputs of
/// `type`.
ReferenceAttend mergeStates(const std::vector<ReferenceAttend> &states, DType type);

/// attn.merge_grad: for all outputs, of elements of `type`, then for all log-sum-exps.
/// `lseGradient` is empty where it is zero.
std::vector<ReferenceGradient> mergeGradients(const std::vector<ReferenceAttend> &states,
                                              DType type, const ReferenceArray &outputGradient,
                                              const ReferenceArray &lseGradient);

/// Gradients of zeros, of the sizes of a tensor of up to 4 dimensions.
ReferenceGradient zeroGradient(const TensorRef &like);

/// Gradients that are given, of up to 4 dimensions: nothing of them is rounded.
ReferenceGradient givenGradient(const TensorRef &tensor);

/// attn.sum of gradients of elements of `type`.
ReferenceGradient addGradients(const std::vector<ReferenceGradient> &terms, DType type);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_STATES_H
