// A loaded program owns kernels on a device: it moves and does not copy.
// refused: use of deleted function
#include "lacuna/Runtime.h"

lacuna::LoadedProgram caller(lacuna::LoadedProgram program) {
#ifdef MISUSE
  lacuna::LoadedProgram second = program;
  return second;
#else
  return program;
#endif
}
