//===- lacuna-mask.cpp - Look at the mask of a spec -------------------------===//
//
//   lacuna-mask window.mlir --input=1x4x300x128xbf16 --input=1x2x300x128xbf16
//               --input=1x2x300x128xbf16 --input=100 -o window.svg -o window.png
//
// Plans the mask as a kernel would see it, tile by tile, with the classifier that
// the compiler derived, and draws it. Without -o the map is text on standard
// output; the counts always are. Files are written whole or not at all. Exit
// status 0, or 1 with one message that says what is wrong.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Reference.h"
#include "lib/Api/Version.h"
#include "lib/Compiler/SpecMask.h"
#include "lib/Mask/Density.h"
#include "lib/Mask/Picture.h"
#include "lib/Support/Files.h"
#include "tools/lacuna-mask/Png.h"
#include "tools/lacuna-run/Arguments.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace lacuna;
namespace cl = llvm::cl;

static cl::OptionCategory category("Options of lacuna-mask");
static cl::opt<std::string> specFile(cl::Positional, cl::desc("SPEC.mlir"), cl::init("-"),
                                     cl::cat(category));
static cl::opt<std::string> function("function", cl::value_desc("name"), cl::cat(category),
                                     cl::desc("Spec function, when there are several"));
static cl::opt<unsigned> attend("attend", cl::value_desc("N"), cl::cat(category),
                                cl::desc("Which attend of the function (default 0)"));
static cl::list<std::string> inputs("input", cl::value_desc("value"), cl::cat(category),
                                    cl::desc("Next argument, as lacuna-run takes it; SHAPExTYPE "
                                             "alone for a tensor that the mask does not read"));
static cl::list<std::string> outputs("o", cl::value_desc("file"), cl::cat(category),
                                     cl::desc("Draw to a file: .txt, .svg or .png; - is text on "
                                              "standard output"));
static cl::opt<std::string> captionText("caption", cl::value_desc("text"), cl::cat(category),
                                        cl::desc("Stands below an SVG map (default: the counts)"));
static cl::opt<std::string> tile("tile", cl::value_desc("QxK"), cl::init("128x128"),
                                 cl::cat(category), cl::desc("Queries x keys of a tile"));
static cl::opt<int> batch("batch", cl::value_desc("N"), cl::cat(category),
                          cl::desc("Which batch to draw (default 0)"));
static cl::opt<int> head("head", cl::value_desc("N"), cl::cat(category),
                         cl::desc("Which query head to draw (default 0)"));
static cl::opt<bool> refine("refine", cl::init(true), cl::cat(category),
                            cl::desc("Look into tiles that the classifier leaves undecided"));
static cl::opt<bool> countAll("elements", cl::init(true), cl::cat(category),
                              cl::desc("Count visible elements"));

static Result<mask::PlanOptions> planOptions() {
  mask::PlanOptions options;
  auto [queries, keys] = llvm::StringRef(tile).split('x');
  if (queries.getAsInteger(10, options.queryTile) || keys.getAsInteger(10, options.keyTile) ||
      options.queryTile <= 0 || options.keyTile <= 0)
    return Status(StatusKind::Type, "--tile=" + tile + ": is not written like 128x64");
  if (!refine)
    options.refinement.depth = 0;
  return options;
}

/// "1234 (5.6 %)".
static std::string share(std::int64_t part, std::int64_t whole) {
  std::string text;
  llvm::raw_string_ostream(text) << part
                                 << llvm::format(" (%.2f %%)", whole ? 100.0 * part / whole : 0.0);
  return text;
}

static std::string describeTiles(const mask::BoxClassifier &classifier, const mask::MaskPlan &plan,
                                 const mask::PlanOptions &options) {
  const mask::AttendShape &shape = classifier.shape();
  const auto [empty, full, partial] = plan.tiles;
  const std::int64_t tiles = empty + full + partial;
  std::string text;
  llvm::raw_string_ostream(text) << shape.queries << " queries x " << shape.keys << " keys, "
                                 << plan.rows.rows() << " x " << plan.rows.columns() << " tiles of "
                                 << options.queryTile << " x " << options.keyTile << ": empty "
                                 << share(empty, tiles) << ", full " << share(full, tiles)
                                 << ", partial " << share(partial, tiles);
  return text;
}

static std::string describeElements(const mask::ElementCount &count) {
  std::string text = "visible elements: " + share(count.visible, count.total);
  if (count.undecided)
    text += ", and up to " + std::to_string(count.undecided) +
            " more, of which the classifier cannot tell";
  return text;
}

static Status draw(const std::string &file, const mask::MaskPlan &plan,
                   const std::string &caption) {
  const mask::RunLists &lists = plan.rows;
  const std::int64_t batchIndex = lists.batches() > 1 ? std::int64_t(batch) : 0;
  const std::int64_t headIndex = lists.heads() > 1 ? std::int64_t(head) : 0;
  auto picture = [&](int maxRows, int maxColumns) {
    return mask::drawLists(lists, batchIndex, headIndex, maxRows, maxColumns);
  };
  const llvm::StringRef name = file;
  if (name == "-") {
    llvm::outs() << picture(48, 96).text();
    return Status();
  }
  if (name.ends_with(".txt"))
    return writeFile(file, picture(256, 256).text());
  if (name.ends_with(".svg"))
    return writeFile(file, picture(256, 256).svg(caption));
  if (!name.ends_with(".png"))
    return Status(StatusKind::Type, "-o " + file + ": ends in none of .txt, .svg and .png");
  if (lists.rows() == 0 || lists.columns() == 0)
    return Status(StatusKind::Type, "-o " + file + ": a mask without tiles has no pixels");
  return writeFile(file, encodePng(picture(1024, 1024).raster()));
}

/// Everything after the command line is read.
static Status runTool() {
  Result<mask::PlanOptions> options = planOptions();
  if (!options)
    return options.status();
  auto text = llvm::MemoryBuffer::getFileOrSTDIN(specFile);
  if (!text)
    return Status(StatusKind::Io, specFile + ": " + text.getError().message());
  const std::string source = (*text)->getBuffer().str();
  const std::string fileName = specFile == "-" ? "<stdin>" : specFile.getValue();
  Result<ReferenceSpec> spec = ReferenceSpec::parse(source, fileName, function);
  if (!spec)
    return spec.status();
  Result<Arguments> arguments = makeArguments(*spec, inputs, TensorInput::ElementsOrShape);
  if (!arguments)
    return arguments.status();

  Result<SpecMask> derived = deriveMask(source, fileName, spec->name(), attend);
  if (!derived)
    return derived.status();
  std::deque<BlockTable> expanded;
  Result<mask::BoxClassifier> classifier = derived->bind(arguments->values, expanded);
  if (!classifier)
    return classifier.status();
  const mask::AttendShape &shape = classifier->shape();
  if (batch < 0 || batch >= shape.batches || head < 0 || head >= shape.heads)
    return Status(StatusKind::Type, "--batch and --head: there are " +
                                        std::to_string(shape.batches) + " batches and " +
                                        std::to_string(shape.heads) + " query heads");

  const mask::MaskPlan plan = mask::planMask(*classifier, *options);
  const std::string tiles = describeTiles(*classifier, plan, *options);
  if (outputs.empty())
    outputs.push_back("-");
  const std::string caption =
      captionText.getNumOccurrences() ? captionText.getValue() : "@" + spec->name() + ": " + tiles;
  for (const std::string &file : outputs)
    if (Status drawn = draw(file, plan, caption); !drawn.isOk())
      return drawn;
  llvm::outs() << "@" << spec->name() << ": " << tiles << '\n';
  if (countAll)
    llvm::outs() << describeElements(mask::countElements(*classifier, plan, *options)) << '\n';
  llvm::outs() << "masks: " << plan.rows.batches() << " for " << shape.batches << " batches, "
               << plan.rows.heads() << " for " << shape.heads << " heads\n"
               << "mode: " << derived->mode << '\n';
  for (const std::string &remark : derived->remarks)
    llvm::outs() << "  " << remark << '\n';
  return Status();
}

int main(int argc, char **argv) {
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << versionText(); });
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Draws and counts the mask of a spec\n");
  const Status status = runTool();
  if (status.isOk())
    return 0;
  // A diagnostic names its own place.
  const llvm::StringRef message = status.message();
  if (!message.contains(": error: "))
    llvm::errs() << "lacuna-mask: error: ";
  llvm::errs() << message.rtrim() << '\n';
  return 1;
}
