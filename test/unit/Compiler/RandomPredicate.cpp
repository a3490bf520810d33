//===- RandomPredicate.cpp - Predicates that are spec and oracle at once -----===//
#include "test/unit/Compiler/RandomPredicate.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace lacuna {

static const char *const predicates[] = {"eq", "ne", "slt", "sle", "sgt", "sge", "ult", "uge"};

RandomPredicate::RandomPredicate(std::uint64_t seed) : random(seed) {
  const int sizes[] = {1, 17, 40, 64, 65, 100, 127, 150};
  const int tiles[] = {8, 16, 16, 32};
  queries = sizes[between(0, 7)], keys = sizes[between(0, 7)];
  queryTile = tiles[between(0, 3)], keyTile = tiles[between(0, 3)];
  for (std::int64_t &scalar : scalars)
    scalar = chance(10) ? between(-40, -1) : chance(10) ? INT32_MAX : between(0, 150);
  fillTables();
  root = boolean(3);
}

std::int64_t RandomPredicate::between(std::int64_t low, std::int64_t high) {
  return low + std::int64_t(random() % std::uint64_t(high - low + 1));
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

void RandomPredicate::fillTables() {
  const int length = std::max(queries, keys) + int(between(0, 70));
  auto make = [&](TableName name, const char *type, DType dtype, int rows, int columns,
                  auto value) {
    Table &table = tables[name];
    table = {type, dtype, rows, columns, {}, {}};
    for (int n = 0; n < std::max(rows, 1) * columns; ++n)
      table.values.push_back(value(n));
    for (std::int64_t each : table.values) {
      char bytes[8];
      std::memcpy(bytes, &each, 8); // little-endian
      const size_t size = dtype == DType::I64 ? 8 : dtype == DType::I32 ? 4 : 1;
      table.bytes.insert(table.bytes.end(), bytes, bytes + size);
    }
  };
  // Runs of equal labels, which may come back; and the same in order.
  std::int64_t label = between(-3, 3);
  const int kinds = int(between(1, 40)), run = int(between(1, 30));
  make(Labels, "tensor<?xi32>", DType::I32, 0, length, [&](int n) {
    if (between(0, run) == 0)
      label = between(0, kinds);
    return label;
  });
  make(Sorted, "tensor<?xi32>", DType::I32, 0, length,
       [&](int n) { return label += between(0, run) == 0 ? between(1, 3) : 0; });
  make(Bytes, "tensor<?xi8>", DType::I8, 0, length, [&](int n) { return between(-128, 127); });
  const std::int64_t far = between(0, 1) ? 0 : INT64_MAX - 100;
  make(Wide, "tensor<?xi64>", DType::I64, 0, length, [&](int n) {
    if (between(0, run) == 0)
      label = between(0, 9);
    return label % 10 + far;
  });
  const int density = int(between(0, 2)) * 48 + 2;
  bool bit = false;
  make(Bits, "tensor<?x?xi1>", DType::I1, length, length, [&](int n) {
    if (between(0, run) == 0)
      bit = chance(density);
    return std::int64_t(bit);
  });
  make(Grid, "tensor<?x?xi32>", DType::I32, int(between(5, 33)), int(between(1, 9)),
       [&](int n) { return between(0, kinds); });
}

TensorRef RandomPredicate::table(unsigned argument) const {
  const Table &table = tables[argument - firstTable];
  const auto address = DeviceAddress(reinterpret_cast<std::uintptr_t>(table.bytes.data()));
  if (table.rows)
    return TensorRef::contiguous(address, table.dtype, {table.rows, table.columns});
  return TensorRef::contiguous(address, table.dtype, {table.columns});
}

//===----------------------------------------------------------------------===//
// Choosing
//===----------------------------------------------------------------------===//

int RandomPredicate::add(Op op, std::initializer_list<int> operands, std::int64_t number) {
  Node node{op, {}, number};
  std::copy(operands.begin(), operands.end(), node.operands);
  nodes.push_back(node);
  return int(nodes.size()) - 1;
}

int RandomPredicate::integer(int depth) {
  if (depth <= 0 || chance(20)) {
    switch (between(0, 9)) {
    case 0:
      return add(Op::Scalar, {}, between(0, 1));
    case 1:
      return constant(between(-20, 150));
    case 2:
      return constant(chance(50) ? INT32_MAX - between(0, 300) : INT32_MIN + between(0, 300));
    default:
      return add(chance(50) ? Op::I : Op::J);
    }
  }
  auto sub = [&] { return integer(depth - 1); };
  auto divisor = [&] {
    if (chance(20))
      return add(Op::Scalar, {}, between(0, 1));
    return constant(chance(10) ? between(-9, -1) : chance(30) ? 16 : between(1, 60));
  };
  switch (between(0, 17)) {
  case 0:
  case 1:
    return add(Op::Add, {sub(), sub()});
  case 2:
  case 3:
    return add(Op::Sub, {sub(), sub()});
  case 4:
    return add(Op::Mul, {sub(), chance(80) ? constant(between(-3, 5)) : sub()});
  case 5:
    return add(Op::DivS, {sub(), divisor()});
  case 6:
    return add(Op::FloorDiv, {sub(), divisor()});
  case 7:
    return chance(30) ? add(Op::CeilDiv, {sub(), divisor()}) : add(Op::RemS, {sub(), divisor()});
  case 8:
    return add(Op::RemS, {sub(), divisor()});
  case 9:
    return add(Op::Min, {sub(), sub()});
  case 10:
    return add(Op::Max, {sub(), sub()});
  case 11:
    return chance(50) ? add(Op::ShiftRight, {sub(), constant(between(0, 6))})
                      : add(Op::And, {sub(), constant(chance(70) ? 15 : between(-40, 40))});
  case 12:
    return chance(60) ? add(Op::Abs, {sub()}) : add(Op::Or, {sub(), sub()});
  case 13:
    return chance(70) ? add(Op::Select, {comparison(depth - 1), sub(), sub()})
                      : add(Op::Extend, {boolean(depth - 1)});
  default:
    return load(depth);
  }
}

/// An integer that lies in a dimension of this size.
int RandomPredicate::indexBelow(int size, int depth) {
  if (size >= std::max(queries, keys) && chance(60))
    return add(chance(50) ? Op::I : Op::J);
  if (chance(40)) // a block of queries or keys
    return add(Op::Min, {add(Op::DivS, {add(chance(50) ? Op::I : Op::J), constant(between(4, 32))}),
                         constant(size - 1)});
  return add(Op::Max, {add(Op::Min, {integer(depth - 1), constant(size - 1)}), constant(0)});
}

int RandomPredicate::load(int depth) {
  switch (between(0, 5)) {
  case 0:
    return add(Op::Load, {indexBelow(tables[Bytes].columns, depth)}, Bytes);
  case 1:
    return add(Op::Load,
               {indexBelow(tables[Grid].rows, depth), indexBelow(tables[Grid].columns, depth)},
               Grid);
  case 2: {
    const TableName name = chance(50) ? Labels : Sorted;
    return add(Op::GuardedLoad, {integer(depth - 1)}, name);
  }
  default: {
    const TableName name = chance(60) ? Labels : Sorted;
    return add(Op::Load, {indexBelow(tables[name].columns, depth)}, name);
  }
  }
}

int RandomPredicate::comparison(int depth) {
  const std::int64_t which = chance(30) ? 0 : between(0, 7);
  switch (between(0, 9)) {
  case 0: { // labels of a query and a key
    const TableName name = chance(50) ? Labels : Sorted;
    return add(Op::Compare, {add(Op::Load, {add(Op::I)}, name), add(Op::Load, {add(Op::J)}, name)},
               chance(70) ? 0 : which);
  }
  case 1:
    return add(Op::CompareWide,
               {add(Op::Load, {add(Op::I)}, Wide), add(Op::Load, {add(Op::J)}, Wide)}, which % 6);
  case 2: // blocks chosen by a table
    return add(
        Op::Compare,
        {add(Op::Load,
             {indexBelow(tables[Grid].rows, depth), indexBelow(tables[Grid].columns, depth)}, Grid),
         add(Op::DivS, {add(Op::J), constant(between(3, 30))})},
        0);
  case 3: { // a place in a period
    const int place = chance(50) ? add(Op::J) : add(Op::Sub, {add(Op::I), add(Op::J)});
    return add(Op::Compare,
               {add(Op::RemS, {place, constant(between(20, 60))}), constant(between(0, 40))},
               which);
  }
  case 4:
    return add(Op::Compare, {add(Op::Sub, {add(Op::I), add(Op::J)}), integer(depth)}, which);
  default:
    return add(Op::Compare, {integer(depth), integer(depth)}, which);
  }
}

int RandomPredicate::boolean(int depth) {
  if (depth <= 0 || chance(15)) {
    if (chance(15)) // of a matrix that has a row for each query
      return add(Op::Bit, {add(Op::I), add(Op::J)}, Bits);
    return comparison(std::min(depth, 2));
  }
  auto sub = [&] { return boolean(depth - 1); };
  switch (between(0, 8)) {
  case 0:
  case 1:
  case 2:
    return add(Op::AllOf, {sub(), sub()});
  case 3:
  case 4:
    return add(Op::AnyOf, {sub(), sub()});
  case 5:
    return add(Op::Differ, {sub(), sub()});
  case 6:
    return add(Op::Not, {sub()});
  case 7:
    return add(Op::Choose, {sub(), sub(), sub()});
  default:
    return comparison(2);
  }
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void RandomPredicate::print(std::string &text, int id) const {
  const Node &node = nodes[id];
  const std::string name = "%v" + std::to_string(id);
  auto in = [&](int operand) { return "%v" + std::to_string(node.operands[operand]); };
  auto line = [&](const std::string &op, const std::string &type) {
    text += "    " + name + " = " + op + " : " + type + "\n";
  };
  auto binary = [&](const std::string &op, const char *type) {
    line("arith." + op + " " + in(0) + ", " + in(1), type);
  };
  auto access = [&] {
    const Table &table = tables[node.number];
    const std::string second = table.rows ? ", " + in(1) : "";
    return "attn.load %t" + std::to_string(node.number) + "[" + in(0) + second +
           "] : " + table.type;
  };
  const char *const binaries[] = {"addi",  "subi",  "muli",  "divsi", "floordivsi", "ceildivsi",
                                  "remsi", "minsi", "maxsi", "shrsi", "andi",       "ori"};
  switch (node.op) {
  case Op::I:
    return line("arith.addi %i, %zero", "i32");
  case Op::J:
    return line("arith.addi %j, %zero", "i32");
  case Op::Scalar:
    return line("arith.addi %x" + std::to_string(node.number) + ", %zero", "i32");
  case Op::Constant:
    return line("arith.constant " + std::to_string(node.number), "i32");
  case Op::Abs:
    return line("math.absi " + in(0), "i32");
  case Op::Select:
    return line("arith.select " + in(0) + ", " + in(1) + ", " + in(2), "i32");
  case Op::Choose:
    return line("arith.select " + in(0) + ", " + in(1) + ", " + in(2), "i1");
  case Op::Extend:
    return line("arith.extui " + in(0), "i1 to i32");
  case Op::Load:
    if (node.number != Bytes) {
      text += "    " + name + " = " + access() + "\n";
      return;
    }
    text += "    %byte" + std::to_string(id) + " = " + access() + "\n";
    return line("arith.extsi %byte" + std::to_string(id), "i8 to i32");
  case Op::Bit:
    text += "    " + name + " = " + access() + "\n";
    return;
  case Op::GuardedLoad:
    text += "    %inside" + std::to_string(id) + " = arith.cmpi ult, " + in(0) + ", %size" +
            std::to_string(node.number) + " : i32\n    " + name + " = scf.if %inside" +
            std::to_string(id) + " -> i32 {\n      %e = " + access() +
            "\n      scf.yield %e : i32\n    } else {\n      scf.yield %none : i32\n    }\n";
    return;
  case Op::Compare:
    return line("arith.cmpi " + std::string(predicates[node.number]) + ", " + in(0) + ", " + in(1),
                "i32");
  case Op::CompareWide:
    return line("arith.cmpi " + std::string(predicates[node.number]) + ", " + in(0) + ", " + in(1),
                "i64");
  case Op::AllOf:
    return binary("andi", "i1");
  case Op::AnyOf:
    return binary("ori", "i1");
  case Op::Differ:
    return binary("xori", "i1");
  case Op::Not:
    return line("arith.xori " + in(0) + ", %true", "i1");
  default:
    return binary(binaries[int(node.op) - int(Op::Add)], "i32");
  }
}

std::string RandomPredicate::spec() const {
  const std::string sequence = "tensor<1x1x?x16xf16>";
  std::string text =
      "func.func @mask(%q: " + sequence + ", %k: " + sequence + ", %x0: i32, %x1: i32";
  for (int n = 0; n < tableCount; ++n)
    text += ", %t" + std::to_string(n) + ": " + tables[n].type;
  text += ") -> " + sequence +
          " {\n  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {\n"
          "    %zero = arith.constant 0 : i32\n    %none = arith.constant -1 : i32\n"
          "    %true = arith.constant true\n    %axis = arith.constant 0 : index\n";
  for (int n : {int(Labels), int(Sorted)})
    text += "    %n" + std::to_string(n) + " = tensor.dim %t" + std::to_string(n) +
            ", %axis : " + tables[n].type + "\n    %size" + std::to_string(n) +
            " = arith.index_cast %n" + std::to_string(n) + " : index to i32\n";
  for (size_t id = 0; id < nodes.size(); ++id)
    print(text, int(id));
  return text + "    attn.yield %v" + std::to_string(root) + " : i1\n  } : " + sequence + ", " +
         sequence + ", " + sequence + "\n  return %o : " + sequence + "\n}\n";
}

} // namespace lacuna
