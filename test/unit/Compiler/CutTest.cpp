//===- CutTest.cpp - The pieces of ragged batches, on the emulator ---------===//
//
// Offsets of random sequences are cut by the operation that plans use. Pieces have to
// be the query tiles of all sequences in order, then pieces without rows, and counts
// the key tiles of their sequences. Wrong offsets make one sequence without keys.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

using namespace lacuna;

namespace {

constexpr const char *cutter = R"(
#s = #tile.schedule<query_tile = 16, key_tile = 32, warps = 1, stages = 2, query_in_registers = false>
tile.kernel @cut(%pieces: !tile.view<?x6xi32>, %counts: !tile.view<1x1x?x2xi32>,
                 %m: !tile.view<?xi32>, %n: !tile.view<?xi32>, %queries: i32, %keys: i32,
                 %status: !tile.status)
    attributes {schedule = #s, target = "sm_80", shared_bytes = 0 : i64} {
  %wrong = tile.cut_sequences %pieces counts %counts at %m, %n of %queries, %keys
      : !tile.view<?x6xi32> counts !tile.view<1x1x?x2xi32> at !tile.view<?xi32>, !tile.view<?xi32>
  tile.report %status, 0 if %wrong
  tile.return
}
tile.program @p(%m: tensor<?xi32>, %n: tensor<?xi32>, %queries: i32, %keys: i32, %room: i32)
    -> (tensor<?x6xi32>, tensor<1x1x?x2xi32>) {
  %c1 = arith.constant 1 : index
  %rows = arith.index_cast %room : i32 to index
  %pieces = tile.new_tensor(%rows) : tensor<?x6xi32>
  %counts = tile.new_tensor(%rows) : tensor<1x1x?x2xi32>
  %status = tile.status ["wrong offsets"]
  tile.launch @cut batches %c1 heads %c1 rows %c1
      (%pieces, %counts, %m, %n, %queries, %keys, %status)
      : tensor<?x6xi32>, tensor<1x1x?x2xi32>, tensor<?xi32>, tensor<?xi32>, i32, i32, !tile.status
  tile.return %pieces, %counts : tensor<?x6xi32>, tensor<1x1x?x2xi32>
}
)";

using Numbers = std::vector<std::int32_t>;
using Piece = std::array<std::int32_t, 6>;

/// Offsets of that many sequences, up to `longest` rows each.
Numbers offsetsOf(std::mt19937 &random, int sequences, unsigned longest) {
  Numbers offsets = {0};
  for (int n = 0; n < sequences; ++n)
    offsets.push_back(offsets.back() + std::int32_t(random() % 3 ? random() % (longest + 1) : 0));
  return offsets;
}

class Cut : public testing::Test {
protected:
  void SetUp() override {
    CompileOptions options;
    options.target = "sm_80";
    options.useCache = false;
    Result<Executable> executable = compile(cutter, options);
    ASSERT_TRUE(executable) << executable.status().message();
    program.emplace(std::move(*LoadedProgram::load(*executable, *device)));
  }

  DeviceTensor make(std::vector<std::int64_t> shape) {
    return std::move(*DeviceTensor::create(*device, DType::I32, std::move(shape)));
  }

  /// Cuts with room for `room` pieces into `pieces` and `tiles`.
  Status cut(const Numbers &m, const Numbers &n, int queries, int keys, int room) {
    DeviceTensor ofQueries = make({std::int64_t(m.size())}),
                 ofKeys = make({std::int64_t(n.size())});
    DeviceTensor cutPieces = make({room, 6}), counts = make({1, 1, room, 2});
    EXPECT_TRUE(ofQueries.copyIn(m.data()).isOk() && ofKeys.copyIn(n.data()).isOk());
    EXPECT_TRUE(device->fill(counts.ref().address, 0, counts.bytes(), {}).isOk());
    Status launched =
        program->launch({ofQueries, ofKeys, queries, keys, room}, {cutPieces.ref(), counts.ref()});
    EXPECT_TRUE(launched.isOk()) << launched.message();
    Status done = program->synchronize();
    pieces.resize(std::size_t(room));
    Numbers pairs(std::size_t(2 * room));
    EXPECT_TRUE(cutPieces.copyOut(pieces.data()).isOk() && counts.copyOut(pairs.data()).isOk());
    tiles.clear();
    for (std::size_t at = 1; at < pairs.size(); at += 2)
      tiles.push_back(pairs[at]);
    return done;
  }

  std::unique_ptr<emulator::EmulatorDevice> device = emulator::createEmulatorDevice({});
  std::optional<LoadedProgram> program;
  std::vector<Piece> pieces;
  Numbers tiles;
};

TEST_F(Cut, MakesEveryQueryTileOnce) {
  std::mt19937 random(1);
  for (auto [sequences, longest] :
       {std::pair(1, 2000u), {2, 17u}, {31, 40u}, {32, 3u}, {33, 600u}, {100, 20u}, {300, 1u}}) {
    SCOPED_TRACE(std::to_string(sequences) + " sequences of up to " + std::to_string(longest));
    const Numbers m = offsetsOf(random, sequences, longest), n = offsetsOf(random, sequences, 100);
    const int room = (m.back() + 15) / 16 + sequences;
    Status done = cut(m, n, m.back(), n.back(), room);
    ASSERT_TRUE(done.isOk()) << done.message();
    std::vector<Piece> expected;
    Numbers expectedTiles;
    for (int s = 0; s < sequences; ++s)
      for (std::int32_t first = 0; first < m[s + 1] - m[s]; first += 16) {
        expected.push_back({s, first, m[s], m[s + 1], n[s], n[s + 1]});
        expectedTiles.push_back((n[s + 1] - n[s] + 31) / 32);
      }
    ASSERT_LE(expected.size(), pieces.size());
    expected.resize(pieces.size());
    expectedTiles.resize(pieces.size());
    EXPECT_EQ(pieces, expected);
    EXPECT_EQ(tiles, expectedTiles);
  }
}

TEST_F(Cut, WrongOffsetsMakeOneSequenceWithoutKeys) {
  Numbers right(41), late(41, 100), descends, below;
  for (int n = 0; n <= 40; ++n)
    right[n] = 2 * n;
  descends = below = right;
  descends[37] = 71;
  below[20] = -1;
  for (auto [m, n] : {std::pair(right, late),
                      {late, right},
                      {descends, right},
                      {right, below},
                      {right, {0, 80}},
                      {{}, {}}}) {
    EXPECT_FALSE(cut(m, n, 80, 80, 45).isOk());
    for (int at = 0; at < 45; ++at)
      EXPECT_EQ(pieces[at], at < 5 ? (Piece{0, 16 * at, 0, 80, 0, 0}) : Piece{}) << at;
    EXPECT_EQ(tiles, Numbers(45));
  }
}
} // namespace
