#include "lib/Mask/Picture.h"

#include <gtest/gtest.h>

using namespace lacuna;
using namespace lacuna::mask;

static bool isCausal(std::int64_t i, std::int64_t j) { return j <= i; }

TEST(Picture, DrawsEachElementWhenItFits) {
  EXPECT_EQ(drawMask({3, 4, isCausal}), "#...\n"
                                        "##..\n"
                                        "###.\n"
                                        "3 queries x 4 keys, 6 visible (50.0 %)\n");
}

TEST(Picture, TellsFullFromPartialCells) {
  EXPECT_EQ(drawMask({64, 64, isCausal}, 4, 4), "+...\n"
                                                "#+..\n"
                                                "##+.\n"
                                                "###+\n"
                                                "64 queries x 64 keys, 2080 visible (50.8 %)\n");
}

TEST(Picture, CutsUnevenExtents) {
  auto all = [](std::int64_t, std::int64_t) { return true; };
  EXPECT_EQ(drawMask({7, 5, all}, 3, 2), "##\n##\n##\n7 queries x 5 keys, 35 visible (100.0 %)\n");
}

TEST(Picture, EmptyMaskHasOnlyItsCount) {
  EXPECT_EQ(drawMask({0, 5, isCausal}), "0 queries x 5 keys, 0 visible (0.0 %)\n");
  EXPECT_EQ(drawMask({5, 0, isCausal}), "5 queries x 0 keys, 0 visible (0.0 %)\n");
}

TEST(Picture, SmallGridsShowEveryTile) {
  RunListBuilder builder(1, 1, 2, 4);
  builder.append(0, 1, 1, true);
  builder.append(1, 0, 2, false);
  builder.append(1, 2, 1, true);
  Picture picture = drawLists(builder.finish(), 0, 0, 100, 100);
  EXPECT_EQ(picture.text(), ".+..\n##+.\n");
  const Colour empty = picture.colour(0, 0), partial = picture.colour(0, 1);
  const Colour full = picture.colour(1, 0);
  EXPECT_EQ(empty, (Colour{255, 255, 255}));
  EXPECT_FALSE(full == partial || full == empty || partial == empty);
  Raster raster = picture.raster();
  EXPECT_EQ(raster.width, 4 * 24 + 1); // cells of 24 pixels, lines between them
  EXPECT_EQ(raster.height, 2 * 24 + 1);
  auto pixel = [&](int x, int y) { return raster.pixels[std::size_t(y) * raster.width + x]; };
  EXPECT_EQ(pixel(12, 12), empty);
  EXPECT_EQ(pixel(36, 12), partial);
  EXPECT_EQ(pixel(47, 47), full);
  EXPECT_EQ(pixel(48, 47), pixel(96, 0)); // lines
  EXPECT_EQ(picture.svg("2 x 4 <tiles>"),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"96\" height=\"72\" "
            "viewBox=\"0 0 96 72\" shape-rendering=\"crispEdges\">\n"
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
            "<rect x=\"24\" y=\"0\" width=\"24\" height=\"24\" fill=\"#f2a33c\"/>\n"
            "<rect x=\"0\" y=\"24\" width=\"48\" height=\"24\" fill=\"#1f4e79\"/>\n"
            "<rect x=\"48\" y=\"24\" width=\"24\" height=\"24\" fill=\"#f2a33c\"/>\n"
            "<rect width=\"96\" height=\"48\" fill=\"none\" stroke=\"#d9d9d9\"/>\n"
            "<text x=\"0\" y=\"65\" font-family=\"monospace\" font-size=\"11\">2 x 4 &lt;tiles>"
            "</text>\n</svg>\n");
  const std::string bare = picture.svg("");
  EXPECT_NE(bare.find("viewBox=\"0 0 96 48\""), std::string::npos) << bare;
  EXPECT_EQ(bare.find("<text"), std::string::npos) << bare;
}

TEST(Picture, ThinBandsStayVisibleInLargeGrids) {
  RunListBuilder builder(1, 1, 8192, 8192);
  for (int row = 0; row < 8192; ++row) {
    if (row >= 4096)
      builder.append(row, 0, 2048, false);
    builder.append(row, row, 1, true);
  }
  Picture picture = drawLists(builder.finish(), 0, 0, 1024, 1024);
  EXPECT_EQ(picture.raster().width, 1024);
  const Colour band = picture.colour(700, 700);
  EXPECT_EQ(band, (Colour{252, 232, 206})); // a quarter of the colour of partial tiles
  EXPECT_EQ(picture.colour(700, 100), (Colour{31, 78, 121}));
  EXPECT_EQ(picture.colour(100, 700), (Colour{255, 255, 255}));
}

TEST(Picture, CellsDifferByAtMostOneTile) {
  Picture picture(7, 5, 3, 2);
  for (int row = 0; row < 7; ++row)
    picture.visit(row, 0, row < 4 ? 5 : 3, false);
  EXPECT_EQ(picture.text(), "##\n##\n#+\n"); // rows 0 1 | 2 3 | 4 5 6, columns 0 1 | 2 3 4
}
