//===- PrepareNames.cpp - Marks for the names of printed variables --------===//
//
// The C++ emitter has no notion of a name, but it prints the operands of a
// verbatim statement. A mark is such a statement, right behind the definition;
// the text's printer reads and removes it.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/Emission.h"
#include "lib/Conversion/TileToEmitC/Passes.h"
#include "lib/Conversion/TileToEmitC/Types.h"

#include "llvm/ADT/TypeSwitch.h"

namespace lacuna {
#define GEN_PASS_DEF_PREPAREEMITCNAMES
#include "lib/Conversion/TileToEmitC/Passes.h.inc"
} // namespace lacuna

using namespace mlir;
using namespace lacuna;

/// Names that a variable may not hide: keywords, built-in variables and macros.
static bool isReserved(StringRef name) {
  static const llvm::StringSet<> names = {
      "auto",     "bool",     "break",     "case",     "char",      "class",    "const",
      "continue", "default",  "delete",    "do",       "double",    "else",     "enum",
      "extern",   "false",    "float",     "for",      "goto",      "if",       "inline",
      "int",      "lacuna",   "long",      "mutable",  "new",       "not",      "or",
      "and",      "xor",      "operator",  "private",  "public",    "return",   "short",
      "signed",   "sizeof",   "static",    "struct",   "switch",    "template", "this",
      "true",     "try",      "typename",  "union",    "unsigned",  "using",    "virtual",
      "void",     "volatile", "while",     "blockIdx", "threadIdx", "blockDim", "gridDim",
      "warpSize", "register", "namespace", "friend",   "asm",       "catch",    "throw",
      "typedef"};
  return names.contains(name);
}

/// Whether the emitter prints an expression at its only use, so that it has no
/// variable (and a mark, one more use, would give it one). Of an expression that
/// nobody uses, a mark would be the only use.
static bool isPrintedInPlace(Operation *op) {
  if (isa<emitc::LiteralOp, emitc::MemberOp, emitc::MemberOfPtrOp, emitc::SubscriptOp,
          emitc::GetGlobalOp, emitc::GetFieldOp>(op))
    return true;
  auto expression = dyn_cast<emitc::ExpressionOp>(op);
  if (!expression || expression.getDoNotInline() || expression.hasSideEffects())
    return false;
  if (expression.getResult().use_empty())
    return true;
  if (!expression.getResult().hasOneUse())
    return false;
  Operation *user = *expression.getResult().user_begin();
  return !isa<emitc::ExpressionOp, emitc::CExpressionInterface, emitc::MemberOp,
              emitc::MemberOfPtrOp, emitc::SubscriptOp>(user);
}

/// What the value of an operation without a name is called.
static StringRef defaultName(Operation *op) {
  if (op->hasOneUse() && isa<emitc::ReturnOp>(*op->user_begin()))
    return "result";
  if (auto expression = dyn_cast<emitc::ExpressionOp>(op))
    op = expression.getRootOp();
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case<emitc::AddOp>([](auto) { return "sum"; })
      .Case<emitc::SubOp>([](auto) { return "difference"; })
      .Case<emitc::MulOp>([](auto) { return "product"; })
      .Case<emitc::DivOp>([](auto) { return "quotient"; })
      .Case<emitc::RemOp>([](auto) { return "remainder"; })
      .Case<emitc::CmpOp, emitc::LogicalAndOp, emitc::LogicalOrOp, emitc::LogicalNotOp>(
          [](auto) { return "holds"; })
      .Case<emitc::ConditionalOp>([](auto) { return "choice"; })
      .Default([](Operation *) { return "value"; });
}

/// Adds the functions and structs that a function's text names: a variable must
/// not hide them.
static void takeForeignNames(emitc::FuncOp function, llvm::StringSet<> &taken) {
  function.walk([&](Operation *op) {
    for (Type type : op->getResultTypes()) {
      if (auto variable = dyn_cast<emitc::LValueType>(type))
        type = variable.getValueType();
      if (auto opaque = dyn_cast<emitc::OpaqueType>(type))
        taken.insert(opaque.getValue());
    }
    if (auto call = dyn_cast<emitc::CallOpaqueOp>(op))
      taken.insert(call.getCallee());
    auto verbatim = dyn_cast<emitc::VerbatimOp>(op);
    for (StringRef text = verbatim ? verbatim.getValue() : ""; text.contains('(');
         text = text.split('(').second)
      taken.insert(text.split('(').first.rsplit(' ').second);
  });
}

namespace {
struct PrepareEmitCNames : lacuna::impl::PrepareEmitCNamesBase<PrepareEmitCNames> {
  void runOnOperation() override {
    emitc::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    llvm::StringSet<> taken;
    takeForeignNames(function, taken);
    OpBuilder builder(&getContext());
    auto mark = [&](Value value, StringRef wanted) {
      std::string base = identifier(wanted), name = base;
      for (unsigned i = 2; isReserved(name) || !taken.insert(name).second; ++i)
        name = base + "_" + std::to_string(i);
      emitc::VerbatimOp::create(builder, value.getLoc(), "//= {} " + name, value);
    };
    auto markArguments = [&](Block &block) {
      builder.setInsertionPointToStart(&block);
      for (BlockArgument argument : block.getArguments()) {
        StringRef name = nameIn(argument.getLoc());
        mark(argument, name.empty() ? "argument" : name);
      }
    };
    markArguments(function.getBody().front());
    function.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (auto loop = dyn_cast<emitc::ForOp>(op))
        markArguments(*loop.getBody());
      if (op->getNumResults() == 1 && !isPrintedInPlace(op)) {
        builder.setInsertionPointAfter(op);
        StringRef name = nameIn(op->getLoc());
        mark(op->getResult(0), name.empty() ? defaultName(op) : name);
      }
      return isa<emitc::ExpressionOp>(op) ? WalkResult::skip() : WalkResult::advance();
    });
  }
};
} // namespace
