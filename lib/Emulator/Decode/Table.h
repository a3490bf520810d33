//===- Table.h - The instructions the emulator knows -----------------------===//
//
// One row for each form of an instruction. A row says how the opcode is
// spelled, where its operands go, and which function executes it:
//
//   {"mad.wide.s32", "d8 a4 b4 c8", multiplyAddWide<s32>}
//   {"add[.rn][.ftz].f32", "d4 a4 b4", binary<f32, Add>}
//
// An opcode that no row spells, with every modifier, is an error; there is no
// default and nothing is skipped.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_DECODE_TABLE_H
#define LIB_EMULATOR_DECODE_TABLE_H

#include "lib/Emulator/Decode/Code.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna::emulator {

class Binder;

/// One form of an instruction.
struct Row {
  /// Spelling: ".x" is required, "[.x|.y]" one of them or none, ".(x|y)" one
  /// of them.
  std::string pattern;
  /// Operands in order, a field and a width each: d4 a4 b8 cp (p: predicate),
  /// e and f: list[0] and list[1]; i: immediate to imm; m: address to a, imm
  /// and access. Empty when `bind` does it.
  std::string operands;
  Handler handler = nullptr;
  u8 option = 0;                    ///< copied to the instruction
  void (*bind)(Binder &) = nullptr; ///< after `operands` were bound
  /// Whether the first operand is written; implied when `operands` starts
  /// with d.
  bool writesFirst = false;
  bool readsFirst = false; ///< the first operand is read as well
  bool copies = false;     ///< hands a value on unchanged (mov, selp)
  /// Reads and writes the registers of its first operand, and of its second
  /// when that is a vector, while the warp goes on.
  bool asynchronous = false;
  /// Counts the bytes that the instruction moves, and does nothing else; null when it
  /// moves none.
  Handler traffic = nullptr;
  /// Of a product of matrices: the traffic, and any numbers like its elements.
  Handler draw = nullptr;
  /// Of what a warp leaves in shared memory for others, where nobody waits for anything: a
  /// store that marks its bytes, or a load that waits for the mark.
  Handler exchange = nullptr;
};

/// All rows, found by opcode.
class InstructionTable {
public:
  /// The table with every instruction of the emulator.
  static const InstructionTable &instance();

  void add(Row row);
  /// As above, with a row's `traffic` and `exchange`.
  void add(Row row, Handler traffic, Handler exchange = nullptr) {
    row.traffic = traffic;
    row.exchange = exchange;
    add(std::move(row));
  }
  /// The row that spells `opcode`, or null.
  const Row *find(std::string_view opcode) const;
  /// All rows, by mnemonic.
  const std::multimap<std::string, Row, std::less<>> &rows() const { return byMnemonic; }
  /// A spelling of `opcode`'s mnemonic to suggest, or "".
  std::string suggestion(std::string_view opcode) const;

private:
  std::multimap<std::string, Row, std::less<>> byMnemonic;
};

/// True when `pattern` spells `opcode`.
bool matches(std::string_view pattern, std::string_view opcode);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_DECODE_TABLE_H
