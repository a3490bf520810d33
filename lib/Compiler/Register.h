//===- Register.h - The dialects and passes Lacuna's tools know ------------===//
//
// One list for every tool, so that whatever one of them prints another reads.
// Only what Lacuna uses is named: registering all of MLIR would make each
// static program 60 MB larger.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_COMPILER_REGISTER_H
#define LIB_COMPILER_REGISTER_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace lacuna {

/// Adds the dialects of every level, from spec to EmitC. Loads none.
void registerLacuna(mlir::DialectRegistry &registry);

/// Makes every pass and named pipeline known to the pass-pipeline parser. Call
/// once, before command-line options are parsed.
void registerLacunaPasses();

} // namespace lacuna

#endif // LIB_COMPILER_REGISTER_H
