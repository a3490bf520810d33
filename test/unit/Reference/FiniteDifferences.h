//===- FiniteDifferences.h - Is a gradient function a gradient? -------------===//
//
// Runs attn-differentiate on a spec and the gradient function that it adds on the
// reference, and compares with central differences of the forward reference: for
// a random loss, every differentiated argument is moved along random directions
// (each element by the step, up or down). Steps are exact in f16, which specs use
// here throughout. Where the function has kinks, one direction of several that
// meets none has to agree.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_REFERENCE_FINITEDIFFERENCES_H
#define TEST_UNIT_REFERENCE_FINITEDIFFERENCES_H

#include <string>
#include <vector>

namespace lacuna {

/// What is wrong with the gradient function of a spec in a text, the only one unless it is
/// named, on inputs in the language of lacuna-run's --input; empty when nothing is. bf16
/// counts as f16. Rows that are NaN have no gradients: "a row is NaN".
std::string compareWithDifferences(std::string text, std::vector<std::string> inputs,
                                   const std::string &function = "");

} // namespace lacuna

#endif // TEST_UNIT_REFERENCE_FINITEDIFFERENCES_H
