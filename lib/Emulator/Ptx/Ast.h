//===- Ast.h - A PTX module as a tree --------------------------------------===//
//
// What the parser produces and everything after it reads. Names are resolved:
// a register operand is an index into its function's registers, a symbol an
// index into the module's variables, a branch an index into the statements.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_PTX_AST_H
#define LIB_EMULATOR_PTX_AST_H

#include "lib/Emulator/PtxTypes.h"

#include <string>
#include <string_view>
#include <vector>

namespace lacuna::emulator::ptx {

/// How wide a register is. Registers of 8 and 16 bits live in 32-bit ones.
enum class RegisterClass : u8 { Predicate, Word, Double };

/// A declared register.
struct Register {
  std::string name;
  RegisterClass width = RegisterClass::Word;
};

/// Where a variable lives.
enum class Space : u8 { Generic, Global, Shared, Local, Param, Const };

/// A variable of a module or of a function, a parameter included.
struct Variable {
  std::string name;
  Space space = Space::Global;
  u64 bytes = 0; ///< 0: extern shared array, whose size the launch gives
  u32 alignment = 1;
  bool isExtern = false;
  std::vector<u8> initial; ///< empty: none
};

/// One operand of a statement.
struct Operand {
  enum class Kind : u8 {
    Register,  ///< index
    Immediate, ///< value
    Decimal,   ///< decimal: "1.5", whose bits depend on the instruction's type
    Symbol,    ///< index into Module::variables
    Special,   ///< name: "%tid.x"
    Label,     ///< name of a function or of a label
    Vector,    ///< elements: {a, b} or (a, b)
    Address,   ///< [elements[0] + value], elements[1] = coordinates when given
    Pair,      ///< elements: a|b
    Sink,      ///< _
  };
  Kind kind = Kind::Sink;
  bool negated = false; ///< !p
  int index = -1;
  s64 value = 0;
  double decimal = 0;
  std::string name;
  std::vector<Operand> elements;
};

/// Where an instruction came from in the source that NVRTC compiled.
struct SourceLine {
  u32 file = 0;        ///< number of a .file directive; 0: unknown
  u32 line = 0;        ///< innermost line
  u32 inlinedLine = 0; ///< line of the outermost call it was inlined into; 0: none

  bool operator==(const SourceLine &) const = default;
};

/// One instruction.
struct Statement {
  std::string opcode;    ///< with all modifiers: "ld.global.v4.u32"
  std::string_view text; ///< as written, guard included; lies in the PTX
  int guard = -1;        ///< predicate register
  bool guardNegated = false;
  std::vector<Operand> operands;
  int target = -1; ///< statement that a branch jumps to
  u32 ptxLine = 0;
  SourceLine source;

  /// "ld" of "ld.global.v4.u32".
  std::string_view mnemonic() const { return std::string_view(opcode).substr(0, opcode.find('.')); }
};

/// An entry or a device function.
struct Function {
  std::string name;
  bool isEntry = false;
  std::vector<int> parameters; ///< variables, in order
  std::vector<int> results;    ///< variables, in order; empty for an entry
  u32 blocksPerSm = 1;         ///< .minnctapersm of an entry
  std::vector<Register> registers;
  std::vector<Statement> statements;
};

/// A whole PTX text.
struct Module {
  std::string target; ///< "sm_90a"
  std::vector<Variable> variables;
  std::vector<Function> functions;
  std::vector<std::string> files; ///< by number
};

/// One entry with every call expanded in place.
struct Kernel {
  std::string name;
  std::vector<int> parameters; ///< variables
  u32 blocksPerSm = 1;         ///< as in Function
  std::vector<Variable> variables;
  std::vector<Register> registers;
  std::vector<Statement> statements;
};

} // namespace lacuna::emulator::ptx

#endif // LIB_EMULATOR_PTX_AST_H
