//===- FiniteDifferences.h - Is a gradient function a gradient? -------------===//
//
// Runs attn-differentiate on a spec and the gradient function that it adds on the
// reference, and compares with central differences of the forward reference: for
// a random loss, every differentiated argument is moved along random directions
// (each element by the step, up or down). Steps are exact in f16, which specs use
// here throughout; the tests' functions of s are smooth, or their kinks are rare
// enough to be missed by one of two steps.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_REFERENCE_FINITEDIFFERENCES_H
#define TEST_UNIT_REFERENCE_FINITEDIFFERENCES_H

#include <string>
#include <vector>

namespace lacuna {

/// What is wrong with the gradient function of the only spec in a text, on inputs in
/// the language of lacuna-run's --input; empty when nothing is. bf16 counts as f16.
std::string compareWithDifferences(std::string spec, std::vector<std::string> inputs);

} // namespace lacuna

#endif // TEST_UNIT_REFERENCE_FINITEDIFFERENCES_H
