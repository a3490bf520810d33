#include "tools/lacuna-run/ShowMask.h"

#include "lib/Mask/Picture.h"

using namespace lacuna;

Result<std::string> lacuna::showMasks(const ReferenceSpec &spec, Span<Value> values,
                                      const ReferenceRun &run) {
  std::string text;
  for (std::size_t n = 0; n < run.attends.size(); ++n) {
    const std::vector<std::int64_t> &shape = run.attends[n].output.shape;
    const std::int64_t queries = shape[2];
    if (shape[0] == 0 || shape[1] == 0 || queries == 0)
      continue;
    Result<std::vector<std::uint8_t>> visible = spec.visibility(values, n, 0, 0);
    if (!visible)
      return visible.status();
    const std::int64_t keys = std::int64_t(visible->size()) / queries;
    text += drawMask({queries, keys, [&](std::int64_t i, std::int64_t j) {
                        return (*visible)[i * keys + j] != 0;
                      }});
  }
  return text;
}
