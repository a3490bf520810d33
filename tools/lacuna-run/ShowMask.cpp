#include "tools/lacuna-run/ShowMask.h"

#include "lib/Mask/Picture.h"

using namespace lacuna;

Result<std::string> lacuna::showMasks(const ReferenceSpec &spec, Span<Value> values) {
  std::string text;
  for (std::size_t n = 0; n < spec.attendCount(); ++n) {
    Result<ReferenceMask> seen = spec.visibility(values, n, 0, 0);
    if (!seen)
      return seen.status();
    if (seen->queries == 0 || seen->visible.empty() != (seen->keys == 0))
      continue; // no row to draw
    text += mask::drawMask({seen->queries, seen->keys, [&](std::int64_t i, std::int64_t j) {
                              return seen->visible[i * seen->keys + j] != 0;
                            }});
  }
  return text;
}
