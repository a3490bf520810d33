#include "tools/lacuna-run/GallerySpec.h"

#include "lib/Support/Files.h"
#include "tools/lacuna-run/Text.h"

#include <algorithm>
#include <filesystem>
#include <optional>

using namespace lacuna;

std::string CaseKernel::name() const {
  std::string dims = std::to_string(queryDim);
  if (valueDim != queryDim)
    dims += "/" + std::to_string(valueDim);
  return spec + " " + std::string(lacuna::name(dtype)) + " " + dims;
}

std::string CaseShape::name() const {
  return std::to_string(batch) + "x" + std::to_string(queryHeads) + "/" + std::to_string(keyHeads) +
         "x" + std::to_string(queries) + "x" + std::to_string(keys);
}

Result<std::vector<std::string>> lacuna::gallerySpecs(const std::string &folder) {
  std::error_code error;
  std::vector<std::string> specs;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".mlir")
      specs.push_back(entry->path().stem());
  if (error)
    return Status(StatusKind::Io, "cannot read folder '" + folder + "': " + error.message());
  if (specs.empty())
    return Status(StatusKind::Io, "no specs in folder '" + folder + "'");
  std::sort(specs.begin(), specs.end());
  return specs;
}

/// Replaces the type that the alias stands for; false when it is not there.
static bool replaceAlias(std::string &text, const std::string &alias, std::int64_t dim,
                         DType dtype) {
  std::string head = alias + " = tensor<?x?x?x";
  std::size_t begin = text.find(head);
  if (begin == std::string::npos)
    return false;
  begin += head.size();
  std::size_t end = text.find('>', begin);
  text.replace(begin, end - begin, std::to_string(dim) + "x" + std::string(name(dtype)));
  return true;
}

Result<std::string> lacuna::readSpec(const std::string &folder, const CaseKernel &kernel) {
  Result<std::string> text = readFile(folder + "/" + kernel.spec + ".mlir");
  if (!text)
    return text;
  if (!replaceAlias(*text, "!qk", kernel.queryDim, kernel.dtype) ||
      !replaceAlias(*text, "!vo", kernel.valueDim, kernel.dtype))
    return Status(StatusKind::Type,
                  kernel.spec + ": a spec of the gallery defines !qk = tensor<?x?x?x...> for its "
                                "queries and keys and !vo for its values and output");
  return text;
}

/// "2x3x4xf16".
static std::string shapeText(std::initializer_list<std::int64_t> extents, std::string_view type) {
  std::string text;
  for (std::int64_t extent : extents)
    text += std::to_string(extent) + "x";
  return text.append(type);
}

std::vector<std::string> lacuna::tokenShapes(const CaseKernel &kernel, const CaseShape &shape) {
  std::string_view type = name(kernel.dtype);
  return {shapeText({shape.batch, shape.queryHeads, shape.queries, kernel.queryDim}, type),
          shapeText({shape.batch, shape.keyHeads, shape.keys, kernel.queryDim}, type),
          shapeText({shape.batch, shape.keyHeads, shape.keys, kernel.valueDim}, type)};
}

std::vector<std::string> lacuna::stateShapes(const CaseKernel &kernel, const CaseShape &shape) {
  return {shapeText({shape.batch, shape.queryHeads, shape.queries, kernel.valueDim},
                    name(kernel.dtype)),
          shapeText({shape.batch, shape.queryHeads, shape.queries}, name(DType::F32))};
}

/// The size of that name, if a shape has one.
static std::optional<std::int64_t> sizeNamed(std::string_view name, const CaseShape &shape) {
  const std::pair<std::string_view, std::int64_t> sizes[] = {
      {"batch", shape.batch},        {"query_heads", shape.queryHeads},
      {"key_heads", shape.keyHeads}, {"queries", shape.queries},
      {"keys", shape.keys},          {"positions", std::max(shape.queries, shape.keys)}};
  for (auto [known, size] : sizes)
    if (known == name)
      return size;
  return std::nullopt;
}

Result<std::string> lacuna::fillSizes(std::string_view text, const CaseShape &shape) {
  std::string filled;
  while (true) {
    filled += takeUntil(text, '{');
    if (text.empty())
      return filled;
    std::string_view more = takeUntil(text, '}'), divisor = takeUntil(more, '+');
    std::string_view name = takeUntil(divisor, '/');
    std::optional<std::int64_t> size = sizeNamed(name, shape);
    std::int64_t block = 1, extra = 0;
    if (!size || (!divisor.empty() && (!parseNumber(divisor, block) || block <= 0)) ||
        (!more.empty() && !parseNumber(more, extra)))
      return Status(StatusKind::Type, "// Input: there is no size {" + std::string(name) + "}");
    filled += std::to_string((*size + block - 1) / block + extra);
  }
}

Result<std::vector<std::string>>
lacuna::caseInputs(const std::string &specText, const CaseKernel &kernel, const CaseShape &shape) {
  std::vector<std::string> inputs = tokenShapes(kernel, shape);
  for (std::size_t n = 0; n < inputs.size(); ++n)
    inputs[n] += "=random:" + std::to_string(n + 1);
  constexpr std::string_view mark = "// Input: ";
  for (std::string_view rest = specText; !rest.empty();) {
    std::string_view line = takeUntil(rest, '\n');
    if (line.substr(0, mark.size()) != mark)
      continue;
    Result<std::string> input = fillSizes(line.substr(mark.size()), shape);
    if (!input)
      return input.status();
    inputs.push_back(std::move(*input));
  }
  return inputs;
}
