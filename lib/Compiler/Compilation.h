//===- Compilation.h - A spec on its way to CUDA C++ -----------------------===//
//
// Owns one module and walks it down the levels of the compiler. Any level is
// an input: text that was printed at one level goes on from there and ends in
// the same kernels. No MLIR in this header, so that what stands above the
// compiler builds fast and cannot reach around it.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_COMPILER_COMPILATION_H
#define LIB_COMPILER_COMPILATION_H

#include "dialects/Tile/Transforms/Schedule.h"
#include "lacuna/Compile.h"
#include "lacuna/Tensor.h"
#include "lib/Compiler/Facts.h"
#include "lib/Runtime/Program.h"

#include <memory>
#include <string>
#include <vector>

namespace lacuna {

/// Where a module stands on its way down.
enum class Level {
  Attn,      ///< specs: functions of attn operations
  Tile,      ///< programs and abstract kernels, no target known
  Scheduled, ///< kernels scheduled for a target
  EmitC,     ///< C++ as IR
};

/// What compiling depends on besides the text.
struct CompilerOptions {
  std::string target;                       ///< may be empty when the text is scheduled
  std::string function = {};                ///< which spec of the module; empty: the only one
  std::string mode = CompileOptions().mode; ///< of its attends
  std::string gradients = CompileOptions().gradients; ///< how they are summed
};

/// Wall time of one step of a compilation.
struct StageTime {
  std::string name;
  double milliseconds = 0;
};

/// A module and the level it has reached.
class Compilation {
public:
  /// Parses and verifies `text`, finds out its level and picks the function.
  /// `fileName` is for messages. Errors: Syntax, Type, Unsupported.
  static Result<std::unique_ptr<Compilation>> parse(std::string text, std::string fileName,
                                                    CompilerOptions options);
  ~Compilation();

  Level level() const;
  /// What kernels will be made for; from the options or the text.
  const std::string &target() const;

  /// Runs the passes down to `level`; a level already passed is an error of the
  /// caller (Unsupported). Attn means: sugar expanded, intervals derived.
  Status lowerTo(Level level);

  /// Lowers to Level::Tile and fixes the schedule of every attention. Whether the
  /// target has room for it is a question of the next level. Errors: those of lowerTo.
  Status pin(const tile::Schedule &schedule);

  /// Puts the gradient function of the spec in its place (attn-differentiate). Errors:
  /// Unsupported where there is no spec, or it has something that cannot be
  /// differentiated.
  Status differentiate();

  /// Fixes what the masks of the spec read to what `arguments` hold, and writes the
  /// runs of their tiles into it (BakeSpec.h). They are in host memory; tensors that
  /// no mask reads may have address 0. Errors: Type when they do not fit; Unsupported
  /// past Level::Attn, or where a mask cannot be known before it runs.
  Status bake(Span<Value> arguments);

  /// The module as text, deterministic; without locations unless they are asked for.
  std::string print(bool withLocations = false) const;

  /// Lowers to the end and gives the program with the CUDA C++ text of its
  /// kernels; cubin and PTX are still empty.
  Result<Program> finish();

  /// Facts of the kernels, once they are scheduled.
  const std::vector<KernelFacts> &facts() const;
  /// What passes remarked: why something could not be derived, with its place.
  const std::vector<std::string> &remarks() const;
  /// Times of what has been done so far, in order.
  const std::vector<StageTime> &stages() const;

  Compilation(const Compilation &) = delete;

private:
  Compilation();
  struct Module;
  std::unique_ptr<Module> module;
};

} // namespace lacuna

#endif // LIB_COMPILER_COMPILATION_H
