//===- GallerySpec.h - A spec at other types and sizes ----------------------===//
//
// A spec of the gallery is written for one element type and head dim and says in
// comments what its tables may be. Checks and measurements run it at others.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_RUN_GALLERYSPEC_H
#define TOOLS_LACUNA_RUN_GALLERYSPEC_H

#include "lacuna/Result.h"
#include "lacuna/Types.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna {

/// What decides the kernel: one compile each.
struct CaseKernel {
  std::string spec; ///< file name in the gallery, without ".mlir"
  DType dtype = DType::BF16;
  std::int64_t queryDim = 128; ///< columns of queries and keys
  std::int64_t valueDim = 128; ///< columns of values and output

  /// "causal bf16 192/128".
  std::string name() const;
};

/// What decides a launch.
struct CaseShape {
  std::int64_t batch = 1, queryHeads = 1, keyHeads = 1, queries = 1, keys = 1;

  /// "1x8/1x129x257": batch, query and key heads, queries, keys.
  std::string name() const;
};

/// The gallery's specs, by name, from the files of a folder. Errors: Io.
Result<std::vector<std::string>> gallerySpecs(const std::string &folder);

/// The text of the kernel's spec, a file of the folder, with the kernel's element type
/// and head dims. Errors: Io; Type when the text does not name them by !qk and !vo.
Result<std::string> readSpec(const std::string &folder, const CaseKernel &kernel);

/// Shapes of queries, keys and values, as lacuna-run's --input takes them: "1x8x300x128xbf16".
std::vector<std::string> tokenShapes(const CaseKernel &kernel, const CaseShape &shape);

/// Shapes of output and lse, likewise.
std::vector<std::string> stateShapes(const CaseKernel &kernel, const CaseShape &shape);

/// Inputs of a spec, in the language of lacuna-run's --input: queries, keys, values,
/// and what its lines `// Input: ELEMENTS` say, one line for each further argument.
/// There {batch}, {query_heads}, {key_heads}, {queries}, {keys} and {positions} (the
/// larger of the two) stand for sizes of the shape, {keys/64} for blocks of 64 keys,
/// the last one not full, and {keys/64+1} for one more. Errors: Type for another name.
Result<std::vector<std::string>> caseInputs(const std::string &specText, const CaseKernel &kernel,
                                            const CaseShape &shape);

/// A text of that language with the sizes of the shape. Errors: Type for another name.
Result<std::string> fillSizes(std::string_view text, const CaseShape &shape);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_GALLERYSPEC_H
