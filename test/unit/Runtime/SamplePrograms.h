//===- SamplePrograms.h - Programs as the compiler would make them ----------===//
#ifndef TEST_UNIT_RUNTIME_SAMPLEPROGRAMS_H
#define TEST_UNIT_RUNTIME_SAMPLEPROGRAMS_H

#include "lib/Runtime/Program.h"

namespace lacuna {

/// Attention in two steps with a temporary between them, a window, GQA, a
/// status word, and every kind of parameter.
inline Program samplePlannedAttention() {
  constexpr std::int64_t any = dynamicExtent;
  Program program;
  program.name = "attention";
  program.arguments = {{"q", DType::BF16, true, {any, any, any, 128}},
                       {"k", DType::BF16, true, {any, any, any, 128}},
                       {"slopes", DType::F32, true, {any}, 4},
                       {"window", DType::I32, false, {}}};
  Expression batch = Expression::dim(0, 0), heads = Expression::dim(0, 1);
  Expression queries = Expression::dim(0, 2);
  program.results = {{"result 0", DType::BF16, {batch, heads, queries, 128}, 16},
                     {"result 1", DType::F32, {batch, heads, queries}, 4}};
  program.temporaries = {{"run lists", DType::I32, {ceilDiv(queries, 64), 4}, 4},
                         {"counts", DType::I32, {ceilDiv(queries, 64)}, 4}};
  using Relation = ProgramCheck::Relation;
  program.checks = {
      {Relation::Equal, Expression::dim(1, 0), batch, "batch of %k", "batch of %q"},
      {Relation::Divides, Expression::dim(1, 1), heads, "key heads of %k", "query heads of %q"},
      {Relation::AtMost, queries, 1 << 29, "sequence length of %q", ""}};
  program.kernels = {{"plan", "sm_90a", "", "", ""}, {"attend", "sm_90a", "", "", ""}};
  using P = ProgramParameter;
  program.steps = {
      {0,
       1,
       32,
       0,
       {P::temporary(0), P::argument(3), P::integer(min(queries, 7), DType::I32), P::temporary(1)}},
      {1,
       ceilDiv(queries, 64) * heads * batch,
       128,
       65536,
       {P::argument(0), P::argument(2), P::argument(3), P::result(1), P::status()}}};
  program.statusMeanings = {"a run is too long", "an index of table %slopes is out of range"};
  return program;
}

} // namespace lacuna

#endif // TEST_UNIT_RUNTIME_SAMPLEPROGRAMS_H
