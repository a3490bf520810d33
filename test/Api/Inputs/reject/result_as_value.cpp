// A Result must be looked at before its value is used.
// refused: cannot convert
#include "lacuna/Result.h"

lacuna::Result<int> count();

int caller() {
#ifdef MISUSE
  int value = count();
  return value;
#else
  lacuna::Result<int> value = count();
  return value ? *value : 0;
#endif
}
