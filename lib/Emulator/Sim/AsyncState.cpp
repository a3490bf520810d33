#include "lib/Emulator/Sim/AsyncState.h"

using namespace lacuna::emulator;

bool lacuna::emulator::completeAsyncWork(Block &) { return false; }
void lacuna::emulator::checkAsyncAtExit(Block &) {}
std::string lacuna::emulator::describeWait(const Block &, const Condition &) { return "waits"; }
