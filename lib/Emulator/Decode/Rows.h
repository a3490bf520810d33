//===- Rows.h - What a file of instructions offers, and what it gets -------===//
//
// Each file that executes instructions adds its rows to the table. A row whose
// operands do not fit the short notation has a function that binds them with a
// Binder.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_DECODE_ROWS_H
#define LIB_EMULATOR_DECODE_ROWS_H

#include "lib/Emulator/Decode/Table.h"
#include "lib/Emulator/Sim/Ordering.h"

namespace lacuna::emulator {

class Decoder;

/// What an instruction does that is a hint or a pause.
inline Step nothing(Warp &, const Instruction &) { return Step::Next; }

/// Turns the operands of one statement into slots.
class Binder {
public:
  Binder(Decoder &decoder, const ptx::Statement &statement, Instruction &out)
      : statement(statement), out(out), decoder(decoder) {}

  const ptx::Statement &statement;
  Instruction &out;

  /// True when the opcode has this modifier: has("trans"), has("L2::128B").
  bool has(std::string_view modifier) const;
  /// The type that ends the opcode: "u32".
  std::string_view lastType() const;
  /// The modifier at a place, counted from 1 after the mnemonic; "" past the end.
  std::string_view modifier(std::size_t place) const;

  /// What the opcode says of ordering: .relaxed unless it says more.
  Strength strength() const;

  /// Slot of a value of 4 or 8 bytes; registers must be of that width.
  u32 source(const ptx::Operand &operand, u32 bytes);
  u32 destination(const ptx::Operand &operand, u32 bytes);
  /// As above, for a register of either width (relaxed operand typing).
  u32 sourceAnyWidth(const ptx::Operand &operand, u32 bytes, bool &isWide);
  u32 destinationAnyWidth(const ptx::Operand &operand, u32 bytes, bool &isWide);
  /// Slot of a predicate; whether it is negated is the operand's.
  u32 predicateSource(const ptx::Operand &operand);
  u32 predicateDestination(const ptx::Operand &operand);
  bool isPredicate(const ptx::Operand &operand) const;
  /// The elements of a vector operand, or the operand itself.
  std::vector<const ptx::Operand *> elements(const ptx::Operand &operand) const;
  /// Slot that is read as 32 times `value`.
  u32 constant(u64 value, u32 bytes);
  /// [a + imm] with its width; other fields of access are left alone.
  void address(const ptx::Operand &operand);
  void setList(std::vector<u32> slots);
  /// True unless the address names a parameter of a device function.
  bool isEntryParameter(const ptx::Operand &address) const;
  /// Offset of an entry's parameter in the parameter block.
  u64 parameterOffset(const ptx::Operand &symbol) const;
  u64 parameterBase() const;
  u64 parameterBytes() const;
  /// Notes that the instruction touches shared or global memory in pieces of
  /// `bytes`.
  void touches(ptx::Space space, u32 bytes);
  /// The kernel uses TMA, mbarrier or wgmma.
  void usesAsyncProxy();
  /// This kernel's blocks may communicate through this instruction.
  void ordersBlocks();
  /// The statement cannot be decoded: `why` completes "PTX line 3: `...`: ".
  void fail(const std::string &why);

private:
  Decoder &decoder;
};

/// Bytes of a scalar type: 4 for "f32", 2 for "bf16"; 0 for "pred" and others.
u32 typeBytes(std::string_view type);

/// The rows of one group of instructions, each from the file that executes it.
void addControlRows(InstructionTable &table);   // Sim/Control.cpp
void addMoveRows(InstructionTable &table);      // Sim/Move.cpp
void addIntegerRows(InstructionTable &table);   // Sim/Integer.cpp
void addBitRows(InstructionTable &table);       // Sim/Bits.cpp
void addFloatRows(InstructionTable &table);     // Sim/Float.cpp
void addHalfRows(InstructionTable &table);      // Sim/HalfAlu.cpp
void addCompareRows(InstructionTable &table);   // Sim/Compare.cpp
void addConvertRows(InstructionTable &table);   // Sim/Convert.cpp
void addLoadStoreRows(InstructionTable &table); // Sim/LoadStore.cpp
void addAtomicRows(InstructionTable &table);    // Sim/Atomic.cpp
void addCrossLaneRows(InstructionTable &table); // Sim/CrossLane.cpp
void addCopyAsyncRows(InstructionTable &table); // Sim/CopyAsync.cpp
void addMatrixRows(InstructionTable &table);    // Sim/Matrix.cpp
void addMbarrierRows(InstructionTable &table);  // Sim/Mbarrier.cpp
void addBulkRows(InstructionTable &table);      // Sim/Bulk.cpp
void addWgmmaRows(InstructionTable &table);     // Sim/Wgmma.cpp
void addBudgetRows(InstructionTable &table);    // Sim/RegisterBudget.cpp

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_DECODE_ROWS_H
