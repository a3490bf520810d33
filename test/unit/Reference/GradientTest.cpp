//===- GradientTest.cpp - Gradient functions against finite differences -------===//
//
// Every spec of the gallery at small sizes, and every op that has a derivative in a
// score of its own, composed so that all its operands depend on what is
// differentiated.
//
//===----------------------------------------------------------------------===//
#include "test/unit/Reference/FiniteDifferences.h"
#include "tools/lacuna-run/GallerySpec.h"
#include "tools/lacuna-run/GradientCheck.h"

#include "gtest/gtest.h"

using namespace lacuna;

TEST(Gradient, OfTheGallery) {
  // Batch, query and key heads (groups of 3 share keys), queries, keys.
  const CaseShape shapes[] = {
      {1, 3, 1, 1, 1}, {2, 3, 1, 1, 7}, {1, 6, 2, 13, 13}, {1, 3, 1, 7, 13}};
  Result<std::vector<std::string>> names = gallerySpecs(LACUNA_GALLERY);
  ASSERT_TRUE(bool(names));
  for (const std::string &name : *names) {
    CaseKernel kernel{name, DType::F16, 16, 8};
    Result<std::string> spec = readSpec(LACUNA_GALLERY, kernel);
    ASSERT_TRUE(bool(spec)) << spec.status().message();
    for (const CaseShape &shape : shapes) {
      SCOPED_TRACE(name + " " + shape.name());
      Result<std::vector<std::string>> inputs = caseInputs(*spec, kernel, shape);
      ASSERT_TRUE(bool(inputs)) << inputs.status().message();
      EXPECT_EQ(compareWithDifferences(*spec, *inputs), "");
    }
  }
}

namespace {
/// A spec with a score of that body, which yields %r from %s; %x, an element of a table;
/// %c, a scalar; %u, a sum of all; and %p, a positive number. Query 0 sees no key.
std::string specOf(const std::string &body) {
  return R"mlir(
!t = tensor<?x?x?x8xf16>
func.func @op(%q: !t, %k: !t, %v: !t, %table: tensor<?xf32>, %c: f32, %scale: f32)
    -> (!t, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %keep = arith.cmpi slt, %j, %i : i32
      attn.yield %keep : i1
    } score(%s, %b, %h, %i, %j) {
      %x = attn.load %table[%j] : tensor<?xf32>
      %sx = arith.addf %s, %x : f32
      %u = arith.addf %sx, %c : f32
      %p = math.exp2 %u : f32
      %c0 = arith.constant 0 : i32
      %even = arith.constant 2 : i32
      %rest = arith.remsi %j, %even : i32
      %odd = arith.cmpi ne, %rest, %c0 : i32
)mlir" + body +
         R"mlir(
      attn.yield %r : f32
    } scale %scale : !t, !t, !t
  return %o, %lse : !t, tensor<?x?x?xf32>
})mlir";
}
} // namespace

TEST(Gradient, OfEveryOp) {
  const char *const bodies[] = {
      "%r = arith.addf %s, %u : f32",
      "%r = arith.subf %x, %u : f32",
      "%r = arith.mulf %u, %x : f32",
      "%r = arith.divf %u, %p : f32",
      "%ten = arith.constant 10.0 : f32\n %w = arith.addf %u, %ten : f32\n"
      "%four = arith.constant 4.0 : f32\n %d = arith.addf %p, %four : f32\n"
      "%r = arith.remf %w, %d : f32",
      "%r = arith.negf %u : f32",
      "%r = arith.minimumf %s, %x : f32",
      "%r = arith.maximumf %s, %x : f32",
      "%r = arith.minnumf %s, %x : f32",
      "%r = arith.maxnumf %s, %x : f32",
      "%r = math.absf %u : f32",
      "%r = math.copysign %u, %x : f32",
      "%r = math.cos %u : f32",
      "%r = math.erf %u : f32",
      "%r = math.exp %s : f32",
      "%r = math.exp2 %u : f32",
      "%r = math.expm1 %s : f32",
      "%r = math.fma %s, %x, %c : f32",
      "%r = math.log %p : f32",
      "%r = math.log10 %p : f32",
      "%r = math.log1p %p : f32",
      "%r = math.log2 %p : f32",
      "%r = math.powf %p, %x : f32",
      "%r = math.rsqrt %p : f32",
      "%r = math.sin %u : f32",
      "%r = math.sqrt %p : f32",
      "%r = math.tanh %u : f32",
      "%more = arith.cmpf ogt, %s, %x : f32\n %r = arith.select %more, %u, %x : f32",
      // steps add nothing
      "%slow = arith.constant 0.0625 : f32\n %e = arith.mulf %u, %slow : f32\n"
      "%f = math.floor %e : f32\n %n = arith.fptosi %e : f32 to i32\n"
      "%g = arith.sitofp %n : i32 to f32\n %fg = arith.addf %f, %g : f32\n"
      "%r = arith.addf %s, %fg : f32",
      // some keys are hidden by their scores
      "%no = arith.constant 0xFF800000 : f32\n %r = arith.select %odd, %u, %no : f32",
      // branches: what is legal there only, values from outside, one inside the other
      R"mlir(%end = arith.constant 2 : i32
      %inside = arith.cmpi slt, %j, %end : i32
      %y, %z = scf.if %inside -> (f32, f32) {
        %next = arith.addi %j, %end : i32
        %late = attn.load %table[%next] : tensor<?xf32>
        %m = arith.mulf %late, %u : f32
        %w = scf.if %odd -> f32 {
          %e = math.sin %m : f32
          scf.yield %e : f32
        } else {
          %e = arith.mulf %m, %c : f32
          scf.yield %e : f32
        }
        scf.yield %w, %c : f32, f32
      } else {
        scf.yield %s, %u : f32, f32
      }
      %yz = arith.mulf %y, %z : f32
      %r = arith.addf %yz, %s : f32)mlir",
      // no dependence on s
      "%r = arith.mulf %x, %c : f32",
  };
  for (const char *body : bodies) {
    SCOPED_TRACE(body);
    EXPECT_EQ(compareWithDifferences(specOf(body), {"1x3x4x8xf16=random:1", "1x1x10x8xf16=random:2",
                                                    "1x1x10x8xf16=random:3", "10xf32=random:4:-1:1",
                                                    "0.6", "0.5"}),
              "");
  }
}

TEST(Gradient, CheckAllowsWhatRoundingDoes) {
  const float nan = std::nanf("");
  ReferenceGradient reference{{{2, 2}, {1, 2, 0, 0}}, {1.01, 2, 0, 0}, {1, 0}};
  auto failureOf = [&](std::array<float, 4> found) {
    HostArray array{DType::F32, {2, 2}, std::string(sizeof(found), 0)};
    std::memcpy(array.bytes.data(), found.data(), sizeof(found));
    return checkGradient(reference, array).failure;
  };
  EXPECT_EQ(failureOf({1.02f, 2, 0, 0}), "");
  EXPECT_EQ(failureOf({1.03f, 2, 0, 0}), "row 0: error 0.03, allowed 0.021");
  EXPECT_EQ(failureOf({nan, 2, 0, 0}), "row 0: error nan, allowed 0.021");
  EXPECT_EQ(failureOf({1, 2, 1e-9f, 0}), "row 1: error 1e-09, allowed 0");
  reference.values.values[0] = nan;
  EXPECT_EQ(failureOf({nan, 2, 0, 0}), "");
  EXPECT_EQ(failureOf({nan, 2, nan, 0}), "");
  EXPECT_EQ(failureOf({1, 2, 0, 0}), "row 0: error nan, allowed 0.001");
}
