#include "lib/Support/SharedLibrary.h"

#include <gtest/gtest.h>

using namespace lacuna;

TEST(SharedLibraryTest, FindsSymbolsAndKnowsItsPath) {
  Result<SharedLibrary> library = SharedLibrary::open("libc.so.6");
  ASSERT_TRUE(library) << library.status().message();
  EXPECT_NE(library->symbol("strlen"), nullptr);
  EXPECT_EQ(library->symbol("no_such_symbol"), nullptr);
  EXPECT_NE(library->path().find("/libc.so.6"), std::string::npos);
}

TEST(SharedLibraryTest, MissingFileIsAnErrorWithItsName) {
  Result<SharedLibrary> library = SharedLibrary::open("libnothing.so.1");
  ASSERT_FALSE(library);
  EXPECT_EQ(library.status().kind(), StatusKind::Driver);
  EXPECT_NE(library.status().message().find("libnothing.so.1"), std::string::npos);
}
