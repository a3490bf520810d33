//===- Decoder.h - From a parsed kernel to executable code -----------------===//
#ifndef LIB_EMULATOR_DECODE_DECODER_H
#define LIB_EMULATOR_DECODE_DECODER_H

#include "lacuna/Result.h"
#include "lib/Emulator/Decode/Code.h"
#include "lib/Emulator/Ptx/Ast.h"
#include "lib/Emulator/Sim/GlobalMemory.h"

#include <memory>

namespace lacuna::emulator {

/// Decodes one entry. Variables of the module (.global, .const) and the
/// kernel's parameters become allocations of `memory`. `predicts`: as in EmulatorOptions.
/// Errors: Driver, naming the instruction or modifier and the PTX line; Unsupported for a
/// kernel that cannot be predicted.
Result<std::unique_ptr<Code>> decode(const ptx::Module &module, const std::string &entry,
                                     GlobalMemory &memory, bool predicts);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_DECODE_DECODER_H
