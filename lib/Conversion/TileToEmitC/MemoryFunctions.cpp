//===- MemoryFunctions.cpp - Tiles to and from global memory --------------===//
//
// Addresses of a tile's first element are computed in 64 bits once; a thread
// then steps through its rows. Rows of packed heads are no equal steps apart: each has
// an address of its own. Rows and columns outside the view are neither read nor written.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/SharedTile.h"
#include "lib/Conversion/TileToEmitC/Types.h"
#include "lib/Conversion/TileToEmitC/ViewText.h"

using namespace mlir;
using namespace lacuna;

/// Copies of a vector, of one element by each thread.
static std::string copiesOfVector(const ViewText &text, tile::SharedType target, int64_t threads) {
  std::string body;
  for (int64_t at = 0; at < target.getRows(); at += threads) {
    std::string index =
        text.indices[text.rowAxis] + " + int32_t(" + advanced("threadIdx.x", 0, at) + ")";
    if (at + threads > target.getRows())
      body += "  if (threadIdx.x < " + std::to_string(target.getRows() - at) + ")\n  ";
    body += "  lacuna::copyElementAsync(" + advanced("slot", 0, 4 * at) + " + 4 * threadIdx.x, " +
            text.address(4, {index}) + ", " + index + " < " + text.rowDim() + ");\n";
  }
  return body;
}

/// Copies of a matrix, of 16 bytes by each thread.
static std::string copiesOfMatrix(const ViewText &text, tile::SharedType target, int64_t threads) {
  std::string body;
  int64_t openSpan = 0;
  for (const Panel &panel : panelsOf(target)) {
    int64_t chunks = panel.width / 8;
    int64_t rowsAtOnce = threads / chunks;
    std::string span = std::to_string(panel.span());
    if (panel.span() != openSpan) {
      // Panels of one width share the thread's row, chunk and addresses.
      body += openSpan ? "  }\n  {\n" : "  {\n";
      openSpan = panel.span();
      body += "    const uint32_t row = threadIdx.x / " + std::to_string(chunks) +
              ", chunk = threadIdx.x % " + std::to_string(chunks) + ";\n";
      body += "    const uint32_t target = slot + lacuna::chunkOffset<" + span + ">(row, chunk);\n";
      body += text.declareRows("    ", "source", {target.getRows(), rowsAtOnce}, 2,
                               text.indices[text.rowAxis] + " + row",
                               text.indices[text.rowAxis + 1] + " + 8 * chunk");
      body += "    const int32_t rows = " + text.rowDim() + " - " + text.indices[text.rowAxis] +
              " - int32_t(row);\n";
    }
    std::string inColumns;
    if (text.columnBound < 0)
      inColumns = " && " + text.indices[text.rowAxis + 1] + " + " +
                  std::to_string(panel.firstColumn) + " + 8 * int32_t(chunk) < " + text.columnDim();
    else if (text.columnBound < panel.firstColumn + panel.width)
      inColumns = " && chunk < " +
                  std::to_string(std::max<int64_t>(0, (text.columnBound - panel.firstColumn) / 8));
    for (int64_t row = 0; row < target.getRows(); row += rowsAtOnce) {
      body += "    ";
      // The last rows of a tile may be fewer than the threads could copy.
      if (row + rowsAtOnce > target.getRows())
        body += "if (row < " + std::to_string(target.getRows() - row) + ") ";
      // The swizzle repeats every 8 rows; other distances need the address anew.
      std::string to = rowsAtOnce % 8 == 0
                           ? advanced("target", 0, panel.offset + row * panel.span())
                           : "slot + " + std::to_string(panel.offset) + " + lacuna::chunkOffset<" +
                                 span + ">(row + " + std::to_string(row) + ", chunk)";
      body += "lacuna::copyAsync(" + to + ", " +
              text.inRow("source", {target.getRows(), rowsAtOnce}, row, 2 * panel.firstColumn) +
              ", rows > " + std::to_string(row) + inColumns + ");\n";
    }
  }
  return body + "  }\n";
}

FailureOr<FragmentCall> lacuna::printCopyAsync(Emission &emission, tile::CopyAsyncOp op) {
  auto view = cast<tile::ViewType>(op.getView().getType());
  auto target = cast<tile::SharedType>(op.getTarget().getType());
  ViewText text = viewText(emission, view, op.getIndices(), target.getAxes().size());
  emission.include("cp_async");
  emission.include("shared");
  int64_t threads = 32 * op->getParentOfType<tile::KernelOp>().getSchedule()->getWarps();
  std::string name = "copy_" + std::to_string(target.getRows());
  if (!target.isVector())
    name += "x" + std::to_string(target.getColumns());
  auto copies = target.isVector() ? copiesOfVector : copiesOfMatrix;
  FragmentCall call;
  call.callee = emission.function(op.getLoc(), name,
                                  "void $(" + text.parameters + ", uint32_t slot) {\n" +
                                      copies(text, target, threads) + "}\n");
  call.operands = operandsOf(op.getView(), op.getIndices());
  call.operands.push_back(op.getTarget());
  return call;
}

FailureOr<FragmentCall> lacuna::printCopyVector(Emission &emission, tile::CopyVectorOp op) {
  auto view = cast<tile::ViewType>(op.getView().getType());
  tile::SharedType target = op.getTarget().getType();
  ViewText text = viewText(emission, view, op.getIndices(), 1);
  for (StringRef header : {"cp_async", "mbarrier", "thread"})
    emission.include(header);
  std::string body =
      "  const int32_t row = " + text.indices[text.rowAxis] +
      " + int32_t(lacuna::laneIndex());\n  const uint64_t source = " + text.address(4, {"row"}) +
      ";\n  const uint32_t target = 16 * slot + 4 * lacuna::laneIndex();\n";
  for (int64_t at = 0; at < target.getRows(); at += 32)
    body += "  lacuna::copyElementAsync(" + advanced("target", 0, 4 * at) + ", " +
            advanced("source", 0, 4 * at) + ", " + advanced("row", 0, at) + " < " + text.rowDim() +
            ");\n";
  body += "  lacuna::arriveWithCopies(lacuna::barrierOf<" +
          std::to_string(op.getBarriers().getType().getSlots()) + ">(barriers, use));\n";
  FragmentCall call;
  call.callee =
      emission.function(op.getLoc(), "copy_vector_" + std::to_string(target.getRows()),
                        "void $(" + text.parameters +
                            ", uint32_t slot, uint32_t barriers, uint32_t use) {\n" + body + "}\n");
  call.operands = operandsOf(op.getView(), op.getIndices());
  call.operands.append({op.getTarget(), op.getBarriers(), op.getUse()});
  return call;
}

namespace {
/// Expressions for the elements of a fragment that is loaded, or for pairs of them.
class LoadedElements {
public:
  LoadedElements(const Fragment &fragment, const ViewText &text, int64_t bytes)
      : fragment(fragment), text(text), bytes(bytes),
        callee("lacuna::load" +
               (fragment.isPacked() ? std::string("16") : typeSuffix(fragment.elementType()))) {}

  /// What register `index` becomes. Pairs of 16-bit elements are loaded at once where
  /// the extent is even.
  std::string reg(int64_t index) const {
    if (!fragment.isPacked())
      return load(callee, index);
    if (fragment.isMatrix() && text.columnBound >= 0 && text.columnBound % 2 == 0)
      return load("lacuna::load32", 2 * index);
    return load(callee, 2 * index) + " | uint32_t(" + load(callee, 2 * index + 1) + ") << 16";
  }

private:
  std::string load(StringRef function, int64_t element) const {
    int64_t row = fragment.rowOf(element), column = fragment.columnOf(element);
    if (fragment.isMatrix() && text.columnBound >= 0 && text.columnBound <= column)
      return "0";
    std::string along = advanced("row", 0, fragment.isColumn() ? column : row);
    std::string inside = along + " < " + text.rowDim();
    if (fragment.isMatrix() && text.columnBound < 0)
      inside += " && " + advanced("column", 0, column) + " < " + text.columnDim();
    else if (fragment.isMatrix() && text.columnBound < column / 8 * 8 + 8)
      inside += " && " + advanced("column", 0, column) + " < " + std::to_string(text.columnBound);
    std::string address = !fragment.isColumn()
                              ? text.inRow("address", rowsOfThread(fragment), row, column * bytes)
                          : text.isPacked ? text.address(bytes, {along})
                                          : advanced("address", 0, column * bytes);
    return (function + "(" + address + ", " + inside + ")").str();
  }

  const Fragment &fragment;
  const ViewText &text;
  int64_t bytes;
  std::string callee;
};
} // namespace

FailureOr<FragmentCall> lacuna::printLoad(Emission &emission, tile::LoadOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> fragment = Fragment::of(loc, op.getType());
  if (failed(fragment))
    return failure();
  emission.structOf(loc, *fragment);
  auto view = cast<tile::ViewType>(op.getView().getType());
  ViewText text = viewText(emission, view, op.getIndices(), fragment->isMatrix() ? 2 : 1);
  int64_t bytes = (view.getElementType().getIntOrFloatBitWidth() + 7) / 8;
  LoadedElements elements(*fragment, text, bytes);
  std::string type = fragment->structName();
  std::string body = placeText(emission, *fragment, text, bytes) + "  " + type + " r;\n";
  for (int64_t i = 0; i < fragment->registers(); ++i)
    body += "  r.x" + std::to_string(i) + " = " + elements.reg(i) + ";\n";
  std::string name = ("load_" + fragment->noun()).str();
  return FragmentCall{
      emission.function(loc, name,
                        type + " $(" + text.parameters + ") {\n" + body + "  return r;\n}\n"),
      operandsOf(op.getView(), op.getIndices())};
}

/// Statement that stores element `e`, or `e` and the one after it as a pair.
static std::string storeText(const ViewText &text, const Fragment &fragment, int64_t e, bool asPair,
                             int64_t bytes) {
  std::string address = text.inRow("address", rowsOfThread(fragment), fragment.rowOf(e),
                                   fragment.columnOf(e) * bytes);
  std::string reg = "x.x" + std::to_string(fragment.isPacked() ? e / 2 : e);
  if (asPair)
    return "lacuna::store32(" + address + ", " + reg + ");";
  if (fragment.isPacked())
    return "lacuna::store16(" + address + ", uint16_t(" + reg + (e % 2 ? " >> 16));" : "));");
  return "lacuna::store" + typeSuffix(fragment.elementType()) + "(" + address + ", " + reg + ");";
}

/// One statement that stores pairs of elements of a row, each so many bytes behind
/// `address`.
static std::string storeStatement(StringRef address, ArrayRef<std::pair<int64_t, int64_t>> pairs) {
  std::string lines, inputs;
  for (auto [i, pair] : llvm::enumerate(pairs)) {
    lines +=
        ("\n        \"st.global.b32 [%0+" + Twine(pair.first) + "], %" + Twine(i + 1) + ";\\n\"")
            .str();
    inputs += (", \"r\"(x.x" + Twine(pair.second) + ")").str();
  }
  return ("    asm volatile(" + lines + "\n        :\n        : \"l\"(" + address + ")" + inputs +
          "\n        : \"memory\");\n")
      .str();
}

FailureOr<FragmentCall> lacuna::printStore(Emission &emission, tile::StoreOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> fragment = Fragment::of(loc, op.getValue().getType());
  if (failed(fragment))
    return failure();
  auto view = cast<tile::ViewType>(op.getView().getType());
  ViewText text = viewText(emission, view, op.getIndices(), fragment->isMatrix() ? 2 : 1);
  int64_t bytes = (fragment->elementType().getIntOrFloatBitWidth() + 7) / 8;
  std::string setup = placeText(emission, *fragment, text, bytes);
  // Pairs of 16-bit elements are stored at once where the extent is even.
  bool asPairs = fragment->isMatrix() && fragment->isPacked() && text.columnBound >= 0 &&
                 text.columnBound % 2 == 0;
  bool asStatement = asPairs && op->getParentOfType<tile::RolesOp>(); // as in MapStatement.cpp
  std::string body = setup;
  if (!fragment->isMatrix())
    body += "  if (!lacuna::speaksForRow())\n    return;\n";
  for (int64_t row = 0; row < 2 * fragment->rowBlocks(); ++row) {
    body += "  if (" + advanced("row", 0, 8 * row) + " < " + text.rowDim() + ") {\n";
    SmallVector<std::pair<int64_t, int64_t>> together;
    for (int64_t e = 0; e < fragment->elements(); ++e) {
      if (fragment->rowElementOf(e) != row || (asPairs && e % 2))
        continue;
      int64_t column = fragment->columnOf(e);
      std::string condition;
      if (fragment->isMatrix() && text.columnBound < 0)
        condition = "if (" + advanced("column", 0, column) + " < " + text.columnDim() + ") ";
      else if (fragment->isMatrix() && text.columnBound <= column)
        continue;
      else if (fragment->isMatrix() && text.columnBound < column / 8 * 8 + 8)
        condition = "if (" + advanced("column", 0, column) + " < " +
                    std::to_string(text.columnBound) + ") ";
      if (asStatement && condition.empty())
        together.push_back({column * bytes, e / 2});
      else
        body += "    " + condition + storeText(text, *fragment, e, asPairs, bytes) + "\n";
    }
    if (!together.empty())
      body += storeStatement(text.inRow("address", rowsOfThread(*fragment), 8 * row, 0), together);
    body += "  }\n";
  }
  FragmentCall call;
  call.callee = emission.function(loc, ("store_" + fragment->noun()).str(),
                                  "void $(" + text.parameters + ", " + fragment->parameterType() +
                                      "x) {\n" + body + "}\n");
  call.operands = operandsOf(op.getView(), op.getIndices());
  call.operands.push_back(op.getValue());
  return call;
}

std::string lacuna::printTable(Emission &emission, tile::TableOp op, StringRef wanted) {
  emission.include("global");
  tile::ViewType view = op.getView().getType();
  SmallVector<int64_t> strides(1, 1);
  for (int64_t extent : llvm::reverse(view.getShape().drop_front()))
    strides.insert(strides.begin(), strides.front() * extent);
  auto list = [](auto numbers) {
    std::string text = "{";
    llvm::raw_string_ostream stream(text);
    llvm::interleaveComma(numbers, stream);
    return text + "}";
  };
  auto elements = op.getElements().getValues<int32_t>();
  // Runs are loaded as pairs. C++ has no array without elements.
  std::string count = std::to_string(std::max<int64_t>(1, elements.size()));
  return emission.function(
      op.getLoc(), wanted,
      viewTypeText(view) + " $() {\n  alignas(16) static const int32_t elements[" + count +
          "] = " + list(elements) + ";\n  return {lacuna::tableAddress(elements), " +
          (view.getRank() > 1 ? list(ArrayRef(strides).drop_back()) + ", " : "") +
          list(view.getShape()) + "};\n}\n");
}
