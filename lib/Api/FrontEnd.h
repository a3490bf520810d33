//===- FrontEnd.h - The MLIR compiler as the driver wants it -----------------===//
#ifndef LIB_API_FRONTEND_H
#define LIB_API_FRONTEND_H

#include "lib/Api/CompileDriver.h"

namespace lacuna {

/// Specs of any level, through the passes of lib/Compiler.
CompilerFrontEnd mlirFrontEnd();

} // namespace lacuna

#endif // LIB_API_FRONTEND_H
