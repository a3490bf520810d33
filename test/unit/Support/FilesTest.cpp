#include "lib/Support/Files.h"

#include "test/unit/Support/TemporaryFolder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace lacuna;

TEST(FilesTest, ReadsBackWhatItWrote) {
  TemporaryFolder folder;
  std::string bytes("a\0b", 3);
  ASSERT_TRUE(writeFile(folder.file("x"), bytes).isOk());
  EXPECT_EQ(*readFile(folder.file("x")), bytes);
  ASSERT_TRUE(writeFile(folder.file("x"), std::string(100000, 'y')).isOk());
  EXPECT_EQ(*readFile(folder.file("x")), std::string(100000, 'y'));
  EXPECT_EQ(folder.fileCount(), 1);
}

TEST(FilesTest, ReadsFilesWithoutASize) {
  Result<std::string> self = readFile("/proc/self/status");
  ASSERT_TRUE(self);
  EXPECT_NE(self->find("VmRSS"), std::string::npos);
}

TEST(FilesTest, ErrorsNameThePathAndTheReason) {
  TemporaryFolder folder;
  Result<std::string> missing = readFile(folder.file("none"));
  EXPECT_EQ(missing.status().kind(), StatusKind::Io);
  EXPECT_EQ(missing.status().message(),
            "cannot read " + folder.file("none") + ": No such file or directory");
  EXPECT_EQ(readFile(folder.path()).status().message(),
            "cannot read " + folder.path() + ": Is a directory");
  Status status = writeFile(folder.file("no/folder"), "x");
  EXPECT_EQ(status.kind(), StatusKind::Io);
  EXPECT_EQ(status.message(),
            "cannot write " + folder.file("no/folder") + ": No such file or directory");
}

TEST(FilesTest, FullDiskLeavesTheOldFile) {
  TemporaryFolder folder;
  ASSERT_TRUE(writeFile(folder.file("x"), "old").isOk());
  FileSizeLimit limit(1000);
  Status status = writeFile(folder.file("x"), std::string(2000, 'n'));
  limit.lift();
  EXPECT_EQ(status.message(), "cannot write " + folder.file("x") + ": File too large");
  EXPECT_EQ(*readFile(folder.file("x")), "old");
  EXPECT_EQ(folder.fileCount(), 1);
}

TEST(FilesTest, WritesToDevices) { EXPECT_TRUE(writeFile("/dev/null", "x").isOk()); }

TEST(FilesTest, CreatesPrivateFolders) {
  TemporaryFolder folder;
  ASSERT_TRUE(createFolder(folder.file("a/b/c")).isOk());
  ASSERT_TRUE(createFolder(folder.file("a/b/c")).isOk());
  struct stat info;
  ASSERT_EQ(::stat(folder.file("a/b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_TRUE(writeFile(folder.file("f"), "").isOk());
  EXPECT_EQ(createFolder(folder.file("f")).kind(), StatusKind::Io);
  EXPECT_EQ(createFolder(folder.file("f/g")).kind(), StatusKind::Io);
}
