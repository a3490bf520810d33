//===- Baked.h - Programs made for one mask -----------------------------------===//
//
// A program that takes any mask always serves. One compiled for the very mask may
// do less work, but costs a compile; so it is made only for masks that come back,
// within a budget, and while the general program goes on.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_BAKED_H
#define LACUNA_BAKED_H

#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lacuna/Tensor.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#pragma GCC visibility push(default) // these are what the shared library exports

namespace lacuna {

/// Makes of a spec one for the masks that `arguments` give: what masks read (lengths,
/// scalars, elements of integer tensors) is fixed and the tiles that they visit
/// are part of the text, which compiles like any other. Arguments are those of a
/// launch, but in host memory; tensors that no mask reads may have address 0. A launch
/// for other lengths or scalars fails and says what differs; other elements of a
/// table are not noticed unless LACUNA_CHECK_PLANS=1. `options.mode` has no say.
/// Errors: those of compile, Type when arguments do not fit, Unsupported where a mask
/// is not known before it runs or is too large for a kernel.
Result<std::string> bake(std::string_view spec, const CompileOptions &options,
                         Span<Value> arguments);

/// Bakes a spec and compiles it. Errors: those of bake and compile.
Result<Executable> compileBaked(std::string_view spec, const CompileOptions &options,
                                Span<Value> arguments);

/// When programs are baked, and how many are kept.
struct BakedPolicy {
  std::size_t programs = 8;                  ///< at most so many at once
  std::size_t bytes = std::size_t(64) << 20; ///< of their images; as many of masks
  unsigned afterUses = 2;                    ///< the use of a mask that asks for its compile
  bool asynchronous = true; ///< compile on a thread of its own; else that use waits
};

/// What a BakedPrograms has done and holds.
struct BakedStatistics {
  std::size_t programs = 0;
  std::size_t bytes = 0;
  std::uint64_t bakes = 0; ///< compiles that ended, failed ones included
  std::uint64_t evictions = 0;
};

/// Baked programs on one device, the least recently used first to go. What it
/// holds does not grow with the number of masks that were ever used. To be used
/// from one thread; must not outlive the device.
class BakedPrograms {
public:
  /// Compiles for one mask. Runs on another thread when that is the policy, one
  /// call at a time.
  using Bake = std::function<Result<Executable>(const std::string &mask)>;

  BakedPrograms(Device &device, Bake bake, const BakedPolicy &policy = {});
  BakedPrograms(BakedPrograms &&) noexcept;
  BakedPrograms &operator=(BakedPrograms &&) noexcept;
  /// Waits for a compile that has begun.
  ~BakedPrograms();

  /// Counts a use of `mask` (any bytes that identify it) and gives the program
  /// that was baked for it, or null while there is none: launch the general one.
  /// Hold it until its launches have finished.
  std::shared_ptr<LoadedProgram> use(const std::string &mask);

  /// Waits until no compile runs or is due.
  void finish();

  BakedStatistics statistics() const;
  /// Why a mask could not be baked, for the last one that could not; it is not
  /// tried again while it is remembered. Ok when all could.
  const Status &failure() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

/// What BakedPrograms::use is given for the masks of `arguments`, which are those of
/// `bake`: shapes, scalars and the elements of integer tensors, as bytes.
std::string maskOf(Span<Value> arguments);

/// Bakes and compiles `spec` for what maskOf says.
BakedPrograms::Bake bakeFrom(std::string spec, CompileOptions options);

} // namespace lacuna

#pragma GCC visibility pop

#endif // LACUNA_BAKED_H
