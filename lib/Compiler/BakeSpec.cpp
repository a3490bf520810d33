#include "lib/Compiler/BakeSpec.h"

#include "dialects/Attn/IR/Pieces.h"
#include "lib/Compiler/ExportMask.h"
#include "lib/Mask/Planner.h"
#include "lib/Runtime/Expression.h"
#include "lib/Support/Hash.h"
#include "lib/Support/TensorBytes.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace lacuna;

/// Bytes of run lists that a kernel may hold. NVRTC reads them as text, at about a
/// second for a megabyte.
static constexpr int64_t mostBytes = 256 << 10;

namespace {
/// What the runs of all attends rely on.
class Promises {
public:
  Promises(func::FuncOp spec, Span<lacuna::Value> arguments) : spec(spec), arguments(arguments) {}

  void addMask(const SpecMask &mask, const mask::BoxClassifier &classifier);
  /// Merged states have one type, so what is promised of one is promised of all.
  void addMerges();
  /// Writes them into the spec.
  void write();

private:
  void addPosition(std::optional<unsigned> argument);
  void addTable(unsigned argument);

  func::FuncOp spec;
  Span<lacuna::Value> arguments;
  llvm::SetVector<std::pair<unsigned, int>> sizes; ///< argument and axis
  llvm::SetVector<unsigned> scalars, tables;
};
} // namespace

void Promises::addTable(unsigned argument) {
  tables.insert(argument);
  for (int axis = 0; axis < arguments[argument].tensor.rank; ++axis)
    sizes.insert({argument, axis});
}

void Promises::addPosition(std::optional<unsigned> argument) {
  if (argument && arguments[*argument].isTensor)
    addTable(*argument);
  else if (argument)
    scalars.insert(*argument);
}

void Promises::addMask(const SpecMask &mask, const mask::BoxClassifier &classifier) {
  for (unsigned sequence : {mask.query, mask.key}) {
    sizes.insert({sequence, 2});
    if (classifier.readsBatch())
      sizes.insert({sequence, 0});
    if (classifier.readsHead())
      sizes.insert({sequence, 1});
  }
  scalars.insert_range(mask.scalars);
  for (const SpecTable &table : mask.tables) {
    addTable(table.argument);
    for (std::optional<unsigned> part : {table.counts, table.offsets})
      if (part)
        addTable(*part);
    if (table.columns) {
      for (const Expression::Instruction &leaf : table.columns->instructions())
        if (leaf.op == Expression::Op::Scalar)
          scalars.insert(unsigned(leaf.argument));
        else if (leaf.op == Expression::Op::Dim)
          sizes.insert({unsigned(leaf.argument), leaf.axis});
    }
  }
  for (std::optional<unsigned> table : {mask.queryOffsets, mask.keyOffsets})
    if (table)
      addTable(*table);
  addPosition(mask.queryPositions);
  addPosition(mask.keyPositions);
}

/// The argument that has the batches, heads and rows of a state; none for a state that is
/// not made of arguments by attends and merges.
static std::optional<unsigned> rowsOfState(mlir::Value state) {
  while (auto result = dyn_cast<OpResult>(state)) {
    if (auto attend = dyn_cast<attn::AttendOp>(result.getOwner()))
      state = attend.getQuery();
    else if (auto merge = dyn_cast<attn::MergeOp>(result.getOwner()))
      state = merge.getRowTensor();
    else
      return std::nullopt;
  }
  return cast<BlockArgument>(state).getArgNumber();
}

void Promises::addMerges() {
  std::size_t before;
  do {
    before = sizes.size();
    for (auto merge : spec.getOps<attn::MergeOp>())
      for (int axis = 0; axis < 3; ++axis) {
        llvm::SmallSetVector<unsigned, 8> arguments;
        for (mlir::Value state : merge.getOperands())
          if (std::optional<unsigned> argument = rowsOfState(state))
            arguments.insert(*argument);
        if (llvm::any_of(arguments, [&](unsigned one) { return sizes.contains({one, axis}); }))
          for (unsigned one : arguments)
            sizes.insert({one, axis});
      }
  } while (sizes.size() > before);
}

/// Makes a scalar a constant wherever a region uses it.
static void replaceInRegions(BlockArgument scalar, int64_t value) {
  for (OpOperand &use : llvm::make_early_inc_range(scalar.getUses())) {
    Operation *user = use.getOwner();
    if (user->getBlock() == scalar.getOwner())
      continue;
    OpBuilder builder(user);
    use.set(arith::ConstantOp::create(builder, scalar.getLoc(),
                                      builder.getIntegerAttr(scalar.getType(), value)));
  }
}

void Promises::write() {
  Builder builder(spec.getContext());
  for (auto [number, axis] : sizes) {
    BlockArgument argument = spec.getArgument(number);
    auto type = cast<RankedTensorType>(argument.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[axis] = arguments[number].tensor.shape[axis];
    argument.setType(RankedTensorType::get(shape, type.getElementType()));
  }
  for (unsigned number : scalars) {
    int64_t value = *asInteger(arguments[number]);
    spec.setArgAttr(number, "attn.value", builder.getI64IntegerAttr(value));
    replaceInRegions(spec.getArgument(number), value);
  }
  for (unsigned number : tables)
    if (const TensorRef &table = arguments[number].tensor; table.address || !table.elementCount())
      spec.setArgAttr(number, "attn.digest",
                      builder.getStringAttr(hashHex(
                          rowMajorBytes(table, reinterpret_cast<const char *>(table.address)))));
}

/// Types that follow from those of the arguments.
static LogicalResult inferTypes(func::FuncOp spec) {
  for (Operation &op : spec.front()) {
    auto inferred = dyn_cast<InferTypeOpInterface>(op);
    SmallVector<Type> types;
    if (!inferred)
      continue;
    if (failed(inferred.inferReturnTypes(spec.getContext(), op.getLoc(), op.getOperands(),
                                         op.getAttrDictionary(), op.getPropertiesStorage(),
                                         op.getRegions(), types)))
      return failure();
    for (auto [result, type] : llvm::zip_equal(op.getResults(), types))
      result.setType(type);
  }
  Block &body = spec.front();
  spec.setType(FunctionType::get(spec.getContext(), body.getArgumentTypes(),
                                 body.getTerminator()->getOperandTypes()));
  return success();
}

/// The runs of all sequences of a ragged batch, in the order in which a kernel cuts them,
/// and room for as many query tiles as it may find.
static mask::RunLists planSequences(mask::BoxClassifier &classifier, Span<mask::Sequence> sequences,
                                    std::int64_t room, const mask::PlanOptions &options) {
  const std::int64_t heads = classifier.maskHeads();
  const std::int64_t columns = (classifier.shape().keys + options.keyTile - 1) / options.keyTile;
  mask::RunListBuilder all(1, heads, room, columns);
  std::int64_t row = 0;
  for (const mask::Sequence &sequence : sequences) {
    classifier.setSequence(sequence);
    const mask::RunLists lists = planMask(classifier, options).rows;
    for (std::int64_t head = 0; head < heads; ++head) {
      all.setHead(0, head);
      for (std::int64_t tile = 0; tile < lists.rows(); ++tile)
        for (mask::Run run : lists.row(0, head, tile))
          all.append(row + tile, run.first, run.length(), run.isPartial());
    }
    row += lists.rows();
  }
  return all.finish();
}

static FailureOr<attn::RunsAttr> runsOf(attn::AttendOp attend, const SpecMask &mask,
                                        mask::BoxClassifier &classifier, TileSize tile,
                                        Span<lacuna::Value> arguments) {
  mask::PlanOptions options;
  options.queryTile = int(tile.query);
  options.keyTile = int(tile.key);
  options.endIsPartial = true;
  mask::RunLists lists;
  if (attend.isRagged()) {
    Result<std::vector<mask::Sequence>> sequences = mask.sequences(arguments);
    if (!sequences)
      return attend.emitOpError(sequences.status().message());
    std::int64_t room = attn::roomForPieces(classifier.shape().queries, tile.query,
                                            arguments[*mask.queryOffsets].tensor.shape[0]);
    lists = planSequences(classifier, *sequences, room, options);
  } else {
    lists = planMask(classifier, options).rows;
  }
  Type i32 = IntegerType::get(attend.getContext(), 32);
  int64_t rows[] = {lists.batches(), lists.heads(), lists.rows()};
  int64_t runs[] = {rows[0], rows[1], rows[2], lists.capacity(), 2};
  auto type = RankedTensorType::get(runs, i32);
  if (int64_t bytes = 4 * type.getNumElements(); bytes > mostBytes)
    return attend.emitOpError() << "has run lists of " << bytes << " bytes, but a kernel may hold "
                                << mostBytes << "; plan the mask on the device instead";
  return attn::RunsAttr::get(attend.getContext(), tile.query, tile.key,
                             DenseIntElementsAttr::get(type, ArrayRef<int32_t>(lists.toArray())),
                             DenseIntElementsAttr::get(RankedTensorType::get(rows, i32),
                                                       ArrayRef<int32_t>(lists.longestFirst())));
}

LogicalResult lacuna::bakeSpec(func::FuncOp spec, ArrayRef<TileSize> tiles,
                               Span<lacuna::Value> arguments) {
  Promises promises(spec, arguments);
  const TileSize *tile = tiles.begin();
  for (auto attend : spec.getOps<attn::AttendOp>()) {
    if (attend.use_empty())
      continue;
    FailureOr<SpecMask> mask = exportMask(attend);
    if (failed(mask))
      return failure();
    std::deque<BlockTable> expanded;
    Result<mask::BoxClassifier> classifier = mask->bind(arguments, expanded);
    if (!classifier)
      return attend.emitOpError(classifier.status().message());
    FailureOr<attn::RunsAttr> runs = runsOf(attend, *mask, *classifier, *tile++, arguments);
    if (failed(runs))
      return failure();
    attend.setRunsAttr(*runs);
    promises.addMask(*mask, *classifier);
    for (Region *derived : {&attend.getIntervals(), &attend.getClassify()}) {
      derived->dropAllReferences();
      derived->getBlocks().clear();
    }
  }
  promises.addMerges();
  promises.write();
  return inferTypes(spec);
}
