//===- Binder.cpp - Operands into slots ------------------------------------===//
#include "lib/Emulator/Decode/DecoderState.h"

#include <algorithm>
#include <bit>

using namespace lacuna;
using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

namespace {

struct SpecialName {
  std::string_view name;
  Special id;
};
constexpr SpecialName specialNames[] = {
    {"%tid.x", Special::TidX},
    {"%tid.y", Special::TidY},
    {"%tid.z", Special::TidZ},
    {"%ntid.x", Special::NtidX},
    {"%ntid.y", Special::NtidY},
    {"%ntid.z", Special::NtidZ},
    {"%ctaid.x", Special::CtaidX},
    {"%ctaid.y", Special::CtaidY},
    {"%ctaid.z", Special::CtaidZ},
    {"%nctaid.x", Special::NctaidX},
    {"%nctaid.y", Special::NctaidY},
    {"%nctaid.z", Special::NctaidZ},
    {"%laneid", Special::LaneId},
    {"%warpid", Special::WarpId},
    {"%nwarpid", Special::NWarpId},
    {"%lanemask_eq", Special::LaneMaskEq},
    {"%lanemask_lt", Special::LaneMaskLt},
    {"%lanemask_le", Special::LaneMaskLe},
    {"%lanemask_gt", Special::LaneMaskGt},
    {"%lanemask_ge", Special::LaneMaskGe},
    {"%smid", Special::SmId},
    {"%nsmid", Special::NSmId},
    {"%gridid", Special::GridId},
    {"%dynamic_smem_size", Special::DynamicSharedBytes},
    {"%total_smem_size", Special::TotalSharedBytes},
    {"WARP_SZ", Special::WarpSize},
    // A cluster of one block.
    {"%cluster_ctarank", Special::Zero},
    {"%cluster_ctaid.x", Special::Zero},
    {"%cluster_ctaid.y", Special::Zero},
    {"%cluster_ctaid.z", Special::Zero},
    {"%cluster_nctarank", Special::One},
    {"%cluster_nctaid.x", Special::One},
    {"%cluster_nctaid.y", Special::One},
    {"%cluster_nctaid.z", Special::One},
};

} // namespace

u32 lacuna::emulator::typeBytes(std::string_view type) {
  if (type == "b128")
    return 16;
  if (type == "f16x2" || type == "bf16x2" || type == "tf32")
    return 4;
  if (type.ends_with("64"))
    return 8;
  if (type.ends_with("32"))
    return 4;
  if (type.ends_with("16"))
    return 2;
  return type == "u8" || type == "s8" || type == "b8" ? 1 : 0;
}

u32 Decoder::constant(u64 value, u32 bytes) {
  if (bytes == 4)
    value = static_cast<u32>(value);
  auto [place, isNew] = constants.try_emplace({value, bytes}, end);
  if (isNew)
    end += bytes ? bytes * warpSize : 64;
  return place->second;
}

u32 Decoder::special(const std::string &name, u32 bytes) {
  if (bytes == 8)
    return 0;
  auto [place, isNew] = specialSlots.try_emplace({name, bytes}, end);
  if (!isNew)
    return place->second;
  for (const SpecialName &known : specialNames)
    if (known.name == name) {
      code->specials.push_back({known.id, end});
      end += bytes * warpSize;
      return place->second;
    }
  specialSlots.erase(place);
  return 0;
}

std::string_view Binder::modifier(std::size_t place) const {
  std::string_view rest = statement.opcode;
  for (; place > 0; --place) {
    std::size_t dot = rest.find('.');
    if (dot == rest.npos)
      return {};
    rest.remove_prefix(dot + 1);
  }
  return rest.substr(0, rest.find('.'));
}

bool Binder::has(std::string_view wanted) const {
  for (std::size_t place = 1;; ++place) {
    std::string_view one = modifier(place);
    if (one.empty())
      return false;
    if (one == wanted)
      return true;
  }
}

Strength Binder::strength() const {
  return has("acq_rel")   ? Strength::AcquireRelease
         : has("acquire") ? Strength::Acquire
         : has("release") ? Strength::Release
                          : Strength::Relaxed;
}

std::string_view Binder::lastType() const {
  std::string_view opcode = statement.opcode;
  return opcode.substr(opcode.rfind('.') + 1);
}

void Binder::fail(const std::string &why) {
  if (decoder.failure.isOk())
    decoder.failure =
        Status(StatusKind::Driver, "PTX line " + std::to_string(statement.ptxLine) + ": `" +
                                       std::string(statement.text) + "`: " + why);
}

static u32 registerBytesOf(RegisterClass width) {
  return width == RegisterClass::Double ? 8 : width == RegisterClass::Word ? 4 : 0;
}

u32 Binder::source(const Operand &operand, u32 bytes) {
  if (operand.negated) {
    fail("unexpected '!'");
    return sinkSlot;
  }
  switch (operand.kind) {
  case Operand::Kind::Register: {
    u32 actual = registerBytesOf(decoder.kernel.registers[operand.index].width);
    if (actual != bytes)
      fail("register " + decoder.kernel.registers[operand.index].name + " does not have " +
           std::to_string(bytes * 8) + " bits");
    return decoder.slots.offset[operand.index];
  }
  case Operand::Kind::Immediate:
    return decoder.constant(static_cast<u64>(operand.value), bytes);
  case Operand::Kind::Decimal: {
    bool wide = bytes == 8;
    return decoder.constant(wide ? std::bit_cast<u64>(operand.decimal)
                                 : std::bit_cast<u32>(static_cast<float>(operand.decimal)),
                            bytes);
  }
  case Operand::Kind::Symbol:
    return decoder.constant(decoder.addresses[operand.index], bytes);
  case Operand::Kind::Special:
    if (u32 slot = decoder.special(operand.name, bytes))
      return slot;
    fail("unsupported special register " + operand.name);
    return sinkSlot;
  default:
    fail("unexpected kind of operand" + (operand.name.empty() ? "" : " '" + operand.name + "'"));
    return sinkSlot;
  }
}

u32 Binder::destination(const Operand &operand, u32 bytes) {
  if (operand.kind == Operand::Kind::Sink)
    return sinkSlot;
  if (operand.kind != Operand::Kind::Register) {
    fail("the destination is not a register");
    return sinkSlot;
  }
  return source(operand, bytes);
}

u32 Binder::sourceAnyWidth(const Operand &operand, u32 bytes, bool &isWide) {
  isWide = bytes == 8;
  if (operand.kind == Operand::Kind::Register)
    isWide = decoder.kernel.registers[operand.index].width == RegisterClass::Double;
  return source(operand, isWide ? 8 : 4);
}

u32 Binder::destinationAnyWidth(const Operand &operand, u32 bytes, bool &isWide) {
  isWide = bytes == 8;
  if (operand.kind == Operand::Kind::Register)
    isWide = decoder.kernel.registers[operand.index].width == RegisterClass::Double;
  return destination(operand, isWide ? 8 : 4);
}

bool Binder::isPredicate(const Operand &operand) const {
  return operand.kind == Operand::Kind::Register &&
         decoder.kernel.registers[operand.index].width == RegisterClass::Predicate;
}

u32 Binder::predicateSource(const Operand &operand) {
  if (operand.kind == Operand::Kind::Immediate)
    return decoder.constant(operand.value ? ~u32(0) : 0, 0);
  if (operand.kind != Operand::Kind::Register ||
      decoder.kernel.registers[operand.index].width != RegisterClass::Predicate) {
    fail("a predicate is expected");
    return sinkSlot;
  }
  return decoder.slots.offset[operand.index];
}

u32 Binder::predicateDestination(const Operand &operand) {
  if (operand.kind == Operand::Kind::Sink)
    return sinkSlot;
  return predicateSource(operand);
}

std::vector<const Operand *> Binder::elements(const Operand &operand) const {
  std::vector<const Operand *> result;
  if (operand.kind != Operand::Kind::Vector)
    return {&operand};
  for (const Operand &element : operand.elements)
    result.push_back(&element);
  return result;
}

u32 Binder::constant(u64 value, u32 bytes) { return decoder.constant(value, bytes); }

void Binder::address(const Operand &operand) {
  if (operand.kind != Operand::Kind::Address)
    return fail("an address in brackets is expected");
  const Operand &base = operand.elements[0];
  bool isWide = true;
  if (base.kind == Operand::Kind::Register)
    out.a = sourceAnyWidth(base, 8, isWide);
  else
    out.a = source(base, 8);
  out.imm = operand.value;
  out.access.wordAddress = !isWide;
}

void Binder::setList(std::vector<u32> list) {
  out.listSize = static_cast<u8>(list.size());
  decoder.code->lists.push_back(std::move(list));
  out.list = decoder.code->lists.back().data();
}

u64 Binder::parameterBase() const { return reinterpret_cast<u64>(decoder.code->parameters); }

u64 Binder::parameterBytes() const { return decoder.code->parameterBytes; }

u64 Binder::parameterOffset(const Operand &symbol) const {
  return decoder.addresses[symbol.index] - parameterBase();
}

bool Binder::isEntryParameter(const Operand &address) const {
  const Operand &base = address.elements[0];
  if (base.kind != Operand::Kind::Symbol)
    return true;
  return parameterOffset(base) < std::max<u64>(parameterBytes(), 1);
}

void Binder::touches(Space space, u32 bytes) {
  if (space == Space::Shared || space == Space::Generic)
    decoder.code->sharedGrain = std::min(decoder.code->sharedGrain, bytes);
  if (space == Space::Global || space == Space::Generic)
    decoder.code->globalGrain = std::min(decoder.code->globalGrain, bytes);
}

void Binder::usesAsyncProxy() { decoder.code->usesAsyncProxy = true; }

void Binder::ordersBlocks() {
  out.ordersBlocks = true;
  decoder.code->ordersBlocks = true;
}
