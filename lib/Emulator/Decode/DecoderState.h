//===- DecoderState.h - What the decoder knows while it decodes ------------===//
#ifndef LIB_EMULATOR_DECODE_DECODERSTATE_H
#define LIB_EMULATOR_DECODE_DECODERSTATE_H

#include "lacuna/Result.h"
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Ptx/Liveness.h"
#include "lib/Emulator/Sim/GlobalMemory.h"

#include <map>
#include <memory>

namespace lacuna::emulator {

/// Offset of the slot that takes results nobody reads. Offset 0 means "none".
inline constexpr u32 sinkSlot = 256;

/// Decodes one kernel; Binder gives rows access to it.
class Decoder {
public:
  Decoder(const ptx::Module &module, const ptx::Kernel &kernel, GlobalMemory &memory, bool predicts)
      : module(module), kernel(kernel), memory(memory), predicts(predicts),
        code(std::make_unique<Code>()) {}
  Result<std::unique_ptr<Code>> run();

private:
  friend class Binder;

  bool matchRows();
  void collectEffects();
  void trackRegisters(const ptx::Liveness &liveness);
  void pinRegisters();
  u32 trackedUse(std::size_t statement, const Instruction &instruction);
  bool placeVariables();
  bool placeGlobal(std::size_t variable);
  bool bindAll();
  bool keepSlice();
  void finishRegisterFile();

  /// Slot of `value` in all lanes; bytes 4 or 8, or 0 for a predicate.
  u32 constant(u64 value, u32 bytes);
  u32 special(const std::string &name, u32 bytes);

  const ptx::Module &module;
  const ptx::Kernel &kernel;
  GlobalMemory &memory;
  const bool predicts;
  std::unique_ptr<Code> code;
  Status failure;

  std::vector<const Row *> rows; ///< by statement
  std::vector<ptx::Effects> effects;
  ptx::Cfg cfg;
  ptx::Slots slots;
  std::vector<u32> trackedIndex;                ///< by register; 0: not tracked
  std::vector<s32> pinnedIndex;                 ///< by register; -1: wgmma does not use it
  std::vector<u64> addresses;                   ///< by variable
  u32 end = 0;                                  ///< of the register file
  std::map<std::pair<u64, u32>, u32> constants; ///< (value, bytes) -> slot
  std::map<std::pair<std::string, u32>, u32> specialSlots;
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_DECODE_DECODERSTATE_H
