#include "dialects/Attn/Transforms/Intervals/ClosedForm.h"

using namespace mlir;

namespace lacuna::attn::intervals {

static ClosedForm derive(TiledAttention attend) {
  ClosedForm form;
  Value position = attend.getRowPosition();
  if (position && !position.getType().isInteger()) {
    form.obstacle = {attend,
                     ("positions of the " + attend.getRowName() + " come from a table").str()};
    return form;
  }
  Predicate predicate(form.system, attend);
  Truth truth = predicate.evaluate();
  form.keys = predicate.keys();
  form.bounds = deriveBounds(form.system, truth, form.keys);
  form.obstacle = predicate.getObstacle();
  form.isUseful = !form.system.hasOverflowed() && !form.bounds.areTrivial();
  if (form.system.hasOverflowed())
    form.obstacle = {attend, "a coefficient exceeds 64 bits"};
  else if (!form.obstacle && !form.bounds.isExact)
    form.obstacle = {
        attend,
        ("visible " + attend.getColumnName() + " form no union of at most 4 intervals").str()};
  return form;
}

ClosedForms::ClosedForms(Operation *spec) {
  spec->walk([&](TiledAttention attend) {
    if (!attend.getWhere().empty())
      forms.insert({attend, derive(attend)});
  });
}

const ClosedForm *ClosedForms::find(TiledAttention attend) const {
  auto found = forms.find(attend);
  return found == forms.end() ? nullptr : &found->second;
}

} // namespace lacuna::attn::intervals
