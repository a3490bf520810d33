//===- Elements.h - Arrays made from a few words -----------------------------===//
//
// What --input=SHAPExTYPE=WORDS can say. Masks read tables that are not any
// numbers: documents ascend, the places of sorted tokens go with their buckets,
// a tree has ancestors. Such tables are made here, so that an example of the
// gallery is one line. Two tables of the same seed and shape describe the same
// documents, tokens or tree, and a shorter row is the beginning of a longer one
// where that has a meaning (random, documents, restarts).
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_RUN_ELEMENTS_H
#define TOOLS_LACUNA_RUN_ELEMENTS_H

#include "lib/Support/Npy.h"

#include <string>
#include <string_view>

namespace lacuna {

/// Fills an array whose type and shape are set, and whose bytes are empty, as
/// `text` describes:
///
///   random:SEED            floats close to normal(0, 1), integers from 0 to 15
///   random:SEED:LOW:HIGH   uniform in [LOW, HIGH]
///   chance:SEED:P          1 with probability P, else 0
///   [1 2 3 4]              the elements, row-major
///   0.5                    all elements the same
///
/// and, a row along the last axis at a time:
///
///   steps:N                    element / N: documents of N tokens
///   documents:SEED:LONGEST     documents of 1 to LONGEST tokens, numbered from 0
///   restarts:SEED:LONGEST      the place of a token in its document
///   ascending:SEED:LOW:HIGH    uniform in [LOW, HIGH], sorted
///   buckets:SEED:N             tokens thrown into N buckets and sorted by bucket: the buckets
///   bucket_positions:SEED:N    the same: the places they had before
///   topk:SEED:N                some of 0 .. N - 1, ascending, then -1
///   full_topk:SEED:N           the same, as many as there are places
///
/// and, a matrix of the last two axes at a time:
///
///   ancestors:SEED         1 where the column is the row's ancestor in a random
///                          tree whose parents come before their children, or itself
///
/// False when it says none of these, or an element that the type does not have.
bool fillElements(std::string_view text, HostArray &array);

/// "random:SEED, ..., or one number": what fillElements takes, for messages.
std::string elementSyntax();

/// Whether `text` is a number, or true or false, that the type has.
bool parseElement(std::string_view text, DType type, double &value);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_ELEMENTS_H
