//===- ApplyNamesTest.cpp - Names of variables in printed text ------------===//
#include "lib/Target/Cuda/EmitCuda.h"

#include "gtest/gtest.h"

using lacuna::applyNames;

TEST(ApplyNames, renamesFromTheDefinitionOn) {
  EXPECT_EQ(applyNames("void f() {\n"
                       "  int v1 = 3;\n"
                       "  //= v1 rows\n"
                       "  g(v1, v10);\n"
                       "}\n"),
            "void f() {\n"
            "  int rows = 3;\n"
            "  g(rows, v10);\n"
            "}\n");
}

TEST(ApplyNames, namesParametersInTheHeader) {
  EXPECT_EQ(applyNames("int f(int v1) {\n"
                       "  //= v1 keys\n"
                       "  return v1;\n"
                       "}\n"),
            "int f(int keys) {\n"
            "  return keys;\n"
            "}\n");
}

TEST(ApplyNames, startsAnewInEveryFunction) {
  EXPECT_EQ(applyNames("int f(int v1) {\n  //= v1 a\n  return v1;\n}\n"
                       "int g(int v1) {\n  //= v1 b\n  return v1;\n}\n"),
            "int f(int a) {\n  return a;\n}\n"
            "int g(int b) {\n  return b;\n}\n");
}

TEST(ApplyNames, leavesMembersAlone) {
  EXPECT_EQ(applyNames("void f() {\n  //= v1 x\n  g(v1, s.v1);\n}\n"),
            "void f() {\n  g(x, s.v1);\n}\n");
}

TEST(ApplyNames, joinsADeclarationWithItsFirstValue) {
  EXPECT_EQ(applyNames("void f() {\n"
                       "  F32x2 v1;\n"
                       "  //= v1 sum\n"
                       "  v1 = g(v2);\n"
                       "  v1 = g(v1);\n"
                       "}\n"),
            "void f() {\n"
            "  F32x2 sum = g(v2);\n"
            "  sum = g(sum);\n"
            "}\n");
}

TEST(ApplyNames, keepsADeclarationThatABranchAssigns) {
  const char *text = "void f() {\n"
                     "  int v1;\n"
                     "  if (c) {\n"
                     "    v1 = 1;\n"
                     "  }\n"
                     "  return;\n"
                     "  v1 = 2;\n"
                     "}\n";
  EXPECT_EQ(applyNames(text), text);
}

TEST(ApplyNames, needsNoFunctionAndNoLastLineBreak) {
  EXPECT_EQ(applyNames(""), "");
  EXPECT_EQ(applyNames("struct S;"), "struct S;");
}
