//===- Png.h - Pixels as a PNG file -----------------------------------------===//
#ifndef TOOLS_LACUNA_MASK_PNG_H
#define TOOLS_LACUNA_MASK_PNG_H

#include "lib/Mask/Picture.h"

#include <string>

namespace lacuna {

/// The bytes of a PNG file, 8 bits per channel. Precondition: at least one pixel.
std::string encodePng(const mask::Raster &raster);

} // namespace lacuna

#endif // TOOLS_LACUNA_MASK_PNG_H
