#include "lib/Reference/Evaluate.h"

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/SpecRules.h"
#include "lib/Reference/Attend.h"
#include "lib/Reference/AttendGrad.h"
#include "lib/Reference/States.h"
#include "lib/Support/HalfBits.h"

#include "llvm/ADT/TypeSwitch.h"

namespace lacuna::reference {

DType dtypeOf(mlir::Type type) {
  std::string spelling;
  llvm::raw_string_ostream(spelling) << type;
  return *parseDType(spelling);
}

double roundedTo(DType type, double value) {
  auto real = static_cast<float>(value);
  return type == DType::F16    ? floatFromF16(f16FromFloat(real))
         : type == DType::BF16 ? floatFromBf16(bf16FromFloat(real))
         : type == DType::F32  ? real
                               : value;
}

//===----------------------------------------------------------------------===//
// Preconditions
//===----------------------------------------------------------------------===//

/// Whether an argument of that type can be passed.
static bool isArgumentType(mlir::Type type) {
  auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type);
  mlir::Type element = tensor ? tensor.getElementType() : type;
  return attn::isRegionScalar(element) && !element.isIndex() &&
         (!tensor || tensor.getRank() <= maxRank);
}

mlir::LogicalResult checkSpec(mlir::func::FuncOp spec) {
  if (spec.isExternal() || !spec.getBody().hasOneBlock())
    return spec.emitError("the reference evaluates functions with a body of one block");
  for (mlir::BlockArgument argument : spec.getArguments())
    if (!isArgumentType(argument.getType()))
      return mlir::emitError(argument.getLoc())
             << "the reference takes scalars and tensors of up to " << maxRank
             << " dimensions, not " << argument.getType();
  for (mlir::Operation &op : spec.front())
    if (std::string reason = attn::whyNotInSpec(&op); !reason.empty())
      return op.emitError() << "'" << op.getName() << "' " << reason;
  mlir::Operation *end = spec.front().getTerminator();
  for (mlir::Value value : end->getOperands())
    if (!attn::isState(value))
      return end->emitError("the reference returns only results of attn.attend and of its "
                            "gradient, and what is made of such");
  return mlir::success();
}

/// "tensor<2x?xf16>" or "f32".
static std::string typeText(const Value &given) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (!given.isTensor) {
    stream << lacuna::name(given.scalarType);
    return text;
  }
  stream << "tensor<";
  for (int axis = 0; axis < given.tensor.rank; ++axis)
    stream << given.tensor.shape[axis] << 'x';
  stream << lacuna::name(given.tensor.dtype) << '>';
  return text;
}

static bool fits(mlir::Type type, const Value &given) {
  auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type);
  if (bool(tensor) != given.isTensor)
    return false;
  if (!tensor)
    return dtypeOf(type) == given.scalarType;
  if (dtypeOf(tensor.getElementType()) != given.tensor.dtype ||
      tensor.getRank() != given.tensor.rank)
    return false;
  for (int axis = 0; axis < given.tensor.rank; ++axis) {
    std::int64_t size = given.tensor.shape[axis];
    if (size < 0 || (!tensor.isDynamicDim(axis) && size != tensor.getDimSize(axis)))
      return false;
  }
  return true;
}

std::string whyArgumentsDoNotFit(mlir::func::FuncOp spec, Span<Value> arguments) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (arguments.size() != spec.getNumArguments()) {
    stream << '@' << spec.getName() << " takes " << spec.getNumArguments() << " arguments, but "
           << arguments.size() << " are given";
    return text;
  }
  for (unsigned n = 0; n < spec.getNumArguments(); ++n) {
    mlir::Type type = spec.getArgument(n).getType();
    if (fits(type, arguments[n]))
      continue;
    stream << "argument " << n << " of @" << spec.getName() << " is " << type << ", but "
           << typeText(arguments[n]) << " is given";
    break;
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

Evaluation::Evaluation(mlir::func::FuncOp spec, Span<Value> arguments) : spec(spec) {
  for (unsigned n = 0; n < spec.getNumArguments(); ++n) {
    mlir::Value argument = spec.getArgument(n);
    if (arguments[n].isTensor) {
      environment.tensors[argument] = arguments[n].tensor;
      continue;
    }
    // A scalar is a tensor without dimensions.
    TensorRef scalar;
    scalar.address = reinterpret_cast<DeviceAddress>(&arguments[n].bits);
    scalar.dtype = arguments[n].scalarType;
    environment.scalars[argument] = readElement(scalar, nullptr);
  }
}

void Evaluation::bindTensor(mlir::Value value, HostTensor tensor) {
  ordered.push_back(std::move(tensor));
  environment.tensors[value] = ordered.back().ref();
}

mlir::FailureOr<std::vector<std::size_t>>
Evaluation::rowsMovedBy(mlir::Operation *op, mlir::Value source, mlir::Value order) {
  TensorRef rows = environment.tensors.lookup(source), by = environment.tensors.lookup(order);
  if (!std::equal(by.shape, by.shape + by.rank, rows.shape))
    return op->emitOpError("needs an order of all batches, heads and rows");
  return rowsBefore(by, /*scatters=*/mlir::isa<attn::ScatterOp>(op));
}

mlir::LogicalResult Evaluation::evaluateMove(mlir::Operation *op, mlir::Value source,
                                             mlir::Value order) {
  mlir::FailureOr<std::vector<std::size_t>> rows = rowsMovedBy(op, source, order);
  if (failed(rows))
    return mlir::failure();
  TensorRef before = environment.tensors.lookup(source);
  bindTensor(op->getResult(0), moveRows(before, *rows));
  if (!before.address) // a shape alone stays one
    environment.tensors[op->getResult(0)].address = 0;
  return mlir::success();
}

mlir::LogicalResult Evaluation::evaluateOrder(mlir::Operation *op) {
  if (auto gather = mlir::dyn_cast<attn::GatherOp>(op))
    return evaluateMove(op, gather.getSource(), gather.getOrder());
  if (auto scatter = mlir::dyn_cast<attn::ScatterOp>(op))
    return evaluateMove(op, scatter.getSource(), scatter.getOrder());
  TensorRef table = environment.tensors.lookup(op->getOperand(0));
  if (auto hash = mlir::dyn_cast<attn::HashOp>(op)) {
    TensorRef projections = environment.tensors.lookup(hash.getProjections());
    std::int64_t heads = table.shape[1], ofProjections = projections.shape[0];
    if (heads != 0 && (ofProjections == 0 || heads % ofProjections != 0))
      return hash.emitOpError("needs a number of heads that is a multiple of that of the "
                              "projections");
    bindTensor(hash.getBuckets(), hashRows(table, projections));
    return mlir::success();
  }
  if (auto sort = mlir::dyn_cast<attn::SortOp>(op)) {
    bindTensor(sort.getOrder(), sortRows(table));
    return mlir::success();
  }
  auto compact = mlir::cast<attn::CompactOp>(op);
  auto [order, count] = compactRows(table);
  bindTensor(compact.getOrder(), std::move(order));
  bindTensor(compact.getCount(), std::move(count));
  return mlir::success();
}

mlir::LogicalResult Evaluation::evaluateOther(mlir::Operation *op) {
  if (mlir::isa<attn::HashOp, attn::SortOp, attn::CompactOp, attn::GatherOp, attn::ScatterOp>(op))
    return evaluateOrder(op);
  if (auto expand = mlir::dyn_cast<attn::ExpandBlocksOp>(op)) {
    auto tensor = [&](mlir::Value value) { return environment.tensors.lookup(value); };
    Result<BlockTable> table = expandBlocks(
        {tensor(expand.getList()), tensor(expand.getCounts()), tensor(expand.getOffsets()),
         expand.getBits(), environment.scalars.lookup(expand.getColumns()).integer});
    if (!table)
      return expand.emitOpError() << table.status().message();
    expanded.push_back(std::move(*table));
    environment.tensors[expand.getBlocks()] = expanded.back().ref();
    return mlir::success();
  }
  RegionCode code = RegionCode::translate(op, environment);
  RegionCode::Registers registers = code.makeRegisters();
  if (Fault fault = code.run(registers))
    return fault.op->emitOpError() << fault.reason;
  environment.scalars[op->getResult(0)] = code.result(registers);
  return mlir::success();
}

/// Row-major elements of `type` with the values of `array`.
static std::string encode(const ReferenceArray &array, DType type) {
  std::string bytes;
  for (double value : array.values) {
    auto real = static_cast<float>(value);
    std::uint16_t half = type == DType::F16 ? f16FromFloat(real) : bf16FromFloat(real);
    if (type == DType::F32)
      bytes.append(reinterpret_cast<const char *>(&real), sizeof(real));
    else
      bytes.append(reinterpret_cast<const char *>(&half), sizeof(half));
  }
  return bytes;
}

void Evaluation::bindResult(mlir::Value result, const ReferenceArray &array) {
  if (result.use_empty())
    return;
  DType dtype = dtypeOf(mlir::cast<mlir::RankedTensorType>(result.getType()).getElementType());
  stored.push_back(encode(array, dtype));
  environment.tensors[result] = TensorRef::contiguous(
      reinterpret_cast<DeviceAddress>(stored.back().data()), dtype, array.shape);
}

/// The results of an attend that is not evaluated: sizes without elements.
void Evaluation::bindShapes(mlir::Operation *op) {
  auto attend = mlir::cast<attn::AttendOp>(op);
  TensorRef query = environment.tensors.lookup(attend.getQuery());
  std::int64_t columns = environment.tensors.lookup(attend.getValue()).shape[3];
  std::vector<std::int64_t> shape(query.shape, query.shape + 3);
  environment.tensors[attend.getLse()] = TensorRef::contiguous(0, DType::F32, shape);
  shape.push_back(columns);
  environment.tensors[attend.getOutput()] = TensorRef::contiguous(0, query.dtype, shape);
}

//===----------------------------------------------------------------------===//
// Attention and what is made of it
//===----------------------------------------------------------------------===//

void Evaluation::addState(mlir::Value result, ReferenceResult::Kind kind,
                          const ReferenceAttend &state, bool isDerived) {
  bindResult(result, kind == ReferenceResult::Kind::Lse
                         ? state.lse
                         : ReferenceArray{state.output.shape, state.rounded});
  ReferenceResult &source = sources[result];
  source.kind = kind;
  source.index = (isDerived ? made.derived : made.attends).size();
  source.isDerived = isDerived;
}

void Evaluation::addGradient(mlir::Value result, ReferenceGradient gradient) {
  bindResult(result, gradient.values);
  sources[result] = {ReferenceResult::Kind::Gradient, made.gradients.size()};
  made.gradients.push_back(std::move(gradient));
}

const ReferenceAttend *Evaluation::recordOf(mlir::Value value) const {
  auto known = sources.find(value);
  if (known == sources.end())
    return nullptr;
  return &(known->second.isDerived ? made.derived : made.attends)[known->second.index];
}

mlir::LogicalResult Evaluation::evaluateAttention(attn::AttendOp op, unsigned threads) {
  mlir::FailureOr<ReferenceAttend> rows = evaluateAttend(op, environment, threads);
  if (failed(rows))
    return mlir::failure();
  addState(op.getOutput(), ReferenceResult::Kind::Output, *rows, /*isDerived=*/false);
  addState(op.getLse(), ReferenceResult::Kind::Lse, *rows, /*isDerived=*/false);
  made.attends.push_back(std::move(*rows));
  return mlir::success();
}

mlir::LogicalResult Evaluation::evaluateGradient(attn::AttendGradOp op) {
  mlir::FailureOr<std::vector<ReferenceGradient>> gradients =
      evaluateAttendGrad(op, environment, recordOf(op.getOutput()));
  if (failed(gradients))
    return mlir::failure();
  for (auto [result, gradient] : llvm::zip(op->getResults(), *gradients))
    addGradient(result, std::move(gradient));
  return mlir::success();
}

mlir::FailureOr<std::vector<ReferenceAttend>>
Evaluation::statesOf(mlir::Operation *op, mlir::ValueRange outputs, mlir::ValueRange lses) {
  std::vector<ReferenceAttend> states;
  for (auto [output, lse] : llvm::zip_equal(outputs, lses)) {
    TensorRef rows = environment.tensors.lookup(lse), first = environment.tensors.lookup(lses[0]);
    TensorRef columns = environment.tensors.lookup(output);
    if (!std::equal(rows.shape, rows.shape + 3, first.shape) ||
        !std::equal(rows.shape, rows.shape + 3, columns.shape))
      return op->emitOpError("needs states of the same batches, heads and rows");
    const ReferenceAttend *ofLse = recordOf(lse), *ofOutput = recordOf(output);
    states.push_back(ofLse ? *ofLse : describeState(rows));
    states.back().output = ofOutput ? ofOutput->output : arrayOf(columns);
    states.back().rounded = ofOutput ? ofOutput->rounded : states.back().output.values;
  }
  return states;
}

mlir::LogicalResult Evaluation::evaluateMerge(attn::MergeOp op) {
  auto states = statesOf(op, op.getOutputs(), op.getLses());
  if (failed(states))
    return mlir::failure();
  ReferenceAttend merged = mergeStates(*states, dtypeOf(op.getOutput().getType().getElementType()));
  addState(op.getOutput(), ReferenceResult::Kind::Output, merged, /*isDerived=*/true);
  addState(op.getLse(), ReferenceResult::Kind::Lse, merged, /*isDerived=*/true);
  made.derived.push_back(std::move(merged));
  return mlir::success();
}

mlir::LogicalResult Evaluation::evaluateMergeGradient(attn::MergeGradOp op) {
  auto states = statesOf(op, op.getOutputs(), op.getLses());
  if (failed(states))
    return mlir::failure();
  TensorRef gradient = environment.tensors.lookup(op.getOutputGradient());
  ReferenceArray ofLse;
  if (op.getLseGradient())
    ofLse = arrayOf(environment.tensors.lookup(op.getLseGradient()));
  auto gradients = mergeGradients(*states, gradient.dtype, arrayOf(gradient), ofLse);
  for (auto [result, each] : llvm::zip_equal(op->getResults(), gradients))
    addGradient(result, std::move(each));
  return mlir::success();
}

mlir::LogicalResult Evaluation::evaluateSum(attn::SumOp op) {
  std::vector<ReferenceGradient> terms;
  for (mlir::Value term : op.getTerms()) {
    auto source = sources.find(term);
    if (source == sources.end())
      terms.push_back(givenGradient(environment.tensors.lookup(term)));
    else if (source->second.kind == ReferenceResult::Kind::Gradient)
      terms.push_back(made.gradients[source->second.index]);
    else
      return op.emitOpError("what is summed must be gradients, or arguments of the spec");
    if (terms.back().values.shape != terms.front().values.shape)
      return op.emitOpError("needs terms of one shape");
  }
  addGradient(op.getSum(), addGradients(terms, dtypeOf(op.getSum().getType().getElementType())));
  return mlir::success();
}

mlir::LogicalResult Evaluation::evaluateZeros(attn::ZerosOp op) {
  addGradient(op.getZeros(), zeroGradient(environment.tensors.lookup(op.getLike())));
  return mlir::success();
}

mlir::LogicalResult Evaluation::evaluateMoveOfResult(mlir::Operation *op, mlir::Value source,
                                                     mlir::Value order) {
  mlir::FailureOr<std::vector<std::size_t>> rows = rowsMovedBy(op, source, order);
  if (failed(rows))
    return mlir::failure();
  ReferenceResult from = sources.lookup(source);
  mlir::Value result = op->getResult(0);
  if (from.kind == ReferenceResult::Kind::Gradient) {
    addGradient(result, moveRows(made.gradients[from.index], *rows));
    return mlir::success();
  }
  ReferenceAttend moved = moveRows(*recordOf(source), *rows);
  addState(result, from.kind, moved, /*isDerived=*/true);
  made.derived.push_back(std::move(moved));
  return mlir::success();
}

mlir::FailureOr<ReferenceRun> Evaluation::run(unsigned threads) {
  for (mlir::Operation &op : spec.front().without_terminator()) {
    auto evaluated =
        llvm::TypeSwitch<mlir::Operation *, mlir::LogicalResult>(&op)
            .Case([&](attn::AttendOp attend) { return evaluateAttention(attend, threads); })
            .Case([&](attn::AttendGradOp gradient) { return evaluateGradient(gradient); })
            .Case([&](attn::MergeOp merge) { return evaluateMerge(merge); })
            .Case([&](attn::MergeGradOp gradient) { return evaluateMergeGradient(gradient); })
            .Case([&](attn::SumOp sum) { return evaluateSum(sum); })
            .Case([&](attn::ZerosOp zeros) { return evaluateZeros(zeros); })
            .Case<attn::GatherOp, attn::ScatterOp>([&](auto move) {
              return sources.contains(move.getSource())
                         ? evaluateMoveOfResult(move, move.getSource(), move.getOrder())
                         : evaluateMove(move, move.getSource(), move.getOrder());
            })
            .Default([&](mlir::Operation *other) { return evaluateOther(other); });
    if (failed(evaluated))
      return mlir::failure();
  }
  for (mlir::Value value : spec.front().getTerminator()->getOperands()) {
    ReferenceResult result = sources.lookup(value);
    result.dtype = dtypeOf(mlir::cast<mlir::RankedTensorType>(value.getType()).getElementType());
    made.results.push_back(result);
  }
  return std::move(made);
}

mlir::FailureOr<ReferenceMask> Evaluation::visibility(std::size_t index, std::int64_t batch,
                                                      std::int64_t head) {
  std::size_t number = 0;
  for (mlir::Operation &op : spec.front().without_terminator()) {
    if (mlir::isa<attn::AttendGradOp, attn::RowWise>(op))
      break; // nothing attends to that
    auto attend = mlir::dyn_cast<attn::AttendOp>(op);
    if (!attend && failed(evaluateOther(&op)))
      return mlir::failure();
    if (attend && number++ == index)
      return evaluateVisibility(attend, environment, batch, head);
    if (attend)
      bindShapes(&op);
  }
  return spec.emitError() << "has no attend number " << index << ": there are " << number;
}

} // namespace lacuna::reference
