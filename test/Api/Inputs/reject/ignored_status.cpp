// A failure cannot be dropped by accident.
// refused: nodiscard
#include "lacuna/Result.h"

lacuna::Status work();

void caller() {
#ifdef MISUSE
  work();
#else
  (void)work();
#endif
}
