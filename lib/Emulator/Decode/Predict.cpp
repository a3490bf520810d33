//===- Predict.cpp - Code that executes a slice of a kernel ----------------===//
//
// Every instruction stays, so that positions, branches and counts are those of the
// kernel; those outside the slice lose what they do, but for counting the bytes that
// they move.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Decode/DecoderState.h"
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Ptx/ControlSlice.h"
#include "lib/Emulator/Sim/Lanes.h"

using namespace lacuna;
using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

template <u32 value>
static Step presume(Warp &warp, const Instruction &i) {
  setPredicate(warp, i.d, value);
  return Step::Next;
}

/// Null when only a whole execution knows the result. What binding has put in place of
/// the row's handler does little (it moves a parameter or a special register) and stays.
static Handler handlerOf(Part part, const Row &row, const Statement &statement, Handler bound) {
  switch (part) {
  case Part::Counted:
    return bound != row.handler ? bound : row.traffic ? row.traffic : nothing;
  case Part::Computed:
    return bound;
  case Part::Drawn:
    return row.draw;
  case Part::Done:
    return presume<allLanes>;
  case Part::Exchanged:
    return row.exchange;
  case Part::Unequal:
    return statement.opcode.starts_with("setp.eq") ? presume<0> : presume<allLanes>;
  }
  return nullptr;
}

bool Decoder::keepSlice() {
  ControlSlice slice = sliceControl(kernel, effects);
  if (slice.parts.empty())
    return true;
  code->isPrediction = true;
  code->usesAsyncProxy = code->ordersBlocks = false;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    Instruction &instruction = code->instructions[s];
    instruction.tracked = 0;
    const Statement &statement = kernel.statements[s];
    instruction.execute = handlerOf(slice.parts[s], *rows[s], statement, instruction.execute);
    if (!instruction.execute || slice.obstacle == static_cast<int>(s)) {
      failure = Status(
          StatusKind::Unsupported,
          "kernel '" + kernel.name + "' cannot be predicted: control flow depends on `" +
              std::string(statement.text) + "` at PTX line " + std::to_string(statement.ptxLine));
      return false;
    }
  }
  return true;
}
