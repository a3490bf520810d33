//===- BackwardTest.cpp - Backward kernels, on the emulator ------------------===//
//
// The abstract kernels of test/Dialect/Tile/backward.mlir, with other head dims and
// element types in place of its own, against the same formulas in double precision.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Support/HalfBits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

using namespace lacuna;

namespace {

using Doubles = std::vector<double>;

/// One call: sizes, head dims, and how many keys past its own a query sees.
struct Problem {
  std::int64_t batches, heads, keyHeads, queries, keys, queryDim, valueDim;
  int shift;
  DType type = DType::BF16;

  std::int64_t rowsOfQueries() const { return batches * heads * queries; }
  std::int64_t rowsOfKeys() const { return batches * keyHeads * keys; }
};

/// The program with the head dims and the type of the problem, and parts of the kernels'
/// schedules pinned.
std::string programFor(const Problem &problem, const std::string &pins) {
  std::ifstream file(LACUNA_BACKWARD);
  std::string text = (std::stringstream() << file.rdbuf()).str();
  auto replace = [&](const std::string &old, const std::string &with) {
    for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += with.size())
      text.replace(at, old.size(), with);
  };
  replace("x128x", "xQx"); // the one may be the other's number
  replace("x64x", "x" + std::to_string(problem.valueDim) + "x");
  replace("xQx", "x" + std::to_string(problem.queryDim) + "x");
  if (problem.type == DType::F16)
    replace("bf16", "f16");
  if (!pins.empty())
    for (const char *end : {"%dq: !qk_view, %shift: i32) {", "%dv: !vo_view, %shift: i32) {"})
      replace(end, std::string(end).substr(0, std::string(end).size() - 1) +
                       "attributes {tile.pins = {" + pins + "}} {");
  return text;
}

/// `count` normal numbers that the type can hold.
Doubles draw(std::mt19937 &random, std::int64_t count, DType type) {
  std::normal_distribution<float> normal;
  Doubles numbers(std::size_t(count), 0.0);
  for (double &x : numbers) {
    float value = normal(random);
    x = type == DType::F32   ? value
        : type == DType::F16 ? floatFromF16(f16FromFloat(value))
                             : floatFromBf16(bf16FromFloat(value));
  }
  return numbers;
}

/// What goes in and what should come out, rows one after the other.
struct Data {
  Doubles q, k, v, o, lse, dout, dlse, dq, dk, dv;

  Data(const Problem &problem, unsigned seed);
};

Data::Data(const Problem &p, unsigned seed) {
  std::mt19937 random(seed);
  const double scale = 0.0883883461;
  q = draw(random, p.rowsOfQueries() * p.queryDim, p.type);
  k = draw(random, p.rowsOfKeys() * p.queryDim, p.type);
  v = draw(random, p.rowsOfKeys() * p.valueDim, p.type);
  o = draw(random, p.rowsOfQueries() * p.valueDim, p.type); // delta is linear in it
  dout = draw(random, p.rowsOfQueries() * p.valueDim, p.type);
  dlse = draw(random, p.rowsOfQueries(), DType::F32);
  dq.resize(q.size());
  dk.resize(k.size());
  dv.resize(v.size());
  for (std::int64_t row = 0; row < p.rowsOfQueries(); ++row) {
    const std::int64_t i = row % p.queries, head = row / p.queries;
    const std::int64_t keyHead =
        head / p.heads * p.keyHeads + head % p.heads / (p.heads / p.keyHeads);
    const std::int64_t visible = std::clamp<std::int64_t>(i + p.shift + 1, 0, p.keys);
    auto dot = [](const Doubles &a, std::int64_t rowOfA, const Doubles &b, std::int64_t rowOfB,
                  std::int64_t features) {
      double sum = 0;
      for (std::int64_t f = 0; f < features; ++f)
        sum += a[std::size_t(rowOfA * features + f)] * b[std::size_t(rowOfB * features + f)];
      return sum;
    };
    auto add = [](Doubles &to, std::int64_t rowOfTo, double factor, const Doubles &from,
                  std::int64_t rowOfFrom, std::int64_t features) {
      for (std::int64_t f = 0; f < features; ++f)
        to[std::size_t(rowOfTo * features + f)] +=
            factor * from[std::size_t(rowOfFrom * features + f)];
    };
    Doubles scores;
    double sum = 0;
    for (std::int64_t j = 0; j < visible; ++j) {
      scores.push_back(scale * dot(q, row, k, keyHead * p.keys + j, p.queryDim));
      sum += std::exp(scores.back());
    }
    lse.push_back(std::log(sum)); // -inf for a row that sees no key
    const double delta = dot(dout, row, o, row, p.valueDim) - dlse[std::size_t(row)];
    for (std::int64_t j = 0; j < visible; ++j) {
      const std::int64_t key = keyHead * p.keys + j;
      const double weight = std::exp(scores[std::size_t(j)] - lse.back());
      const double ds = weight * (dot(dout, row, v, key, p.valueDim) - delta);
      add(dq, row, scale * ds, k, key, p.queryDim);
      add(dk, key, scale * ds, q, row, p.queryDim);
      add(dv, key, weight, dout, row, p.valueDim);
    }
  }
}

class Backward : public testing::Test {
protected:
  DeviceTensor make(std::vector<std::int64_t> shape, DType type) {
    return std::move(*DeviceTensor::create(*device, type, std::move(shape)));
  }

  DeviceTensor copy(const Doubles &numbers, std::vector<std::int64_t> shape, DType type) {
    DeviceTensor tensor = make(std::move(shape), type);
    std::vector<float> floats(numbers.begin(), numbers.end());
    std::vector<std::uint16_t> halves;
    for (float x : floats)
      halves.push_back(type == DType::F16 ? f16FromFloat(x) : bf16FromFloat(x));
    const void *bytes = type == DType::F32 ? (const void *)floats.data() : halves.data();
    EXPECT_TRUE(tensor.copyIn(bytes).isOk());
    return tensor;
  }

  /// Holds a result against what it should be, by the norm of the difference.
  void compare(const char *name, DeviceTensor &tensor, const Doubles &expected, DType type) {
    std::vector<std::uint16_t> halves(expected.size());
    ASSERT_TRUE(tensor.copyOut(halves.data()).isOk());
    double error = 0, norm = 0;
    for (std::size_t n = 0; n < halves.size(); ++n) {
      double x = type == DType::F16 ? floatFromF16(halves[n]) : floatFromBf16(halves[n]);
      error += (x - expected[n]) * (x - expected[n]);
      norm += expected[n] * expected[n];
    }
    const double tolerance = type == DType::F16 ? 5e-4 : 4e-3;
    EXPECT_LE(std::sqrt(error), tolerance * std::sqrt(norm)) << name;
  }

  /// Compiled once for all lengths.
  static const Result<Executable> &executableFor(const std::string &text,
                                                 const std::string &target) {
    static std::map<std::string, Result<Executable>> known;
    auto found = known.find(target + text);
    if (found != known.end())
      return found->second;
    CompileOptions options;
    options.target = target;
    options.useCache = false;
    return known.emplace(target + text, compile(text, options)).first->second;
  }

  /// Both families get their kernels from the same abstract ones.
  void check(const Problem &p) {
    for (const char *target : {"sm_80", "sm_90a"})
      check(p, target);
  }

  void check(const Problem &p, const std::string &target, const std::string &pins = "") {
    SCOPED_TRACE(target + ": " + std::to_string(p.queries) + " queries, " + std::to_string(p.keys) +
                 " keys, " + std::to_string(p.queryDim) + "/" + std::to_string(p.valueDim) +
                 ", shift " + std::to_string(p.shift) + " " + pins);
    const Result<Executable> &executable = executableFor(programFor(p, pins), target);
    ASSERT_TRUE(executable) << executable.status().message();
    LoadedProgram program = std::move(*LoadedProgram::load(*executable, *device));
    const Data data(p, 1);
    auto ofQueries = [&](const Doubles &numbers, std::int64_t features) {
      return copy(numbers, {p.batches, p.heads, p.queries, features}, p.type);
    };
    auto ofKeys = [&](const Doubles &numbers, std::int64_t features) {
      return copy(numbers, {p.batches, p.keyHeads, p.keys, features}, p.type);
    };
    auto ofRows = [&](const Doubles &numbers) {
      return copy(numbers, {p.batches, p.heads, p.queries}, DType::F32);
    };
    DeviceTensor q = ofQueries(data.q, p.queryDim), k = ofKeys(data.k, p.queryDim),
                 v = ofKeys(data.v, p.valueDim), o = ofQueries(data.o, p.valueDim),
                 lse = ofRows(data.lse), dout = ofQueries(data.dout, p.valueDim),
                 dlse = ofRows(data.dlse);
    DeviceTensor dq = make({p.batches, p.heads, p.queries, p.queryDim}, p.type),
                 dk = make({p.batches, p.keyHeads, p.keys, p.queryDim}, p.type),
                 dv = make({p.batches, p.keyHeads, p.keys, p.valueDim}, p.type);
    Workspace workspace;
    workspace.bytes = *program.workspaceBytes({q, k, v, o, lse, dout, dlse, p.shift});
    workspace.address = *device->allocate(workspace.bytes);
    Status done = program.launch({q, k, v, o, lse, dout, dlse, p.shift},
                                 {dq.ref(), dk.ref(), dv.ref()}, {}, workspace);
    ASSERT_TRUE(done.isOk()) << done.message();
    done = program.synchronize();
    ASSERT_TRUE(done.isOk()) << done.message();
    compare("dq", dq, data.dq, p.type);
    compare("dk", dk, data.dk, p.type);
    compare("dv", dv, data.dv, p.type);
  }

  std::unique_ptr<emulator::EmulatorDevice> device = emulator::createEmulatorDevice({});
};

constexpr int everything = 1 << 20; // no mask

TEST_F(Backward, LengthsThatFillNoTile) {
  check({1, 1, 1, 129, 129, 128, 64, everything});
  check({2, 2, 2, 31, 129, 128, 64, everything});
  check({1, 1, 1, 1, 31, 128, 64, everything});
  check({1, 1, 1, 129, 1, 128, 64, everything});
}

TEST_F(Backward, NothingToDo) {
  check({1, 1, 1, 0, 31, 128, 64, everything});
  check({1, 1, 1, 31, 0, 128, 64, everything});
}

TEST_F(Backward, CausalMasksAndRowsWithoutKeys) {
  check({1, 1, 1, 129, 129, 128, 64, 0});
  check({1, 1, 1, 129, 100, 128, 64, -40});
  check({1, 1, 1, 70, 129, 128, 64, 33});
}

TEST_F(Backward, QueryHeadsOfAKeyHead) { check({2, 6, 2, 100, 70, 128, 64, 0}); }

TEST_F(Backward, HeadDims) {
  check({1, 1, 1, 129, 100, 8, 8, 0});
  check({1, 2, 1, 129, 100, 40, 72, 0, DType::F16});
  check({1, 1, 1, 129, 100, 64, 64, 0, DType::F16});
  check({1, 1, 1, 129, 100, 96, 128, 0});
}

TEST_F(Backward, PinnedSchedules) {
  check({1, 2, 1, 200, 200, 64, 64, 0}, "sm_80",
        "query_tile = 64, key_tile = 64, warps = 4, stages = 3");
  check({1, 2, 1, 200, 200, 64, 64, 0}, "sm_80",
        "query_tile = 32, key_tile = 32, warps = 2, stages = 4");
  check({1, 2, 1, 200, 200, 64, 64, 0}, "sm_80", "query_in_registers = true, warps = 2");
}

} // namespace
