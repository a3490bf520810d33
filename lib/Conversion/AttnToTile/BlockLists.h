//===- BlockLists.h - Lists of blocks become tables on the device -----------===//
//
// An attn.expand_blocks is a kernel of its own, a step of the plan: it writes the
// table that the attends read, and checks every number of the lists on the way.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_BLOCKLISTS_H
#define LIB_CONVERSION_ATTNTOTILE_BLOCKLISTS_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"

namespace lacuna {

/// The kernel of an attn.expand_blocks.
struct ExpandKernel {
  attn::ExpandBlocksOp op;
  tile::KernelOp kernel; ///< takes the lists of the op, its table and the status
};

/// The lists of an op that are there: the list, then counts or offsets.
llvm::SmallVector<mlir::Value> listsOf(attn::ExpandBlocksOp op);

/// Emits the kernel where the builder stands; a wrong list sets a bit.
ExpandKernel emitExpandKernel(mlir::OpBuilder &builder, attn::ExpandBlocksOp op,
                              llvm::StringRef name, StatusBits &bits);

/// Whether attention reads a table that was expanded, and is to be NaN if that
/// failed.
bool readsExpandedBlocks(attn::Attention attend);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_BLOCKLISTS_H
