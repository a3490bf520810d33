#include "lib/Support/Npy.h"

#include "lib/Support/Files.h"
#include "lib/Support/HalfBits.h"
#include "test/unit/Support/TemporaryFolder.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace lacuna;

/// A version 1 file with this header and data.
static std::string npy(const std::string &header, const std::string &data) {
  std::string file = "\x93NUMPY";
  file += '\1';
  file += '\0';
  file += char(header.size() & 0xff);
  file += char(header.size() >> 8);
  return file + header + data;
}

static std::string errorOf(const std::string &file) {
  Result<HostArray> array = parseNpy(file, "x.npy");
  EXPECT_FALSE(array);
  EXPECT_EQ(array.status().kind(), StatusKind::Io);
  return array.status().message();
}

TEST(NpyTest, EveryTypeRoundTrips) {
  TemporaryFolder folder;
  for (int type = 0; type < dtypeCount; ++type) {
    HostArray array{DType(type), {2, 3}, {}};
    array.bytes.resize(6 * byteSize(array.dtype));
    for (std::size_t i = 0; i < array.bytes.size(); ++i)
      array.bytes[i] = char(i % 2);
    ASSERT_TRUE(writeNpy(folder.file("x.npy"), array).isOk());
    Result<HostArray> read = readNpy(folder.file("x.npy"));
    ASSERT_TRUE(read) << read.status().message();
    if (array.dtype == DType::BF16) {
      EXPECT_EQ(read->dtype, DType::F32);
      read = convertArray(*read, DType::BF16);
      ASSERT_TRUE(read);
    }
    EXPECT_EQ(*read, array) << name(array.dtype);
  }
}

TEST(NpyTest, ShapesOfEveryRankRoundTrip) {
  TemporaryFolder folder;
  for (std::vector<std::int64_t> shape :
       {std::vector<std::int64_t>{}, {1}, {0}, {4, 0, 7}, {2, 1, 3, 5}}) {
    HostArray array{DType::I32, shape, std::string(4 * elementCount(shape), 'x')};
    ASSERT_TRUE(writeNpy(folder.file("x.npy"), array).isOk());
    EXPECT_EQ(readFile(folder.file("x.npy"))->size() % 64, array.bytes.size() % 64);
    Result<HostArray> read = readNpy(folder.file("x.npy"));
    ASSERT_TRUE(read) << read.status().message();
    EXPECT_EQ(*read, array);
  }
}

TEST(NpyTest, ReadsWhatNumpyWrites) {
  std::string data(12, '\0');
  Result<HostArray> one =
      parseNpy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }     \n", data), "x");
  ASSERT_TRUE(one) << one.status().message();
  EXPECT_EQ(one->shape, std::vector<std::int64_t>{3});
  Result<HostArray> two =
      parseNpy(npy("{\"shape\":(3,1),\"descr\":\"<i4\",\"fortran_order\":False}", data), "x");
  ASSERT_TRUE(two) << two.status().message();
  EXPECT_EQ(two->dtype, DType::I32);
}

TEST(NpyTest, MalformedFilesAreErrors) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
  const std::string data(12, '\0');
  EXPECT_EQ(errorOf("hello"), "x.npy: not a .npy file");
  EXPECT_EQ(errorOf(""), "x.npy: not a .npy file");
  EXPECT_EQ(errorOf(npy(good, data).substr(0, 9)), "x.npy: the header is cut off");
  EXPECT_EQ(errorOf(npy(good, data).substr(0, 30)), "x.npy: the header is cut off");
  EXPECT_EQ(errorOf(npy(good, data.substr(1))),
            "x.npy: the array has 11 bytes, its shape needs 12");
  EXPECT_EQ(errorOf(npy(good, data + "x")), "x.npy: the array has 13 bytes, its shape needs 12");
  std::string version = npy(good, data);
  version[6] = 9;
  EXPECT_EQ(errorOf(version), "x.npy: format version 9 is not supported");
  EXPECT_EQ(errorOf(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (3,), }", data)),
            "x.npy: the array is in Fortran order; store np.ascontiguousarray(x) instead");
  EXPECT_EQ(errorOf(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }", data)),
            "x.npy: the element type '>f4' is not supported; supported are <f2, <f4, <f8, |b1, "
            "|i1, <i2, <i4, <i8");
  EXPECT_EQ(errorOf(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, "
                        "4294967296), }",
                        data)),
            "x.npy: the shape is too large");
  for (const char *header :
       {"", "{", "{}", "{'descr'}", "{'descr': '<f4'}", "{'descr': [('a', '<f4')], }",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 3, }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,) 'x': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}"})
    EXPECT_EQ(errorOf(npy(header, data)), "x.npy: the header is malformed") << header;
}

TEST(NpyTest, CutOffAnywhereIsAnError) {
  std::string file =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", std::string(12, '\0'));
  for (std::size_t length = 0; length < file.size(); ++length)
    errorOf(file.substr(0, length));
}

TEST(NpyTest, MissingFileIsAnError) {
  EXPECT_EQ(readNpy("/nonexistent.npy").status().message(),
            "cannot read /nonexistent.npy: No such file or directory");
}

TEST(NpyTest, FloatsConvertRoundedToNearestEven) {
  float values[] = {1.0f, 1.00390625f, -2.5f}; // the second one lies between two bf16
  HostArray array{DType::F32, {3}, std::string(reinterpret_cast<char *>(values), 12)};
  Result<HostArray> half = convertArray(array, DType::BF16);
  ASSERT_TRUE(half);
  std::uint16_t bits[3];
  std::memcpy(bits, half->bytes.data(), 6);
  EXPECT_EQ(bits[1], bf16FromFloat(1.0f));
  EXPECT_EQ(floatFromBf16(bits[2]), -2.5f);
  Result<HostArray> wide = convertArray(*half, DType::F64);
  double value;
  std::memcpy(&value, wide->bytes.data() + 16, 8);
  EXPECT_EQ(value, -2.5);
  EXPECT_EQ(convertArray(array, DType::I32).status().message(), "cannot convert f32 to i32");
}
