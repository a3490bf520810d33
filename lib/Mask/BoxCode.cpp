#include "lib/Mask/BoxCode.h"

#include <algorithm>
#include <limits>
#include <utility>

using namespace lacuna;
using namespace lacuna::mask;

namespace {

/// How an operation is written, and how many values it takes.
struct Spelling {
  const char *name;
  int operands;
};

constexpr Spelling spellings[] = {
    {"constant", 0}, {"argument", 0}, {"dim", 0}, {"input", 0}, {"load_range", 0}, {"select", 3},
    {"narrow", 1},   {"add", 2},      {"sub", 2}, {"mul", 2},   {"floordiv", 2},   {"ceildiv", 2},
    {"div", 2},      {"rem", 2},      {"mod", 2}, {"min", 2},   {"max", 2},        {"and", 2},
    {"or", 2},       {"xor", 2},      {"shl", 2}, {"shr", 2},   {"ushr", 2},       {"eq", 2},
    {"ne", 2},       {"lt", 2},       {"le", 2},  {"ult", 2},   {"ule", 2},
};
constexpr unsigned opCount = sizeof spellings / sizeof *spellings;
static_assert(opCount == unsigned(BoxOp::UnsignedLessEqual) + 1);

constexpr const char *inputNames[boxInputCount] = {
    "b",      "h",           "i_first",    "i_last",      "j_first",
    "j_last", "islot_first", "islot_last", "jslot_first", "jslot_last"};

template <class Number>
std::string numbered(const char *prefix, Number number) {
  return std::string(prefix) + std::to_string(number);
}

std::string named(ValueId value) { return numbered("%", value); }

/// "%1, %2" from consecutive values.
std::string list(const ValueId *values, int count) {
  std::string text;
  for (int n = 0; n < count; ++n)
    text += (n ? ", " : "") + named(values[n]);
  return text;
}

Variation variationOfInput(BoxInput input) {
  return input == BoxInput::Batch || input == BoxInput::Head ? Variation::PerHead
                                                             : Variation::PerBox;
}

} // namespace

int lacuna::mask::operandCount(BoxOp op) { return spellings[unsigned(op)].operands; }

bool BoxCode::reads(BoxInput input) const {
  return std::any_of(code.begin(), code.end(), [&](const BoxStep &step) {
    return step.op == BoxOp::Input && step.immediate == std::int64_t(input);
  });
}

std::string BoxCode::text() const {
  std::string text;
  for (const BoxStep &step : code) {
    const Spelling &spelling = spellings[unsigned(step.op)];
    ValueId results[] = {step.result, step.result + 1, step.result + 2};
    text += list(results, int(resultCount(step.op))) + " = ";
    const std::string number = numbered(" ", step.immediate);
    const std::string table = numbered(" table", step.table);
    switch (step.op) {
    case BoxOp::Input:
      text += inputNames[step.immediate];
      break;
    case BoxOp::Constant:
    case BoxOp::Argument:
      text += spelling.name + number;
      break;
    case BoxOp::Dim:
      text += "dim" + table + ',' + number;
      break;
    case BoxOp::LoadRange: {
      const int rank = ranks[step.table];
      const ValueId *bounds = indexValues.data() + step.indices;
      text += "load_range" + table + '[' + list(bounds, rank) + "] to [" +
              list(bounds + rank, rank) + "]";
      break;
    }
    case BoxOp::Narrow:
      text += "narrow " + named(step.operands[0]) + " to" + number;
      break;
    default:
      text += spelling.name + std::string(" ") + list(step.operands, spelling.operands);
    }
    text += '\n';
  }
  return text + "yield " + list(yielded, 2) + "\n";
}

std::uint32_t BoxCodeBuilder::addTable(int rank) {
  code.ranks.push_back(rank);
  return std::uint32_t(code.ranks.size() - 1);
}

ValueId BoxCodeBuilder::append(BoxStep step) {
  step.result = code.valueCount();
  code.code.push_back(step);
  code.variations.resize(step.result + resultCount(step.op));
  indexCounts.push_back(0);
  return step.result;
}

RangeValues BoxCodeBuilder::loadRange(std::uint32_t table, const std::vector<ValueId> &first,
                                      const std::vector<ValueId> &last) {
  const std::uint32_t indices = std::uint32_t(code.indexValues.size());
  code.indexValues.insert(code.indexValues.end(), first.begin(), first.end());
  code.indexValues.insert(code.indexValues.end(), last.begin(), last.end());
  const ValueId min = append({.op = BoxOp::LoadRange, .table = table, .indices = indices});
  indexCounts.back() = unsigned(code.indexValues.size() - indices);
  return {min, min + 1, min + 2};
}

Status BoxCodeBuilder::verify() const {
  for (std::size_t n = 0; n < code.code.size(); ++n) {
    const BoxStep &step = code.code[n];
    auto broken = [&](const char *rule) {
      return Status(StatusKind::Compiler, "box code: " + named(step.result) + " " + rule);
    };
    if (unsigned(step.op) >= opCount)
      return broken("has no such operation");
    const bool ofTable = step.op == BoxOp::Dim || step.op == BoxOp::LoadRange;
    if (ofTable && step.table >= code.ranks.size())
      return broken("reads a table that is not declared");
    if (step.op == BoxOp::LoadRange && indexCounts[n] != 2u * code.ranks[step.table])
      return broken("does not have two indices for each axis of its table");
    std::int64_t begin = 0, end = std::numeric_limits<std::int64_t>::max();
    if (step.op == BoxOp::Dim)
      end = code.ranks[step.table];
    else if (step.op == BoxOp::Input)
      end = boxInputCount;
    else if (step.op == BoxOp::Narrow)
      begin = 1, end = 65;
    if (step.op != BoxOp::Constant && (step.immediate < begin || step.immediate >= end))
      return broken("has a number out of range");
    bool ordered = true;
    code.forEachOperand(step, [&](ValueId operand) { ordered &= operand < step.result; });
    if (!ordered)
      return broken("reads a value that is not made before it");
  }
  for (ValueId value : code.yielded)
    if (value >= code.valueCount())
      return Status(StatusKind::Compiler, "box code: yields a value that is never made");
  return Status();
}

void BoxCodeBuilder::dropUnusedSteps() {
  std::vector<char> used(code.valueCount());
  used[code.maySee()] = used[code.mayHide()] = true;
  std::vector<BoxStep> kept;
  for (auto step = code.code.rbegin(); step != code.code.rend(); ++step) {
    const char *results = &used[step->result];
    if (std::find(results, results + resultCount(step->op), true) ==
        results + resultCount(step->op))
      continue;
    code.forEachOperand(*step, [&](ValueId operand) { used[operand] = true; });
    kept.push_back(*step);
  }
  code.code.assign(kept.rbegin(), kept.rend());
}

Result<BoxCode> BoxCodeBuilder::finish(ValueId maySee, ValueId mayHide) {
  code.yielded[0] = maySee;
  code.yielded[1] = mayHide;
  if (Status status = verify(); !status.isOk())
    return status;
  dropUnusedSteps();
  for (const BoxStep &step : code.code) {
    Variation variation = Variation::Fixed;
    if (step.op == BoxOp::Input)
      variation = variationOfInput(BoxInput(step.immediate));
    if (step.op == BoxOp::Argument)
      code.arguments = std::max(code.arguments, unsigned(step.immediate) + 1);
    code.forEachOperand(
        step, [&](ValueId operand) { variation = std::max(variation, code.variation(operand)); });
    std::fill_n(&code.variations[step.result], resultCount(step.op), variation);
  }
  return std::exchange(*this, BoxCodeBuilder()).code;
}
