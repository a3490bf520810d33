//===- Program.h - A compiled spec as the host sees it ---------------------===//
//
// The compiler turns a spec into a Program; the runtime launches it, and knows
// nothing else about the spec. A program is a flat list of kernel launches
// over arguments, results and temporaries, with the checks that a launch has
// to make first. It is plain data without MLIR in it, so that it can be stored
// beside the kernels and launched by a process without a compiler.
//
// How a kernel receives its parameters:
//   tensor   {u64 base; i64 stride[rank-1]; i32 dim[rank]}, padded to 8 bytes;
//            strides in elements, the innermost one is 1 and not stored; one
//            without dimensions as a vector of its element
//   scalar   itself, at natural alignment
//   status   {u64 word; u64 plan}: addresses of the words (i32) that the kernel
//            reports to and that the plan it relies on was reported to
//   copy map 128 bytes at a multiple of 64, which the device encodes
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_PROGRAM_H
#define LIB_RUNTIME_PROGRAM_H

#include "lacuna/Device.h"
#include "lacuna/Types.h"
#include "lib/Runtime/Expression.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna {

/// An extent of an argument that is only known at launch.
inline constexpr std::int64_t dynamicExtent = -1;

/// An argument of the spec function, in its order.
struct ProgramArgument {
  std::string name; ///< as in the spec, without '%'
  DType dtype = DType::F32;
  bool isTensor = true;
  /// Tensors: extents, dynamicExtent where any size is legal.
  std::vector<std::int64_t> dims;
  /// Tensors: the base address and all strides but the innermost are multiples
  /// of this many bytes. 16 where kernels move 16-byte pieces; the element's
  /// size where they load single elements.
  std::uint32_t alignment = 16;
  /// Tensors: digest of the elements that the program was made for, in row-major
  /// order (lib/Support/Hash.h); empty where any will do.
  std::string digest = {};

  bool operator==(const ProgramArgument &) const = default;
};

/// A tensor that kernels write: a result, whose memory the caller provides, or
/// a temporary, which is a row-major part of the workspace.
struct ProgramTensor {
  std::string name; ///< for messages: "result 0", "run lists"
  DType dtype = DType::F32;
  std::vector<Expression> dims;
  std::uint32_t alignment = 16; ///< as in ProgramArgument
  /// Temporaries: it is part of the plan, which many launches read.
  bool ofPlan = false;

  bool operator==(const ProgramTensor &) const = default;
};

/// Something that must hold for the dims and scalars of a launch. The error
/// reads "<left> is 3, needs to divide <right>, 8".
struct ProgramCheck {
  enum class Relation : int { Equal, Divides, AtMost };
  Relation relation = Relation::Equal;
  Expression left, right;
  std::string leftName;  ///< "key heads of %k"
  std::string rightName; ///< "query heads of %q"; empty when it is a constant

  bool operator==(const ProgramCheck &) const = default;
};

/// One kernel parameter.
struct ProgramParameter {
  enum class Kind : int {
    Argument,  ///< argument number `index`: a view or a scalar
    Result,    ///< view of result number `index`
    Temporary, ///< view of temporary number `index`
    Status,    ///< where the kernel reports what is wrong
    Integer,   ///< `value`, as an i32 or i64
    CopyMap,   ///< how to copy boxes of tensor number `index` of kind `of`
  };
  Kind kind = Kind::Argument;
  std::uint32_t index = 0;
  Expression value = {};
  DType integerType = DType::I64; ///< of Integer: I32 or I64
  Kind of = Kind::Argument;       ///< of CopyMap: Argument, Result or Temporary
  /// Of CopyMap: extents of a box along the last two axes. Columns have 32, 64
  /// or 128 bytes, and are swizzled over as many in shared memory.
  std::uint32_t boxRows = 0, boxColumns = 0;
  /// Of CopyMap: it is for parts along the last axis but one of a tensor of rank 4 whose
  /// first extent is 1. A part's end takes the place of the first index, and its rows are
  /// the last of as many as the tensor has, so that what lies behind it reads as zero.
  bool ofParts = false;
  /// Of CopyMap: above 1, rows of a tensor of rank 4 are positions of so many
  /// neighbouring heads, row r position r / boxHeads of head r % boxHeads. The tensor has
  /// a multiple of so many heads, and a box of so many rows.
  std::uint32_t boxHeads = 1;

  static ProgramParameter argument(std::uint32_t index) { return {Kind::Argument, index}; }
  static ProgramParameter result(std::uint32_t index) { return {Kind::Result, index}; }
  static ProgramParameter temporary(std::uint32_t index) { return {Kind::Temporary, index}; }
  static ProgramParameter status() { return {Kind::Status}; }
  static ProgramParameter integer(Expression value, DType type) {
    return {Kind::Integer, 0, std::move(value), type};
  }
  /// For copies of boxes of the tensor that `tensor` hands over as a view.
  static ProgramParameter copyMap(const ProgramParameter &tensor, std::uint32_t boxRows,
                                  std::uint32_t boxColumns, bool ofParts = false,
                                  std::uint32_t boxHeads = 1) {
    return {Kind::CopyMap, tensor.index, {},      DType::I64, tensor.kind,
            boxRows,       boxColumns,   ofParts, boxHeads};
  }

  bool operator==(const ProgramParameter &) const = default;
};

/// One launch. A grid of 0 blocks launches nothing.
struct ProgramStep {
  std::uint32_t kernel = 0;      ///< index into Program::kernels
  Expression grid;               ///< blocks, along x
  std::uint32_t threads = 0;     ///< per block, along x
  std::uint32_t sharedBytes = 0; ///< dynamic shared memory per block
  std::vector<ProgramParameter> parameters;
  /// It makes the plan: it reads arguments, writes temporaries of the plan, and
  /// need not run again for a launch whose plan is up to date.
  bool isPlan = false;
  /// Blocks take several items of the grid each: no more blocks are launched
  /// than this many for each of the device's multiprocessors. 0: as many as the
  /// grid has.
  std::uint32_t blocksPerMultiprocessor = 0;

  bool operator==(const ProgramStep &) const = default;
};

/// A compiled spec. Steps run in order on one stream, each after the one
/// before has finished, without the host in between.
struct Program {
  std::string name; ///< of the spec function
  std::vector<ProgramArgument> arguments;
  std::vector<ProgramTensor> results;
  std::vector<ProgramTensor> temporaries;
  std::vector<ProgramCheck> checks;
  std::vector<ProgramStep> steps;
  /// What each bit of the status word means: "an index of table %bias is out of
  /// range (bias.mlir:14:12)".
  std::vector<std::string> statusMeanings;
  /// Images that the steps name. The compiler fills name, target and source;
  /// NVRTC adds cubin and PTX.
  std::vector<KernelImage> kernels;
};

/// Bytes of the parameter of a tensor of that rank (see the top of the file).
constexpr std::uint32_t viewBytes(std::size_t rank) {
  std::size_t axes = rank ? rank : 1;
  return std::uint32_t((8 + 8 * (axes - 1) + 4 * axes + 7) / 8 * 8);
}

/// That every index in the program exists and every number is in its range, so
/// that launching it cannot go wrong for its own sake. Errors: Compiler.
Status verifyProgram(const Program &program);

/// The program as JSON text, all but the images' cubin, PTX and source, which
/// are stored beside it. Deterministic.
std::string programToJson(const Program &program);

/// Inverse of programToJson; verified. Errors: Io when the text is not such a
/// program.
Result<Program> programFromJson(std::string_view json);

} // namespace lacuna

#endif // LIB_RUNTIME_PROGRAM_H
