//===- PlanFunctions.h - One function per operation of a plan ---*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_PLANFUNCTIONS_H
#define LIB_CONVERSION_TILETOEMITC_PLANFUNCTIONS_H

#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"

namespace lacuna {

/// `lacuna::Range range_of_ids(const lacuna::View<2> &table, ...)`: the name of
/// the function. It takes the table, the cells if there are any, and first and
/// last index along every axis.
std::string printLoadRange(Emission &emission, tile::LoadRangeOp op);

/// `void summarize(const lacuna::View<2> &table, const lacuna::View<3> &cells, ...)`
FragmentCall printSummarize(Emission &emission, tile::SummarizeOp op);

/// `bool write_runs(const lacuna::View<5> &lists, ...)`: the classifier becomes a
/// function of its own. `keyTile`: keys of a tile.
mlir::FailureOr<FragmentCall> printWriteRuns(Emission &emission, tile::WriteRunsOp op,
                                             int64_t keyTile);

/// `void order_rows(const lacuna::View<4> &counts, const lacuna::View<3> &order, ...)`:
/// a radix sort by one warp; so are the next two.
FragmentCall printOrder(Emission &emission, tile::OrderRowsOp op);
FragmentCall printOrder(Emission &emission, tile::SortRowsOp op);
FragmentCall printOrder(Emission &emission, tile::CompactRowsOp op);

/// `void hash_rows(const lacuna::View<4> &rows, const lacuna::View<3> &projections, ...)`: a
/// lane has two rows.
FragmentCall printOrder(Emission &emission, tile::HashRowsOp op);

/// `void gather_rows(const lacuna::View<4> &target, const lacuna::View<4> &source, ...)`
FragmentCall printOrder(Emission &emission, tile::MoveRowsOp op);

/// `bool cut_sequences(const lacuna::View<2> &pieces, ...)`
FragmentCall printCutSequences(Emission &emission, tile::CutSequencesOp op);

/// `bool expand_blocks(const lacuna::View<4> &blocks, ...)`
FragmentCall printExpandBlocks(Emission &emission, tile::ExpandBlocksOp op);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_PLANFUNCTIONS_H
