#include "lib/Mask/BoxClassifier.h"

#include <cstdlib>
#include <utility>

using namespace lacuna;
using namespace lacuna::mask;

BoxClassifier::BoxClassifier(BoxEvaluator bound, AttendShape shape, Positions queries,
                             Positions keys)
    : evaluator(std::move(bound)), sizes(shape), queryPositions(std::move(queries)),
      keyPositions(std::move(keys)) {
  perBatch =
      evaluator.code().readsBatch() || queryPositions.readsBatch() || keyPositions.readsBatch();
  perHead = evaluator.code().readsHead() || queryPositions.readsHead() || keyPositions.readsHead();
  findMultiples();
}

/// Constants by which something is divided that depends on the queries only, or
/// on the keys only.
void BoxClassifier::findMultiples() {
  enum : unsigned { Queries = 1, Keys = 2 };
  const BoxCode &code = evaluator.code();
  std::vector<unsigned> dependsOn(code.valueCount());
  std::vector<std::int64_t> constants(code.valueCount());
  for (const BoxStep &step : code.steps()) {
    unsigned depends = 0;
    if (step.op == BoxOp::Constant)
      constants[step.result] = step.immediate;
    if (step.op == BoxOp::Input && code.variation(step.result) == Variation::PerBox) {
      const BoxInput input = BoxInput(step.immediate);
      const bool ofQueries = input == BoxInput::QueryFirst || input == BoxInput::QueryLast ||
                             input == BoxInput::QuerySlotFirst || input == BoxInput::QuerySlotLast;
      depends = ofQueries ? Queries : Keys;
    }
    code.forEachOperand(step, [&](ValueId operand) { depends |= dependsOn[operand]; });
    for (unsigned n = 0; n < resultCount(step.op); ++n)
      dependsOn[step.result + n] = depends;
    if (step.op < BoxOp::FloorDiv || step.op > BoxOp::Mod)
      continue;
    const std::int64_t divisor = constants[step.operands[1]];
    const unsigned dividend = dependsOn[step.operands[0]];
    if (divisor > 1 && (dividend == Queries || dividend == Keys)) {
      std::vector<std::int64_t> &multiples = dividend == Queries ? queryMultiples : keyMultiples;
      if (std::find(multiples.begin(), multiples.end(), divisor) == multiples.end())
        multiples.push_back(divisor);
    }
  }
}

BoxClassifier::Cut BoxClassifier::cut(const Positions &positions,
                                      const std::vector<std::int64_t> &multiples,
                                      std::int32_t first, std::int32_t last) {
  const std::int64_t middle = first + (std::int64_t(last) - first + 1) / 2;
  const std::optional<std::int64_t> offset = positions.constantOffset();
  std::int64_t best = -1;
  for (std::int64_t multiple : multiples) {
    if (!offset)
      break;
    const std::int64_t position = middle + *offset;
    const std::int64_t below = middle - ((position % multiple) + multiple) % multiple;
    for (std::int64_t at : {below, below + multiple})
      if (at > first && at <= last && (best < 0 || std::abs(at - middle) < std::abs(best - middle)))
        best = at;
  }
  return {std::int32_t(best < 0 ? middle : best), best >= 0};
}

std::array<SlotBox, 2> BoxClassifier::cutInTwo(const SlotBox &box) const {
  const std::int32_t height = box.queryLast - box.queryFirst, width = box.keyLast - box.keyFirst;
  const Cut rows = cut(queryPositions, queryMultiples, box.queryFirst, box.queryLast);
  const Cut columns = cut(keyPositions, keyMultiples, box.keyFirst, box.keyLast);
  const bool prefersRows = rows.isNatural != columns.isNatural ? rows.isNatural : height >= width;
  std::array<SlotBox, 2> halves = {box, box};
  if (height && (prefersRows || !width)) {
    halves[0].queryLast = rows.at - 1;
    halves[1].queryFirst = rows.at;
  } else {
    halves[0].keyLast = columns.at - 1;
    halves[1].keyFirst = columns.at;
  }
  return halves;
}

void BoxClassifier::setSequence(const Sequence &next) {
  sequence = next;
  sizes.queries = next.queries;
  sizes.keys = next.keys;
  setHead(0, 0);
}

void BoxClassifier::setHead(std::int64_t newBatch, std::int64_t newHead) {
  batch = newBatch;
  head = newHead;
  evaluator.setHead(sequence.number + batch, head);
}

void BoxClassifier::classify(const SlotBox *slotBoxes, int count, TileClass *classes) {
  std::int64_t *inputs[boxInputCount] = {};
  for (int n = int(BoxInput::QueryFirst); n < boxInputCount; ++n)
    inputs[n] = evaluator.input(BoxInput(n));
  const std::int64_t keyHead = sizes.keyHeads ? head / (sizes.heads / sizes.keyHeads) : 0;
  for (int k = 0; k < count; ++k) {
    const SlotBox &box = slotBoxes[k];
    const auto [queryFirst, queryLast] =
        queryPositions.bounds(batch, head, sequence.queryBegin, box.queryFirst, box.queryLast);
    const auto [keyFirst, keyLast] =
        keyPositions.bounds(batch, keyHead, sequence.keyBegin, box.keyFirst, box.keyLast);
    inputs[int(BoxInput::QueryFirst)][k] = queryFirst;
    inputs[int(BoxInput::QueryLast)][k] = queryLast;
    inputs[int(BoxInput::KeyFirst)][k] = keyFirst;
    inputs[int(BoxInput::KeyLast)][k] = keyLast;
    inputs[int(BoxInput::QuerySlotFirst)][k] = sequence.queryBegin + box.queryFirst;
    inputs[int(BoxInput::QuerySlotLast)][k] = sequence.queryBegin + box.queryLast;
    inputs[int(BoxInput::KeySlotFirst)][k] = sequence.keyBegin + box.keyFirst;
    inputs[int(BoxInput::KeySlotLast)][k] = sequence.keyBegin + box.keyLast;
  }
  boxes += count;
  evaluator.evaluate(count, classes);
}
