//===- Png.cpp - Pixels as a PNG file ---------------------------------------===//
//
// https://www.w3.org/TR/png: a signature and three chunks. Rows that repeat the
// one above are what masks have most of, so every row is filtered "up", which
// leaves zeros that deflate well.
//
//===----------------------------------------------------------------------===//
#include "tools/lacuna-mask/Png.h"

#include <zlib.h>

using namespace lacuna;

/// Big-endian.
static std::string bytesOf(std::uint32_t value) {
  return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
}

/// Length, type, data and checksum.
static std::string chunk(const std::string &type, const std::string &data) {
  const std::string body = type + data;
  const auto *bytes = reinterpret_cast<const Bytef *>(body.data());
  return bytesOf(std::uint32_t(data.size())) + body +
         bytesOf(std::uint32_t(::crc32(0, bytes, uInt(body.size()))));
}

static std::string deflated(const std::string &data) {
  uLongf size = ::compressBound(uLong(data.size()));
  std::string result(size, '\0');
  ::compress(reinterpret_cast<Bytef *>(result.data()), &size,
             reinterpret_cast<const Bytef *>(data.data()), uLong(data.size()));
  result.resize(size);
  return result;
}

std::string lacuna::encodePng(const mask::Raster &raster) {
  constexpr char up = 2; // a row as the difference from the row above
  const std::size_t width = std::size_t(raster.width);
  std::string rows;
  for (std::size_t n = 0; n < raster.pixels.size(); ++n) {
    if (n % width == 0)
      rows += up;
    const mask::Colour pixel = raster.pixels[n];
    const mask::Colour above = n < width ? mask::Colour{} : raster.pixels[n - width];
    rows += {char(pixel.red - above.red), char(pixel.green - above.green),
             char(pixel.blue - above.blue)};
  }
  const char format[] = {8, 2, 0, 0, 0}; // bits per channel, RGB, deflate, filters, not interlaced
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR", bytesOf(std::uint32_t(raster.width)) +
                           bytesOf(std::uint32_t(raster.height)) +
                           std::string(format, sizeof format)) +
         chunk("IDAT", deflated(rows)) + chunk("IEND", "");
}
