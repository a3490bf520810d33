#include "test/unit/Mask/SampleMasks.h"

#include <random>

using namespace lacuna;
using namespace lacuna::mask;
using Int = std::int64_t;
using Table = std::shared_ptr<const std::vector<std::int32_t>>;

struct Expression::Node {
  Kind kind;
  Int immediate = 0;
  Table table;
  std::vector<Expression> operands;
};

Expression::Expression(Int value)
    : node(std::make_shared<Node>(Node{Kind::Constant, value, {}, {}})) {}

Expression Expression::input(BoxInput input) {
  Expression result(0);
  result.node = std::make_shared<Node>(Node{Kind::Input, Int(input), {}, {}});
  return result;
}

Expression Expression::load(Table table, Expression index) {
  Expression result(0);
  result.node = std::make_shared<Node>(Node{Kind::Load, 0, std::move(table), {index}});
  return result;
}

Expression Expression::make(Kind kind, Expression a, Expression b) {
  Expression result(0);
  result.node = std::make_shared<Node>(Node{kind, 0, {}, {a, b}});
  return result;
}

static Int floorMod(Int a, Int b) { return (a % b + b) % b; }

Int Expression::evaluate(Int b, Int h, Int i, Int j) const {
  const std::vector<Expression> &operands = node->operands;
  Int x = operands.empty() ? 0 : operands[0].evaluate(b, h, i, j);
  Int y = operands.size() < 2 ? 0 : operands[1].evaluate(b, h, i, j);
  switch (node->kind) {
  case Kind::Constant:
    return node->immediate;
  case Kind::Input:
    switch (BoxInput(node->immediate)) {
    case BoxInput::Batch:
      return b;
    case BoxInput::Head:
      return h;
    case BoxInput::QueryFirst:
      return i;
    default:
      return j;
    }
  case Kind::Load:
    return (*node->table)[x];
  case Kind::Add:
    return x + y;
  case Kind::Sub:
    return x - y;
  case Kind::Mul:
    return x * y;
  case Kind::FloorDiv:
    return (x - floorMod(x, y)) / y;
  case Kind::Mod:
    return floorMod(x, y);
  case Kind::Less:
    return x < y;
  case Kind::Equal:
    return x == y;
  case Kind::And:
    return x & y;
  case Kind::Or:
    return x | y;
  case Kind::Not:
    return !x;
  }
  return 0;
}

Expression::Bounds Expression::emit(BoxCodeBuilder &builder, std::vector<TensorRef> &tables) const {
  auto op = [&](BoxOp op, ValueId a, ValueId b) { return builder.binary(op, a, b); };
  std::vector<Bounds> operands;
  for (const Expression &operand : node->operands)
    operands.push_back(operand.emit(builder, tables));
  const Bounds a = operands.empty() ? Bounds() : operands[0];
  const Bounds b = operands.size() < 2 ? Bounds() : operands[1];
  switch (node->kind) {
  case Kind::Constant: {
    ValueId value = builder.constant(node->immediate);
    return {value, value};
  }
  case Kind::Input: {
    const BoxInput input = BoxInput(node->immediate);
    ValueId low = builder.input(input);
    const bool isUniform = input == BoxInput::Batch || input == BoxInput::Head;
    return {low, isUniform ? low : builder.input(BoxInput(node->immediate + 1))};
  }
  case Kind::Load: {
    std::uint32_t table = builder.addTable(1);
    tables.push_back(TensorRef::contiguous(DeviceAddress(node->table->data()), DType::I32,
                                           {Int(node->table->size())}));
    RangeValues range = builder.loadRange(table, {a.low}, {a.high});
    return {range.min, range.max};
  }
  case Kind::Add:
    return {op(BoxOp::Add, a.low, b.low), op(BoxOp::Add, a.high, b.high)};
  case Kind::Sub:
    return {op(BoxOp::Sub, a.low, b.high), op(BoxOp::Sub, a.high, b.low)};
  case Kind::Mul:
    return {op(BoxOp::Mul, a.low, b.low), op(BoxOp::Mul, a.high, b.low)};
  case Kind::FloorDiv:
    return {op(BoxOp::FloorDiv, a.low, b.low), op(BoxOp::FloorDiv, a.high, b.low)};
  case Kind::Mod: {
    // Without a multiple in between, remainders go from that of low to that of high.
    ValueId isWhole =
        op(BoxOp::Equal, op(BoxOp::FloorDiv, a.low, b.low), op(BoxOp::FloorDiv, a.high, b.low));
    ValueId largest = op(BoxOp::Sub, b.low, builder.constant(1));
    return {builder.select(isWhole, op(BoxOp::Mod, a.low, b.low), builder.constant(0)),
            builder.select(isWhole, op(BoxOp::Mod, a.high, b.low), largest)};
  }
  case Kind::Less:
    return {op(BoxOp::Less, a.low, b.high), op(BoxOp::LessEqual, b.low, a.high)};
  case Kind::Equal: {
    ValueId meet =
        op(BoxOp::And, op(BoxOp::LessEqual, a.low, b.high), op(BoxOp::LessEqual, b.low, a.high));
    ValueId differ =
        op(BoxOp::Or, op(BoxOp::NotEqual, a.low, b.high), op(BoxOp::NotEqual, a.high, b.low));
    return {meet, differ};
  }
  case Kind::And:
    return {op(BoxOp::And, a.low, b.low), op(BoxOp::Or, a.high, b.high)};
  case Kind::Or:
    return {op(BoxOp::Or, a.low, b.low), op(BoxOp::And, a.high, b.high)};
  case Kind::Not:
    return {a.high, a.low};
  }
  return {};
}

SampleMask::SampleMask(Expression what)
    : predicate(std::move(what)), code([this] {
        BoxCodeBuilder builder;
        const Expression::Bounds answer = predicate.emit(builder, tables);
        return *builder.finish(answer.low, answer.high);
      }()) {}

BoxClassifier SampleMask::classifier(AttendShape shape, Positions queries, Positions keys) const {
  return BoxClassifier(*BoxEvaluator::bind(code, {}, tables), shape, std::move(queries),
                       std::move(keys));
}

SampleMask mask::documentMask(Int tokens, int documents, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> starts(tokens), labels(tokens);
  for (int n = 1; n < documents; ++n)
    starts[random() % tokens] = 1;
  for (Int n = 1; n < tokens; ++n)
    labels[n] = labels[n - 1] + starts[n];
  Table table = std::make_shared<std::vector<std::int32_t>>(std::move(labels));
  return SampleMask((key <= query) &
                    (Expression::load(table, query) == Expression::load(table, key)));
}

namespace {
/// Draws expressions whose table indices exist.
class Generator {
public:
  Generator(Int tokens, unsigned seed) : tokens(tokens), random(seed) {}

  Expression condition(int depth) {
    switch (depth ? below(6) : below(2)) {
    case 0:
      return integer(depth) < integer(depth);
    case 1:
      return integer(depth) == integer(depth);
    case 2:
      return condition(depth - 1) | condition(depth - 1);
    case 3:
      return !condition(depth - 1);
    default:
      return condition(depth - 1) & condition(depth - 1);
    }
  }

private:
  Int below(Int n) { return Int(random() % unsigned(n)); }
  Expression integer(int depth) {
    switch (depth ? below(8) : below(3)) {
    case 0:
      return query;
    case 1:
      return key;
    case 2:
      return below(tokens);
    case 3:
      return integer(depth - 1) + integer(depth - 1);
    case 4:
      return integer(depth - 1) - integer(depth - 1);
    case 5:
      return integer(depth - 1) / (1 + below(9));
    case 6:
      return integer(depth - 1) % (1 + below(40));
    default:
      return Expression::load(table(), below(2) ? query : key);
    }
  }
  Table table() {
    std::vector<std::int32_t> elements(tokens);
    const Int values = 1 + below(tokens), length = 1 + below(40);
    for (Int n = 0; n < tokens; ++n)
      elements[n] = std::int32_t(n % length ? elements[n - 1] : below(values));
    return std::make_shared<std::vector<std::int32_t>>(std::move(elements));
  }

  Int tokens;
  std::mt19937 random;
};
} // namespace

SampleMask mask::randomMask(Int tokens, unsigned seed) {
  return SampleMask(Generator(tokens, seed).condition(3));
}
