#include "lib/Mask/BoxEvaluator.h"

#include <algorithm>
#include <string>

using namespace lacuna;
using namespace lacuna::mask;

namespace {

using Int = std::int64_t;
using Bits = std::uint64_t;

/// A quotient and remainder that round towards zero and never trap.
struct Division {
  Int quotient = 0, remainder = 0;
  Division(Int a, Int b) {
    if (b == -1) {
      quotient = Int(-Bits(a));
    } else if (b != 0) {
      quotient = a / b;
      remainder = a % b;
    }
  }
};

Int floorDivide(Int a, Int b) {
  const Division division(a, b);
  return division.quotient - (division.remainder && (a < 0) != (b < 0));
}
Int ceilDivide(Int a, Int b) {
  const Division division(a, b);
  return division.quotient + (division.remainder && (a < 0) == (b < 0));
}
Int modulo(Int a, Int b) {
  const Int remainder = Division(a, b).remainder;
  return remainder && (a < 0) != (b < 0) ? remainder + b : remainder;
}

/// An operand of a loop over boxes.
struct Same {
  Int value;
  Int operator[](int) const { return value; }
};
struct Each {
  const Int *at;
  Int operator[](int k) const { return at[k]; }
};

} // namespace

/// Calls `f` with an operand in the form it has; every form is a loop of its own.
template <class Operand, class F>
[[gnu::always_inline]] inline void with(const Operand &operand, F f) {
  if (operand.perBox)
    f(Each{operand.at});
  else
    f(Same{*operand.at});
}

/// result[k] = f(a[k], b[k]). The result may lie where an operand lies.
template <class Operand, class F>
[[gnu::always_inline]] inline void forEach(Int *result, const Operand &a, const Operand &b,
                                           int count, F f) {
  with(a, [&](auto x) __attribute__((always_inline)) {
    with(b, [&](auto y) __attribute__((always_inline)) {
#pragma GCC ivdep
      for (int k = 0; k < count; ++k)
        result[k] = f(x[k], y[k]);
    });
  });
}

[[gnu::target_clones("arch=haswell", "default")]] void
BoxEvaluator::execute(const Instruction &step, int count) const {
  auto apply = [&](auto f) __attribute__((always_inline)) {
    forEach(step.result, step.operands[0], step.operands[1], count, f);
  };
  switch (step.op) {
  case BoxOp::Constant:
  case BoxOp::Argument:
  case BoxOp::Dim:
  case BoxOp::Input:
    return; // in place since they were bound
  case BoxOp::LoadRange:
    return executeLoad(loads[step.load], count);
  case BoxOp::Select:
    return with(step.operands[2], [&](auto otherwise) __attribute__((always_inline)) {
      with(step.operands[1], [&](auto value) __attribute__((always_inline)) {
        with(step.operands[0], [&](auto condition) __attribute__((always_inline)) {
#pragma GCC ivdep
          for (int k = 0; k < count; ++k)
            step.result[k] = condition[k] ? value[k] : otherwise[k];
        });
      });
    });
  case BoxOp::Narrow: {
    const Int shift = 64 - step.immediate;
    if (step.immediate == 1)
      return apply([](Int a, Int) { return a & 1; });
    return apply([shift](Int a, Int) { return Int(Bits(a) << shift) >> shift; });
  }
  case BoxOp::Add:
    return apply([](Int a, Int b) { return Int(Bits(a) + Bits(b)); });
  case BoxOp::Sub:
    return apply([](Int a, Int b) { return Int(Bits(a) - Bits(b)); });
  case BoxOp::Mul:
    return apply([](Int a, Int b) { return Int(Bits(a) * Bits(b)); });
  case BoxOp::FloorDiv:
    return apply(floorDivide);
  case BoxOp::CeilDiv:
    return apply(ceilDivide);
  case BoxOp::Div:
    return apply([](Int a, Int b) { return Division(a, b).quotient; });
  case BoxOp::Rem:
    return apply([](Int a, Int b) { return Division(a, b).remainder; });
  case BoxOp::Mod:
    return apply(modulo);
  case BoxOp::Min:
    return apply([](Int a, Int b) { return std::min(a, b); });
  case BoxOp::Max:
    return apply([](Int a, Int b) { return std::max(a, b); });
  case BoxOp::And:
    return apply([](Int a, Int b) { return a & b; });
  case BoxOp::Or:
    return apply([](Int a, Int b) { return a | b; });
  case BoxOp::Xor:
    return apply([](Int a, Int b) { return a ^ b; });
  case BoxOp::Shl:
    return apply([](Int a, Int b) { return Bits(b) > 63 ? 0 : Int(Bits(a) << b); });
  case BoxOp::Shr:
    return apply([](Int a, Int b) { return a >> (Bits(b) > 63 ? 63 : b); });
  case BoxOp::Ushr:
    return apply([](Int a, Int b) { return Bits(b) > 63 ? 0 : Int(Bits(a) >> b); });
  case BoxOp::Equal:
    return apply([](Int a, Int b) { return Int(a == b); });
  case BoxOp::NotEqual:
    return apply([](Int a, Int b) { return Int(a != b); });
  case BoxOp::Less:
    return apply([](Int a, Int b) { return Int(a < b); });
  case BoxOp::LessEqual:
    return apply([](Int a, Int b) { return Int(a <= b); });
  case BoxOp::UnsignedLess:
    return apply([](Int a, Int b) { return Int(Bits(a) < Bits(b)); });
  case BoxOp::UnsignedLessEqual:
    return apply([](Int a, Int b) { return Int(Bits(a) <= Bits(b)); });
  }
}

void BoxEvaluator::executeLoad(const Load &load, int count) const {
  const TableSummary &summary = summaries[load.summary].pyramid;
  Int first[maxRank] = {}, last[maxRank] = {};
  for (int k = 0; k < count; ++k) {
    for (int axis = 0; axis < load.rank; ++axis) {
      first[axis] = load.first[axis].at[load.first[axis].perBox ? k : 0];
      last[axis] = load.last[axis].at[load.last[axis].perBox ? k : 0];
    }
    const ValueRange range = summary.range(first, last);
    load.results[0][k] = range.min;
    load.results[1][k] = range.max;
    load.results[2][k] = Int(range.signature);
  }
}

BoxEvaluator::Operand BoxEvaluator::operand(ValueId value) const {
  return {places[value], boxCode->variation(value) == Variation::PerBox};
}

/// Gives each value a scalar or an array; arrays are shared by values that are
/// not needed at the same time.
void BoxEvaluator::assignPlaces() {
  const std::vector<BoxStep> &steps = boxCode->steps();
  std::vector<std::size_t> lastUse(boxCode->valueCount());
  for (std::size_t n = 0; n < steps.size(); ++n)
    boxCode->forEachOperand(steps[n], [&](ValueId value) { lastUse[value] = n; });
  lastUse[boxCode->maySee()] = lastUse[boxCode->mayHide()] = steps.size();

  constexpr std::size_t inputs = boxInputCount - std::size_t(BoxInput::QueryFirst);
  std::vector<std::size_t> arrays(boxCode->valueCount()), freeArrays;
  std::size_t arrayCount = inputs;
  for (std::size_t n = 0; n < steps.size(); ++n) {
    const BoxStep &step = steps[n];
    if (boxCode->variation(step.result) != Variation::PerBox)
      continue;
    if (step.op == BoxOp::Input) {
      arrays[step.result] = laneOfInput(BoxInput(step.immediate));
      continue;
    }
    boxCode->forEachOperand(step, [&](ValueId value) {
      if (boxCode->variation(value) == Variation::PerBox && arrays[value] >= inputs &&
          lastUse[value] == n) {
        freeArrays.push_back(arrays[value]);
        lastUse[value] = steps.size(); // once, although a step may read it twice
      }
    });
    const ValueId end = step.result + resultCount(step.op);
    for (ValueId value = step.result; value < end; ++value) {
      if (freeArrays.empty())
        freeArrays.push_back(arrayCount++);
      arrays[value] = freeArrays.back();
      freeArrays.pop_back();
    }
    for (ValueId value = step.result; value < end; ++value)
      if (lastUse[value] <= n) // of three results, some may have no use
        freeArrays.push_back(arrays[value]);
  }
  scalars.resize(boxCode->valueCount());
  lanes.resize(arrayCount);
  places.resize(boxCode->valueCount());
  for (ValueId value = 0; value < boxCode->valueCount(); ++value)
    places[value] = boxCode->variation(value) == Variation::PerBox ? lanes[arrays[value]].values
                                                                   : &scalars[value];
}

Result<std::size_t> BoxEvaluator::makeLoad(const BoxStep &step, Span<TensorRef> tables) {
  const TensorRef &table = tables[step.table];
  if (isFloat(table.dtype))
    return Status(StatusKind::Type, "table " + std::to_string(step.table) +
                                        " of a classifier does not hold integers");
  Load load;
  load.rank = table.rank;
  TableSummary::Axes axes;
  const ValueId *bounds = boxCode->indices().data() + step.indices;
  for (int axis = 0; axis < table.rank; ++axis) {
    load.first[axis] = operand(bounds[axis]);
    load.last[axis] = operand(bounds[table.rank + axis]);
    if (bounds[axis] != bounds[table.rank + axis])
      axes = {axes.column, axis}; // of more than two, the last two
  }
  for (int n = 0; n < 3; ++n)
    load.results[n] = places[step.result + n];
  auto same = std::find_if(summaries.begin(), summaries.end(), [&](const Summary &summary) {
    return summary.table == step.table && summary.axes == axes;
  });
  load.summary = std::size_t(same - summaries.begin());
  if (same == summaries.end())
    summaries.push_back({step.table, axes, TableSummary(table, axes)});
  loads.push_back(load);
  return loads.size() - 1;
}

Status BoxEvaluator::makeInstructions(Span<Int> arguments, Span<TensorRef> tables) {
  for (const BoxStep &step : boxCode->steps()) {
    Instruction instruction = {step.op, places[step.result], {}, 0, step.immediate};
    if (step.op == BoxOp::Constant)
      *instruction.result = step.immediate;
    else if (step.op == BoxOp::Argument)
      *instruction.result = arguments[step.immediate];
    else if (step.op == BoxOp::Dim)
      *instruction.result = tables[step.table].shape[step.immediate];
    for (int n = 0; n < 3; ++n)
      instruction.operands[n] = operand(step.operands[n]);
    if (step.op == BoxOp::LoadRange) {
      Result<std::size_t> load = makeLoad(step, tables);
      if (!load)
        return load.status();
      instruction.load = *load;
    }
    const Variation variation = boxCode->variation(step.result);
    if (variation == Variation::Fixed)
      execute(instruction, 1);
    else if (variation == Variation::PerHead)
      perHead.push_back(instruction);
    else if (step.op != BoxOp::Input)
      perBox.push_back(instruction);
  }
  return Status();
}

Result<BoxEvaluator> BoxEvaluator::bind(const BoxCode &code, Span<Int> arguments,
                                        Span<TensorRef> tables) {
  if (arguments.size() < code.argumentCount() || tables.size() < code.tableRanks().size())
    return Status(StatusKind::Type, "a classifier takes " + std::to_string(code.argumentCount()) +
                                        " scalars and " + std::to_string(code.tableRanks().size()) +
                                        " tables");
  for (std::size_t n = 0; n < code.tableRanks().size(); ++n)
    if (tables[n].rank != code.tableRanks()[n])
      return Status(StatusKind::Type, "table " + std::to_string(n) + " of a classifier has rank " +
                                          std::to_string(tables[n].rank) + " instead of " +
                                          std::to_string(code.tableRanks()[n]));
  BoxEvaluator evaluator(code);
  evaluator.assignPlaces();
  if (Status status = evaluator.makeInstructions(arguments, tables); !status.isOk())
    return status;
  evaluator.setHead(0, 0);
  return evaluator;
}

void BoxEvaluator::setHead(Int batchIndex, Int head) {
  for (const Instruction &step : perHead) {
    if (step.op == BoxOp::Input)
      *step.result = BoxInput(step.immediate) == BoxInput::Batch ? batchIndex : head;
    execute(step, 1);
  }
}

void BoxEvaluator::evaluate(int count, TileClass *classes) {
  for (const Instruction &step : perBox)
    execute(step, count);
  with(operand(boxCode->maySee()), [&](auto see) {
    with(operand(boxCode->mayHide()), [&](auto hide) {
      for (int k = 0; k < count; ++k)
        classes[k] = TileClass((see[k] != 0) | (hide[k] != 0) << 1);
    });
  });
}

std::size_t BoxEvaluator::bytes() const {
  std::size_t bytes = lanes.capacity() * sizeof(Lanes);
  for (const Summary &summary : summaries)
    bytes += summary.pyramid.bytes();
  return bytes;
}
