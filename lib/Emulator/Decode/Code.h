//===- Code.h - A kernel decoded for execution -----------------------------===//
//
// An instruction holds the function that executes it and the places of its
// operands in a warp's register file. Immediates and special registers have
// places of their own, filled for all lanes beforehand, so that every operand
// is "32 lanes at a byte offset" and no handler asks what kind it is.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_DECODE_CODE_H
#define LIB_EMULATOR_DECODE_CODE_H

#include "lib/Emulator/Ptx/Ast.h"
#include "lib/Emulator/PtxTypes.h"

#include <deque>
#include <string>
#include <vector>

namespace lacuna::emulator {

struct Warp;
struct Instruction;

/// What a warp does after an instruction.
enum class Step : u8 {
  Next, ///< goes on with the next one
  Jump, ///< the handler has set the position
  Wait, ///< the executing lanes wait; the handler has set position and condition
};

/// Executes an instruction for the lanes in the warp's mask.
using Handler = Step (*)(Warp &, const Instruction &);

/// Shape of a memory access.
struct Access {
  ptx::Space space = ptx::Space::Generic;
  u8 elementBytes = 0;
  u8 elements = 1;
  bool wordAddress = false; ///< address register is 32 bits wide
  bool signExtend = false;
  bool wideRegister = false; ///< data registers are 64 bits wide
  bool ordered = false;      ///< volatile, relaxed, acquire, release: may race by design

  u32 bytes() const { return u32(elementBytes) * elements; }
};

/// Position that no instruction has.
inline constexpr u32 nowhere = ~u32(0);

/// One decoded instruction. d, a, b, c are byte offsets of slots; what `imm`,
/// `option` and `list` mean is the handler's affair.
struct Instruction {
  Handler execute = nullptr;
  u32 d = 0, a = 0, b = 0, c = 0;
  s32 guard = -1; ///< slot of the predicate, or -1
  bool guardNegated = false;
  bool ordersBlocks = false; ///< may communicate with other blocks of the grid
  u8 option = 0;
  u8 listSize = 0;
  Access access;
  u32 target = nowhere;
  u32 reconvergence = nowhere;
  s64 imm = 0;
  const u32 *list = nullptr;
  /// Registers whose initialisation is tracked at run time: index of a
  /// TrackedUse in Code, or 0.
  u32 tracked = 0;
};

/// For messages and counters.
struct InstructionInfo {
  std::string opcode;
  std::string text;
  u32 ptxLine = 0;
  ptx::SourceLine source;
  u8 weight = 1; ///< what it counts for, 0 or 1 (Ptx/Weights.h)
};

/// Registers of one instruction that are watched at run time.
struct TrackedUse {
  /// Registers that some path may read before it writes them: indices into a
  /// warp's table of initialised lanes.
  std::vector<u32> reads, writes;
  /// Registers that wgmma uses while the warp goes on, touched by another
  /// instruction; and, of a wgmma itself, its own in order.
  std::vector<u32> pinnedReads, pinnedWrites, pinned;
  u32 readsOnlyIf = 0; ///< slot of a predicate without which the first operand is not read
  bool copies = false; ///< mov, selp: passes the state on instead of reading
  std::vector<std::string> readNames;
};

/// Special registers whose value is known when a block starts.
enum class Special : u8 {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NWarpId,
  LaneMaskEq,
  LaneMaskLt,
  LaneMaskLe,
  LaneMaskGt,
  LaneMaskGe,
  SmId,
  NSmId,
  GridId,
  DynamicSharedBytes,
  TotalSharedBytes,
  Zero,
  One,
  WarpSize,
};

/// Where a special register's 32 lanes lie.
struct SpecialSlot {
  Special id;
  u32 slot;
};

/// A decoded kernel; immutable while it runs.
struct Code {
  std::string name;
  std::vector<Instruction> instructions;
  std::vector<InstructionInfo> info; ///< parallel to instructions
  std::vector<std::string> files;

  u32 registerBytes = 0;
  std::vector<u8> initialRegisters; ///< poison, immediates, constants
  std::vector<SpecialSlot> specials;
  std::deque<std::vector<u32>> lists; ///< owns Instruction::list
  std::vector<TrackedUse> tracked;    ///< [0] unused
  u32 trackedCount = 0;
  u32 pinnedCount = 0; ///< registers that wgmma uses

  u32 staticSharedEnd = 0;    ///< first address after static shared memory
  u32 dynamicSharedStart = 0; ///< address of the extern array
  u32 localBytes = 0;         ///< per thread
  u32 parameterBytes = 0;
  u8 *parameters = nullptr;          ///< where the launch copies the arguments
  std::vector<u64> ownedAllocations; ///< addresses of module variables
  u32 blocksPerSm = 1;               ///< that the kernel says will share an SM
  bool ordersBlocks = false;
  bool usesAsyncProxy = false;
  bool isPrediction = false; ///< executes but a slice of the kernel
  u32 sharedGrain = 16;      ///< smallest access, in bytes, of any instruction
  u32 globalGrain = 16;
};

/// Shared memory starts here: Hopper reserves the first KiB, and an address of
/// 0 is surely a mistake.
inline constexpr u32 sharedBase = 1024;
/// First byte of a thread's local memory.
inline constexpr u32 localBase = 256;
/// Generic addresses of shared and of local memory.
inline constexpr u64 sharedWindow = u64(0x5348) << 48;
inline constexpr u64 localWindow = u64(0x4c43) << 48;
inline constexpr u64 windowMask = u64(0xffff) << 48;

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_DECODE_CODE_H
