#include "tools/lacuna-run/ShowMask.h"

#include "lib/Mask/Picture.h"

using namespace lacuna;

Result<std::string> lacuna::showMasks(const ReferenceSpec &spec, Span<Value> values) {
  std::string text;
  for (std::size_t n = 0; n < spec.attendCount(); ++n) {
    Result<ReferenceMask> mask = spec.visibility(values, n, 0, 0);
    if (!mask)
      return mask.status();
    if (mask->queries == 0 || mask->visible.empty() != (mask->keys == 0))
      continue; // no row to draw
    text += drawMask({mask->queries, mask->keys, [&](std::int64_t i, std::int64_t j) {
                        return mask->visible[i * mask->keys + j] != 0;
                      }});
  }
  return text;
}
