//===- Reference.cpp - The public reference on top of MLIR ----------------===//
//
// Parses the text into a context of its own and turns diagnostics into Status
// messages, with the source line and a caret. A context has one handler at a
// time, so calls on one spec wait for each other.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Reference.h"

#include "dialects/Attn/IR/Attn.h"
#include "lib/Reference/Evaluate.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SourceMgr.h"

#include <mutex>
#include <thread>

namespace lacuna {

struct ReferenceSpec::Implementation {
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  llvm::SourceMgr sources;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp spec;
  std::string name;
  std::vector<ReferenceArgument> arguments;
  std::mutex mutex;

  Implementation() {
    context.printOpOnDiagnostic(false); // the source line says more
    context
        .loadDialect<attn::AttnDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect,
                     mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
  }

  /// What `work` returns, or the diagnostics that it emitted.
  template <class T, class Work>
  Result<T> diagnosed(StatusKind kind, Work work) {
    std::string messages;
    llvm::raw_string_ostream stream(messages);
    mlir::SourceMgrDiagnosticHandler handler(sources, &context, stream);
    mlir::FailureOr<T> result = work();
    if (failed(result))
      return Status(kind, messages);
    return std::move(*result);
  }

  mlir::FailureOr<mlir::func::FuncOp> parse(llvm::StringRef function) {
    module = mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
    if (!module)
      return mlir::failure();
    mlir::func::FuncOp found;
    llvm::SmallVector<std::string> names;
    for (auto candidate : module->getOps<mlir::func::FuncOp>()) {
      if (function.empty() ? !candidate.isExternal() : candidate.getName() == function)
        found = candidate;
      if (!candidate.isExternal())
        names.push_back(("@" + candidate.getName()).str());
    }
    std::string list = llvm::join(names, ", ");
    if (!found && function.empty())
      return module->emitError() << "the spec holds no function";
    if (!found)
      return module->emitError() << "there is no function @" << function
                                 << " in the spec; it holds " << list;
    if (function.empty() && names.size() > 1)
      return module->emitError() << "the spec holds several functions, choose one of " << list;
    if (failed(reference::checkSpec(found)))
      return mlir::failure();
    return found;
  }
};

Result<ReferenceSpec> ReferenceSpec::parse(std::string_view text, std::string_view sourceName,
                                           std::string_view function) {
  auto implementation = std::make_unique<Implementation>();
  Implementation &self = *implementation;
  self.sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, std::string(sourceName)), llvm::SMLoc());
  Result<mlir::func::FuncOp> spec =
      self.diagnosed<mlir::func::FuncOp>(StatusKind::Syntax, [&] { return self.parse(function); });
  if (!spec)
    return spec.status();
  self.spec = *spec;
  self.name = self.spec.getName().str();
  for (mlir::Type type : self.spec.getArgumentTypes()) {
    ReferenceArgument argument;
    if (auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type)) {
      argument.isTensor = true;
      for (std::int64_t size : tensor.getShape())
        argument.shape.push_back(mlir::ShapedType::isDynamic(size) ? -1 : size);
      type = tensor.getElementType();
    }
    argument.dtype = reference::dtypeOf(type);
    self.arguments.push_back(argument);
  }
  return ReferenceSpec(std::move(implementation));
}

ReferenceSpec::ReferenceSpec(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
ReferenceSpec::ReferenceSpec(ReferenceSpec &&) noexcept = default;
ReferenceSpec &ReferenceSpec::operator=(ReferenceSpec &&) noexcept = default;
ReferenceSpec::~ReferenceSpec() = default;

const std::string &ReferenceSpec::name() const { return implementation->name; }

const std::vector<ReferenceArgument> &ReferenceSpec::arguments() const {
  return implementation->arguments;
}

std::size_t ReferenceSpec::attendCount() const {
  auto attends = implementation->spec.getOps<attn::AttendOp>();
  return static_cast<std::size_t>(std::distance(attends.begin(), attends.end()));
}

Result<ReferenceRun> ReferenceSpec::run(Span<Value> arguments, unsigned threads) const {
  Implementation &self = *implementation;
  std::lock_guard<std::mutex> lock(self.mutex);
  std::string reason = reference::whyArgumentsDoNotFit(self.spec, arguments);
  if (!reason.empty())
    return Status(StatusKind::Type, reason);
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
  return self.diagnosed<ReferenceRun>(
      StatusKind::Type, [&] { return reference::Evaluation(self.spec, arguments).run(threads); });
}

Result<ReferenceMask> ReferenceSpec::visibility(Span<Value> arguments, std::size_t attend,
                                                std::int64_t batch, std::int64_t head) const {
  Implementation &self = *implementation;
  std::lock_guard<std::mutex> lock(self.mutex);
  std::string reason = reference::whyArgumentsDoNotFit(self.spec, arguments);
  if (!reason.empty())
    return Status(StatusKind::Type, reason);
  return self.diagnosed<ReferenceMask>(StatusKind::Type, [&] {
    return reference::Evaluation(self.spec, arguments).visibility(attend, batch, head);
  });
}

} // namespace lacuna
