//===- Parser.cpp - Recursive descent over PTX -----------------------------===//
//
// PTX is line-free and context-free but for names, which may be used before
// they are declared only when they are labels or functions. Labels are
// therefore resolved when a function ends, everything else at once.
//
// The first error is kept and moves the lexer to the end of the text, which
// ends every loop; no function needs to check after each step.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Ptx/Parser.h"

#include "lib/Emulator/Ptx/Lexer.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

using namespace lacuna;
using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

namespace {

/// Names declared between a pair of braces.
struct Scope {
  int parent = -1;
  std::unordered_map<std::string_view, int> registers;
  std::unordered_map<std::string_view, int> variables;
  std::unordered_map<std::string_view, int> labels; ///< statement index
  /// Registers declared as a range: "%r<10>" is prefix "%r", first index, count.
  struct Range {
    std::string_view prefix;
    int first, count;
  };
  std::vector<Range> ranges;
};

/// A branch whose label is looked up at the end of its function.
struct PendingBranch {
  int statement, scope;
  std::string label;
};

class Parser {
public:
  explicit Parser(std::string_view text) : text(text), lexer(text) {}
  Result<Module> run();

private:
  // Tokens and errors.
  void fail(const std::string &what);
  bool accept(char c);
  void expect(char c);
  bool atEnd() const { return lexer.peek().kind == Token::Kind::End; }
  std::string_view word();
  s64 integer();

  // Declarations.
  void variable(Space space, bool isExtern);
  void initializer(Variable &variable, u32 elementBytes);
  int parameter();
  std::vector<int> parameterList();
  void registers(Function &function);
  void function(bool isEntry);
  void body(Function &function);
  void location();
  int declare(Variable variable);

  // Statements.
  void statement(Function &function);
  Operand operand();
  Operand number(bool negative);
  Operand list(char close);
  Operand address();
  Operand name(std::string_view spelling);
  int findRegister(std::string_view name) const;
  int findVariable(std::string_view name) const;
  void resolveBranches(Function &function);

  std::string_view text;
  Lexer lexer;
  Module module;
  std::vector<Scope> scopes; ///< all of the current function; [0] is the module's
  int scope = 0;
  std::vector<PendingBranch> branches;
  SourceLine source;
  Status failure;
};

/// What a type suffix says: ".f16x2" is 4 bytes.
struct TypeSuffix {
  std::string_view name;
  u32 bytes;
};
constexpr TypeSuffix typeSuffixes[] = {
    {".pred", 0},   {".b8", 1},  {".u8", 1},  {".s8", 1},  {".b16", 2}, {".u16", 2},   {".s16", 2},
    {".f16", 2},    {".b32", 4}, {".u32", 4}, {".s32", 4}, {".f32", 4}, {".f16x2", 4}, {".bf16", 2},
    {".bf16x2", 4}, {".b64", 8}, {".u64", 8}, {".s64", 8}, {".f64", 8}, {".b128", 16},
};

const TypeSuffix *findType(std::string_view name) {
  for (const TypeSuffix &type : typeSuffixes)
    if (type.name == name)
      return &type;
  return nullptr;
}

} // namespace

//===----------------------------------------------------------------------===//
// Tokens and errors
//===----------------------------------------------------------------------===//

void Parser::fail(const std::string &what) {
  if (!failure.isOk())
    return;
  failure =
      Status(StatusKind::Driver, "PTX line " + std::to_string(lexer.peek().line) + ": " + what +
                                     " near '" + std::string(lexer.peek().spelling) + "'");
  lexer = Lexer("");
}

bool Parser::accept(char c) {
  if (!lexer.peek().is(c))
    return false;
  lexer.next();
  return true;
}

void Parser::expect(char c) {
  if (!accept(c))
    fail(std::string("expected '") + c + "'");
}

std::string_view Parser::word() {
  if (lexer.peek().kind != Token::Kind::Word) {
    fail("expected a name");
    return "?";
  }
  return lexer.next().spelling;
}

s64 Parser::integer() {
  bool negative = accept('-');
  if (lexer.peek().kind != Token::Kind::Number) {
    fail("expected a number");
    return 0;
  }
  return number(negative).value;
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

int Parser::declare(Variable variable) {
  int index = static_cast<int>(module.variables.size());
  module.variables.push_back(std::move(variable));
  return index;
}

void Parser::initializer(Variable &variable, u32 elementBytes) {
  variable.initial.assign(variable.bytes, 0);
  bool braces = accept('{');
  std::size_t at = 0;
  do {
    Operand value = number(accept('-'));
    u64 bits = value.kind == Operand::Kind::Decimal ? std::bit_cast<u64>(value.decimal)
                                                    : static_cast<u64>(value.value);
    if (value.kind == Operand::Kind::Decimal && elementBytes == 4)
      bits = std::bit_cast<u32>(static_cast<float>(value.decimal));
    if (at + elementBytes > variable.initial.size())
      return fail("more initial values than '" + variable.name + "' has elements");
    std::memcpy(variable.initial.data() + at, &bits, elementBytes);
    at += elementBytes;
  } while (braces && accept(',') && !atEnd());
  if (braces)
    expect('}');
}

/// After ".shared" and its like: alignment, type, name, extent, initial value.
void Parser::variable(Space space, bool isExtern) {
  Variable result;
  result.space = space;
  u32 elementBytes = 1;
  while (lexer.peek().kind == Token::Kind::Word && lexer.peek().spelling[0] == '.') {
    std::string_view attribute = word();
    if (attribute == ".align")
      result.alignment = static_cast<u32>(integer());
    else if (const TypeSuffix *type = findType(attribute))
      elementBytes = type->bytes;
    else
      return fail("unknown attribute " + std::string(attribute) + " of a variable");
  }
  do {
    Variable one = result;
    std::string_view name = word();
    one.name = name;
    one.alignment = std::max(one.alignment, elementBytes);
    one.bytes = elementBytes;
    while (accept('[')) {
      one.bytes *= lexer.peek().is(']') ? 0 : static_cast<u64>(integer());
      expect(']');
    }
    one.isExtern = isExtern;
    if (accept('='))
      initializer(one, elementBytes);
    scopes[scope].variables[name] = declare(std::move(one));
  } while (accept(','));
  expect(';');
}

int Parser::parameter() {
  Variable result;
  result.space = Space::Param;
  u32 elementBytes = 1;
  std::string_view name;
  while (lexer.peek().kind == Token::Kind::Word && name.empty()) {
    std::string_view next = word();
    if (next == ".align")
      result.alignment = std::max(result.alignment, static_cast<u32>(integer()));
    else if (const TypeSuffix *type = findType(next))
      elementBytes = type->bytes;
    else if (next == ".param" || next == ".ptr" || next == ".global" || next == ".shared" ||
             next == ".const" || next == ".local")
      continue;
    else if (next == ".reg")
      fail("unsupported: a parameter in a register");
    else
      name = next;
    // ".ptr .align n" speaks of what is pointed at, not of the parameter.
    if (next == ".ptr") {
      while (lexer.peek().kind == Token::Kind::Word && lexer.peek().spelling[0] == '.')
        if (word() == ".align")
          integer();
    }
  }
  result.name = name;
  result.bytes = elementBytes;
  result.alignment = std::max(result.alignment, elementBytes);
  if (accept('[')) {
    result.bytes *= static_cast<u64>(integer());
    expect(']');
  }
  int index = declare(std::move(result));
  scopes[scope].variables[name] = index;
  return index;
}

std::vector<int> Parser::parameterList() {
  std::vector<int> result;
  while (!atEnd() && !accept(')')) {
    result.push_back(parameter());
    accept(',');
  }
  return result;
}

void Parser::registers(Function &function) {
  std::string_view type = word();
  const TypeSuffix *suffix = findType(type);
  if (!suffix || suffix->bytes == 16)
    return fail("unsupported register type " + std::string(type));
  RegisterClass width = suffix->bytes == 0   ? RegisterClass::Predicate
                        : suffix->bytes == 8 ? RegisterClass::Double
                                             : RegisterClass::Word;
  do {
    std::string_view name = word();
    int first = static_cast<int>(function.registers.size());
    if (accept('<')) {
      int count = static_cast<int>(integer());
      expect('>');
      for (int i = 0; i < count && failure.isOk(); ++i)
        function.registers.push_back({std::string(name) + std::to_string(i), width});
      scopes[scope].ranges.push_back({name, first, count});
    } else {
      function.registers.push_back({std::string(name), width});
      scopes[scope].registers[name] = first;
    }
  } while (accept(','));
  expect(';');
}

/// After ".loc": file, line, column and where the code was inlined.
void Parser::location() {
  u32 line = lexer.peek().line;
  u32 file = static_cast<u32>(integer());
  SourceLine caller = source;
  source = {file, static_cast<u32>(integer()), 0};
  while (!atEnd() && lexer.peek().line == line) {
    Token token = lexer.next();
    if (token.is("inlined_at")) {
      integer();
      source.inlinedLine = static_cast<u32>(integer());
    }
  }
  // NVRTC writes a chain of inlined calls as one .loc per level, outermost
  // first, and each names only its direct caller.
  if (source.inlinedLine && source.inlinedLine == caller.line && caller.inlinedLine)
    source.inlinedLine = caller.inlinedLine;
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

int Parser::findRegister(std::string_view name) const {
  std::size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
    --digits;
  std::string_view prefix = name.substr(0, digits);
  for (int i = scope; i >= 0; i = scopes[i].parent) {
    auto found = scopes[i].registers.find(name);
    if (found != scopes[i].registers.end())
      return found->second;
    if (digits == name.size())
      continue;
    int number = std::atoi(std::string(name.substr(digits)).c_str());
    for (const Scope::Range &range : scopes[i].ranges)
      if (range.prefix == prefix && number < range.count)
        return range.first + number;
  }
  return -1;
}

int Parser::findVariable(std::string_view name) const {
  for (int i = scope; i >= 0; i = scopes[i].parent) {
    auto found = scopes[i].variables.find(name);
    if (found != scopes[i].variables.end())
      return found->second;
  }
  return -1;
}

Operand Parser::number(bool negative) {
  Operand result;
  result.kind = Operand::Kind::Immediate;
  if (lexer.peek().kind != Token::Kind::Number) {
    fail("expected a number");
    return result;
  }
  std::string digits(lexer.next().spelling);
  bool hexFloat = digits.size() > 2 && digits[0] == '0' &&
                  (digits[1] == 'f' || digits[1] == 'F' || digits[1] == 'd' || digits[1] == 'D');
  if (hexFloat) {
    bool wide = digits[1] == 'd' || digits[1] == 'D';
    u64 sign = wide ? u64(1) << 63 : u64(1) << 31;
    result.value =
        static_cast<s64>(std::strtoull(digits.c_str() + 2, nullptr, 16) ^ (negative ? sign : 0));
  } else if (digits.find('.') != digits.npos) {
    result.kind = Operand::Kind::Decimal;
    result.decimal = std::strtod(digits.c_str(), nullptr) * (negative ? -1 : 1);
  } else {
    u64 value = std::strtoull(digits.c_str(), nullptr, 0);
    result.value = static_cast<s64>(negative ? u64(0) - value : value);
  }
  return result;
}

Operand Parser::list(char close) {
  Operand result;
  result.kind = Operand::Kind::Vector;
  while (!atEnd() && !accept(close)) {
    result.elements.push_back(operand());
    accept(',');
  }
  return result;
}

Operand Parser::address() {
  Operand result;
  result.kind = Operand::Kind::Address;
  result.elements.push_back(operand());
  if (accept('+'))
    result.value = integer();
  else if (lexer.peek().is('-'))
    result.value = integer();
  if (accept(','))
    result.elements.push_back(operand());
  expect(']');
  return result;
}

Operand Parser::name(std::string_view spelling) {
  Operand result;
  result.name = spelling;
  if (spelling == "_")
    return result;
  if ((result.index = findRegister(spelling)) >= 0)
    result.kind = Operand::Kind::Register;
  else if ((result.index = findVariable(spelling)) >= 0)
    result.kind = Operand::Kind::Symbol;
  else if (spelling[0] == '%' || spelling == "WARP_SZ")
    result.kind = Operand::Kind::Special;
  else
    result.kind = Operand::Kind::Label;
  return result;
}

Operand Parser::operand() {
  if (accept('{'))
    return list('}');
  if (accept('('))
    return list(')');
  if (accept('['))
    return address();
  if (accept('!')) {
    Operand result = operand();
    result.negated = true;
    return result;
  }
  if (lexer.peek().kind == Token::Kind::Number || lexer.peek().is('-'))
    return number(accept('-'));
  Operand result = name(word());
  if (accept('|')) {
    Operand pair;
    pair.kind = Operand::Kind::Pair;
    pair.elements = {std::move(result), operand()};
    return pair;
  }
  return result;
}

void Parser::statement(Function &function) {
  Statement result;
  Token first = lexer.peek();
  result.ptxLine = first.line;
  result.source = source;
  if (accept('@')) {
    result.guardNegated = accept('!');
    std::string_view predicate = word();
    result.guard = findRegister(predicate);
    if (result.guard < 0)
      return fail("undeclared predicate " + std::string(predicate));
  }
  std::string_view opcode = word();
  if (accept(':')) {
    scopes[scope].labels[opcode] = static_cast<int>(function.statements.size());
    return;
  }
  result.opcode = opcode;
  while (!atEnd() && !lexer.peek().is(';')) {
    result.operands.push_back(operand());
    if (!accept(','))
      break;
  }
  if (failure.isOk() && lexer.peek().is(';'))
    result.text = std::string_view(first.spelling.data(),
                                   lexer.peek().spelling.data() - first.spelling.data());
  expect(';');
  if (result.mnemonic() == "bra" && !result.operands.empty()) {
    branches.push_back(
        {static_cast<int>(function.statements.size()), scope, result.operands.back().name});
    result.operands.clear();
  }
  function.statements.push_back(std::move(result));
}

void Parser::resolveBranches(Function &function) {
  for (const PendingBranch &branch : branches) {
    int target = -1;
    for (int i = branch.scope; i >= 0 && target < 0; i = scopes[i].parent)
      if (auto found = scopes[i].labels.find(branch.label); found != scopes[i].labels.end())
        target = found->second;
    if (target < 0)
      fail("no label " + branch.label);
    function.statements[branch.statement].target = target;
  }
  branches.clear();
}

/// Statements up to the closing brace; the opening one has been read.
void Parser::body(Function &function) {
  int outer = scope;
  scope = static_cast<int>(scopes.size());
  scopes.emplace_back();
  scopes[scope].parent = outer;
  while (!accept('}')) {
    if (atEnd()) {
      fail("missing '}'");
      break;
    }
    if (accept(';'))
      continue;
    if (accept('{')) {
      body(function);
      continue;
    }
    std::string_view directive = lexer.peek().spelling;
    if (directive[0] != '.') {
      statement(function);
      continue;
    }
    lexer.next();
    if (directive == ".reg")
      registers(function);
    else if (directive == ".loc")
      location();
    else if (directive == ".shared")
      variable(Space::Shared, false);
    else if (directive == ".local")
      variable(Space::Local, false);
    else if (directive == ".param")
      variable(Space::Param, false);
    else if (directive == ".global")
      variable(Space::Global, false);
    else if (directive == ".const")
      variable(Space::Const, false);
    else if (directive == ".pragma") {
      while (!atEnd() && !accept(';'))
        lexer.next();
    } else
      fail("unsupported directive " + std::string(directive));
  }
  scope = outer;
}

void Parser::function(bool isEntry) {
  Function result;
  result.isEntry = isEntry;
  scopes.resize(1); // the module's names stay
  scopes.emplace_back();
  scope = 1;
  scopes[1].parent = 0;
  if (accept('('))
    result.results = parameterList();
  result.name = word();
  if (accept('('))
    result.parameters = parameterList();
  source = {};
  // Performance directives (.maxntid 128, 1, 1; .minnctapersm 2; .reqntid ...).
  while (!atEnd() && !lexer.peek().is('{') && !lexer.peek().is(';'))
    if (lexer.next().is(".minnctapersm"))
      result.blocksPerSm = std::max(1u, static_cast<u32>(integer()));
  if (accept('{')) {
    body(result);
    resolveBranches(result);
    module.functions.push_back(std::move(result));
  } else {
    expect(';'); // a declaration; the definition follows
  }
  scope = 0;
}

Result<Module> Parser::run() {
  scopes.emplace_back();
  bool isExtern = false;
  while (!atEnd()) {
    std::string_view directive = word();
    if (directive == ".version" || directive == ".address_size") {
      lexer.next();
    } else if (directive == ".target") {
      module.target = word();
      while (accept(','))
        word();
    } else if (directive == ".visible" || directive == ".weak" || directive == ".common") {
      continue;
    } else if (directive == ".extern") {
      isExtern = true;
      continue;
    } else if (directive == ".shared") {
      variable(Space::Shared, isExtern);
    } else if (directive == ".global") {
      variable(Space::Global, isExtern);
    } else if (directive == ".const") {
      variable(Space::Const, isExtern);
    } else if (directive == ".entry") {
      function(true);
    } else if (directive == ".func") {
      function(false);
    } else if (directive == ".file") {
      std::size_t number = static_cast<std::size_t>(integer());
      std::string_view quoted = lexer.next().spelling;
      if (module.files.size() <= number)
        module.files.resize(number + 1);
      if (quoted.size() >= 2)
        module.files[number] = quoted.substr(1, quoted.size() - 2);
      while (accept(','))
        integer();
    } else if (directive == ".section") {
      while (!atEnd() && !accept('}'))
        lexer.next();
    } else if (failure.isOk()) {
      fail("unsupported directive " + std::string(directive));
    }
    isExtern = false;
  }
  if (!failure.isOk())
    return failure;
  return std::move(module);
}

Result<Module> ptx::parse(std::string_view text) { return Parser(text).run(); }
