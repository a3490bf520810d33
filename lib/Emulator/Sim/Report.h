//===- Report.h - What a kernel did wrong ----------------------------------===//
#ifndef LIB_EMULATOR_SIM_REPORT_H
#define LIB_EMULATOR_SIM_REPORT_H

#include "lib/Emulator/Decode/Code.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna::emulator {

/// Kinds of defect. describe() has the word used in messages.
enum class ReportKind : u8 {
  OutOfBounds,
  Misaligned,
  ReadOnlyWrite,
  UninitialisedShared,
  UninitialisedGlobal,
  UninitialisedLocal,
  UninitialisedRegister,
  Race,          ///< between warps of a block
  WarpRace,      ///< between lanes of a warp
  BlockConflict, ///< between blocks of a grid
  AsyncCopy,     ///< data of an asynchronous copy used before it was waited for
  Proxy,         ///< asynchronous proxy used without fence.proxy.async
  Divergence,    ///< warp-wide instruction without all lanes, or bad member mask
  Barrier,
  Mbarrier,
  Tma,
  Wgmma,
  RegisterBudget, ///< setmaxnreg
  Deadlock,
  Trap,
  Limit, ///< instruction limit reached
};

/// "race", "out-of-bounds", ...
std::string_view describe(ReportKind kind);

/// One defect, at the first place (in block order) where it showed.
struct Report {
  ReportKind kind = ReportKind::Trap;
  u64 block = 0; ///< linear index in the grid
  u32 blockX = 0, blockY = 0, blockZ = 0;
  u32 warp = 0;
  int lane = -1; ///< -1: the warp as a whole
  u32 ptxLine = 0;
  std::string sourceFile;
  u32 sourceLine = 0;  ///< 0: unknown (compile with -lineinfo)
  u32 inlinedLine = 0; ///< outermost call it was inlined into; 0: none
  std::string instruction;
  std::string message;
  u64 count = 1; ///< times it was seen

  /// One line: "race: block (0,0,0) warp 1 lane 3: ... at PTX line 7 (k.cu:12): `st...`".
  std::string line() const;
};

/// Collects the defects of the blocks that one thread executes, one for each
/// kind and instruction.
class Reporter {
public:
  /// Adds a defect, or counts it when its kind was seen at that instruction.
  void add(Report report, u32 position);
  /// True when `kind` at `position` was already reported for an earlier or the
  /// same block: the caller need not build the message.
  bool known(ReportKind kind, u32 position, u64 block);
  void merge(Reporter &&other);
  /// By block, then in the order in which they were seen.
  std::vector<Report> sorted() const;
  bool empty() const { return reports.empty(); }

private:
  std::map<std::pair<ReportKind, u32>, Report> reports;
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_REPORT_H
