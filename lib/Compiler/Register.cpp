#include "lib/Compiler/Register.h"

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Passes.h"
#include "dialects/Tile/IR/Tile.h"
#include "dialects/Tile/Transforms/Passes.h"
#include "lib/Compiler/Pipelines.h"
#include "lib/Conversion/AttnToTile/Passes.h"
#include "lib/Conversion/TileToEmitC/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/Dialect/EmitC/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace lacuna;

void lacuna::registerLacuna(mlir::DialectRegistry &registry) {
  registry.insert<attn::AttnDialect, tile::TileDialect>();
  registry.insert<mlir::arith::ArithDialect, mlir::emitc::EmitCDialect, mlir::func::FuncDialect,
                  mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
}

void lacuna::registerLacunaPasses() {
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  attn::registerAttnPasses();
  tile::registerTilePasses();
  registerAttnToTilePasses();
  registerPipelines();
  registerTileToEmitCPasses();
  mlir::emitc::registerFormExpressionsPass();
}
