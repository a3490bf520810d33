//===- ProgramJson.cpp - Programs as text ----------------------------------===//
//
// One object per struct of Program.h, fields in the order of declaration, so
// that the text is deterministic and readable. An expression is a number or a
// list that begins with its operation: ["ceildiv", ["dim", 0, 2], 64].
//
// The library's exceptions are off, as everywhere here: every access goes
// through Reader, which checks type and presence first.
//
//===----------------------------------------------------------------------===//
#include "lib/Runtime/Program.h"

#include <nlohmann/json.hpp>

#include <iterator>

using namespace lacuna;
using Json = nlohmann::ordered_json;

static constexpr int formatVersion = 3;

static constexpr const char *opNames[] = {"constant", "dim",      "scalar",  "add", "sub",
                                          "mul",      "floordiv", "ceildiv", "min", "max"};
static constexpr const char *relationNames[] = {"equal", "divides", "at-most"};
static constexpr const char *parameterNames[] = {"argument", "result",  "temporary",
                                                 "status",   "integer", "copy map"};

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static Json toJson(const Expression &expression) {
  std::vector<Json> stack;
  for (const Expression::Instruction &instruction : expression.instructions()) {
    const char *op = opNames[int(instruction.op)];
    switch (instruction.op) {
    case Expression::Op::Constant:
      stack.push_back(instruction.value);
      break;
    case Expression::Op::Dim:
      stack.push_back(Json::array({op, instruction.argument, instruction.axis}));
      break;
    case Expression::Op::Scalar:
      stack.push_back(Json::array({op, instruction.argument}));
      break;
    default: {
      Json right = std::move(stack.back());
      stack.pop_back();
      Json left = std::move(stack.back());
      stack.back() = Json::array({op, std::move(left), std::move(right)});
    }
    }
  }
  return stack.back();
}

template <class T>
static Json listToJson(const std::vector<T> &items, Json (*write)(const T &)) {
  Json list = Json::array();
  for (const T &item : items)
    list.push_back(write(item));
  return list;
}

static Json toJson(const ProgramArgument &argument) {
  Json object = {{"name", argument.name}, {"dtype", name(argument.dtype)}};
  if (argument.isTensor) {
    object["dims"] = argument.dims;
    object["alignment"] = argument.alignment;
    if (!argument.digest.empty())
      object["digest"] = argument.digest;
  }
  return object;
}

static Json toJson(const ProgramTensor &tensor) {
  Json object = {{"name", tensor.name},
                 {"dtype", name(tensor.dtype)},
                 {"dims", listToJson(tensor.dims, toJson)},
                 {"alignment", tensor.alignment}};
  if (tensor.ofPlan)
    object["plan"] = true;
  return object;
}

static Json toJson(const ProgramCheck &check) {
  return {{"relation", relationNames[int(check.relation)]},
          {"left", toJson(check.left)},
          {"right", toJson(check.right)},
          {"leftName", check.leftName},
          {"rightName", check.rightName}};
}

static Json toJson(const ProgramParameter &parameter) {
  Json object = {{"kind", parameterNames[int(parameter.kind)]}};
  if (parameter.kind == ProgramParameter::Kind::Integer) {
    object["value"] = toJson(parameter.value);
    object["dtype"] = name(parameter.integerType);
  } else if (parameter.kind != ProgramParameter::Kind::Status) {
    object["index"] = parameter.index;
  }
  if (parameter.kind == ProgramParameter::Kind::CopyMap) {
    object["of"] = parameterNames[int(parameter.of)];
    object["rows"] = parameter.boxRows;
    object["columns"] = parameter.boxColumns;
    if (parameter.ofParts)
      object["parts"] = true;
    if (parameter.boxHeads > 1)
      object["heads"] = parameter.boxHeads;
  }
  return object;
}

static Json toJson(const ProgramStep &step) {
  Json object = {{"kernel", step.kernel},
                 {"grid", toJson(step.grid)},
                 {"threads", step.threads},
                 {"sharedBytes", step.sharedBytes},
                 {"parameters", listToJson(step.parameters, toJson)}};
  if (step.isPlan)
    object["plan"] = true;
  if (step.blocksPerMultiprocessor)
    object["blocksPerMultiprocessor"] = step.blocksPerMultiprocessor;
  return object;
}

static Json toJson(const KernelImage &kernel) {
  return {{"name", kernel.name}, {"target", kernel.target}};
}

std::string lacuna::programToJson(const Program &program) {
  Json object = {{"format", formatVersion},
                 {"name", program.name},
                 {"arguments", listToJson(program.arguments, toJson)},
                 {"results", listToJson(program.results, toJson)},
                 {"temporaries", listToJson(program.temporaries, toJson)},
                 {"checks", listToJson(program.checks, toJson)},
                 {"steps", listToJson(program.steps, toJson)},
                 {"status", program.statusMeanings},
                 {"kernels", listToJson(program.kernels, toJson)}};
  return object.dump(1);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// Reads fields of objects. The first one that is missing or of another type
/// makes the reader fail; everything read after that is a default.
class Reader {
public:
  bool failed() const { return !problem.empty(); }
  const std::string &error() const { return problem; }
  void fail(std::string what) {
    if (problem.empty())
      problem = std::move(what);
  }

  /// The member `key`, or a null value.
  const Json &member(const Json &object, const char *key) {
    static const Json null;
    if (object.is_object())
      if (auto it = object.find(key); it != object.end())
        return *it;
    fail(std::string("'") + key + "' is missing");
    return null;
  }

  std::int64_t integer(const Json &value, std::int64_t least, std::int64_t most) {
    if (!value.is_number_integer()) {
      fail("a number is missing");
      return least;
    }
    std::int64_t number = value.get<std::int64_t>();
    if (number < least || number > most) {
      fail("the number " + value.dump() + " is out of range");
      return least;
    }
    return number;
  }
  std::uint32_t count(const Json &object, const char *key) {
    return std::uint32_t(integer(member(object, key), 0, UINT32_MAX));
  }
  std::string text(const Json &value) {
    if (value.is_string())
      return value.get<std::string>();
    fail("a string is missing");
    return {};
  }
  std::string text(const Json &object, const char *key) { return text(member(object, key)); }

  /// A member that is true or absent.
  bool flag(const Json &object, const char *key) {
    if (!object.is_object() || !object.contains(key))
      return false;
    if (object[key] != true)
      fail(std::string("'") + key + "' is not true");
    return true;
  }

  /// Position of a name in a list of names.
  template <class Enum, std::size_t N>
  Enum enumerator(const std::string &spelling, const char *const (&names)[N]) {
    for (std::size_t i = 0; i < N; ++i)
      if (spelling == names[i])
        return Enum(int(i));
    fail("'" + spelling + "' is unknown");
    return Enum(0);
  }
  DType dtype(const Json &object) {
    std::string spelling = text(object, "dtype");
    if (std::optional<DType> type = parseDType(spelling))
      return *type;
    fail("the dtype '" + spelling + "' is unknown");
    return DType::F32;
  }

  template <class T>
  std::vector<T> list(const Json &object, const char *key, T (*read)(Reader &, const Json &)) {
    std::vector<T> items;
    const Json &value = member(object, key);
    if (!value.is_array())
      fail(std::string("'") + key + "' is not a list");
    else
      for (const Json &item : value)
        items.push_back(read(*this, item));
    return items;
  }

private:
  std::string problem;
};

} // namespace

/// Appends the postfix code of one expression. `depth` bounds the recursion:
/// the text may come from a damaged file.
static void readCode(Reader &reader, const Json &value, int depth,
                     std::vector<Expression::Instruction> &code) {
  using Op = Expression::Op;
  if (value.is_number_integer()) {
    code.push_back({Op::Constant, value.get<std::int64_t>()});
    return;
  }
  if (depth > 1000 || !value.is_array() || value.empty() || !value[0].is_string())
    return reader.fail("an expression is malformed");
  Op op = reader.enumerator<Op>(value[0].get<std::string>(), opNames);
  std::size_t operands = op == Op::Scalar ? 1 : 2;
  if (op == Op::Constant || value.size() != operands + 1)
    return reader.fail("an expression is malformed");
  if (op == Op::Dim || op == Op::Scalar) {
    std::int32_t argument = reader.integer(value[1], 0, INT32_MAX);
    std::int32_t axis = op == Op::Dim ? reader.integer(value[2], 0, maxRank) : 0;
    code.push_back({op, 0, argument, axis});
    return;
  }
  readCode(reader, value[1], depth + 1, code);
  readCode(reader, value[2], depth + 1, code);
  code.push_back({op});
}

static Expression readExpression(Reader &reader, const Json &value) {
  std::vector<Expression::Instruction> code;
  readCode(reader, value, 0, code);
  if (reader.failed())
    return Expression();
  std::optional<Expression> expression = Expression::fromInstructions(std::move(code));
  if (expression)
    return *expression;
  reader.fail("an expression is nested too deeply");
  return Expression();
}

static std::int64_t readExtent(Reader &reader, const Json &value) {
  return reader.integer(value, dynamicExtent, INT64_MAX);
}

static ProgramArgument readArgument(Reader &reader, const Json &object) {
  ProgramArgument argument;
  argument.name = reader.text(object, "name");
  argument.dtype = reader.dtype(object);
  argument.isTensor = object.is_object() && object.contains("dims");
  if (argument.isTensor) {
    argument.dims = reader.list(object, "dims", readExtent);
    argument.alignment = reader.count(object, "alignment");
    if (object.contains("digest"))
      argument.digest = reader.text(object, "digest");
  }
  return argument;
}

static ProgramTensor readTensor(Reader &reader, const Json &object) {
  return {reader.text(object, "name"), reader.dtype(object),
          reader.list(object, "dims", readExpression), reader.count(object, "alignment"),
          reader.flag(object, "plan")};
}

static ProgramCheck readCheck(Reader &reader, const Json &object) {
  return {reader.enumerator<ProgramCheck::Relation>(reader.text(object, "relation"), relationNames),
          readExpression(reader, reader.member(object, "left")),
          readExpression(reader, reader.member(object, "right")), reader.text(object, "leftName"),
          reader.text(object, "rightName")};
}

static ProgramParameter readParameter(Reader &reader, const Json &object) {
  using Kind = ProgramParameter::Kind;
  ProgramParameter parameter;
  parameter.kind = reader.enumerator<Kind>(reader.text(object, "kind"), parameterNames);
  if (parameter.kind == Kind::Integer) {
    parameter.value = readExpression(reader, reader.member(object, "value"));
    parameter.integerType = reader.dtype(object);
  } else if (parameter.kind != Kind::Status) {
    parameter.index = reader.count(object, "index");
  }
  if (parameter.kind == Kind::CopyMap) {
    parameter.of = reader.enumerator<Kind>(reader.text(object, "of"), parameterNames);
    parameter.boxRows = reader.count(object, "rows");
    parameter.boxColumns = reader.count(object, "columns");
    parameter.ofParts = reader.flag(object, "parts");
    if (object.contains("heads"))
      parameter.boxHeads = reader.count(object, "heads");
  }
  return parameter;
}

static ProgramStep readStep(Reader &reader, const Json &object) {
  return {reader.count(object, "kernel"),
          readExpression(reader, reader.member(object, "grid")),
          reader.count(object, "threads"),
          reader.count(object, "sharedBytes"),
          reader.list(object, "parameters", readParameter),
          reader.flag(object, "plan"),
          object.contains("blocksPerMultiprocessor")
              ? reader.count(object, "blocksPerMultiprocessor")
              : 0};
}

static std::string readText(Reader &reader, const Json &value) { return reader.text(value); }

static KernelImage readKernel(Reader &reader, const Json &object) {
  KernelImage kernel;
  kernel.name = reader.text(object, "name");
  kernel.target = reader.text(object, "target");
  return kernel;
}

Result<Program> lacuna::programFromJson(std::string_view json) {
  Reader reader;
  Json object = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded())
    return Status(StatusKind::Io, "the stored program is not JSON");
  if (int version = int(reader.integer(reader.member(object, "format"), 0, INT32_MAX));
      version != formatVersion)
    reader.fail("it is of format " + std::to_string(version) + ", not " +
                std::to_string(formatVersion));
  Program program;
  program.name = reader.text(object, "name");
  program.arguments = reader.list(object, "arguments", readArgument);
  program.results = reader.list(object, "results", readTensor);
  program.temporaries = reader.list(object, "temporaries", readTensor);
  program.checks = reader.list(object, "checks", readCheck);
  program.steps = reader.list(object, "steps", readStep);
  program.statusMeanings = reader.list(object, "status", readText);
  program.kernels = reader.list(object, "kernels", readKernel);
  if (reader.failed())
    return Status(StatusKind::Io, "the stored program is damaged: " + reader.error());
  if (Status status = verifyProgram(program); !status.isOk())
    return Status(StatusKind::Io, status.message());
  return program;
}
