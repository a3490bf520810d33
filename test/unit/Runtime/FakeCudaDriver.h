//===- FakeCudaDriver.h - A driver library for machines without a GPU -------===//
//
// Built as a shared library that exports the driver's functions, so that the
// code that loads, calls and diagnoses the real driver is what runs in tests.
// Its device memory is host memory; launches are only recorded.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_RUNTIME_FAKECUDADRIVER_H
#define TEST_UNIT_RUNTIME_FAKECUDADRIVER_H

#include <map>
#include <string>
#include <vector>

/// What the fake pretends to be, and what it saw. Tests reach it through the
/// exported symbol `fakeCudaState`.
struct FakeCudaState {
  int deviceCount = 1;
  int major = 9, minor = 0;
  int driverVersion = 13000;
  int staticSharedBytes = 1024;
  int cubinResult = 0;             ///< what loading a cubin returns
  int ptxResult = 0;               ///< what loading PTX returns
  std::string jitLog;              ///< written when PTX is refused
  std::map<std::string, int> fail; ///< function name -> result instead of success

  std::vector<std::string> calls; ///< "cuLaunchKernel grid=2,1,1 block=..."
  std::vector<void *> contexts;   ///< the calling thread's stack of contexts
  int retained = 0;               ///< primary contexts not released
  int modules = 0;                ///< modules not unloaded
  int allocations = 0;            ///< allocations not freed
  int events = 0;                 ///< events not destroyed
  int launchesWithoutContext = 0;
  std::string lastArguments; ///< parameter buffer of the last launch
};

#endif // TEST_UNIT_RUNTIME_FAKECUDADRIVER_H
