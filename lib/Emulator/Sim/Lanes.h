//===- Lanes.h - Doing one thing in 32 lanes -------------------------------===//
//
// A slot holds 32 values: of 4 bytes (types up to 32 bits; narrower ones are
// zero-extended) or of 8. A predicate is one 32-bit mask.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_LANES_H
#define LIB_EMULATOR_SIM_LANES_H

#include "lib/Emulator/Sim/State.h"

#include <bit>
#include <type_traits>

namespace lacuna::emulator {

/// How a value of type T is held in a slot.
template <class T>
using Held = std::conditional_t<sizeof(T) >= 4, T, u32>;

/// The 32 lanes of a slot.
template <class T>
Held<T> *lanes(Warp &warp, u32 slot) {
  return reinterpret_cast<Held<T> *>(warp.registers + slot);
}

/// A held value as T, and back.
template <class T>
T unhold(Held<T> value) {
  if constexpr (sizeof(T) >= 4)
    return value;
  else if constexpr (sizeof(T) == 2)
    return std::bit_cast<T>(static_cast<u16>(value));
  else
    return std::bit_cast<T>(static_cast<u8>(value));
}
template <class T>
Held<T> hold(T value) {
  if constexpr (sizeof(T) >= 4)
    return value;
  else if constexpr (sizeof(T) == 2)
    return std::bit_cast<u16>(value);
  else
    return std::bit_cast<u8>(value);
}

/// Calls body(lane) for every lane of the mask. With all lanes set the loop is
/// plain, and the compiler makes vector code of it; a slot is only ever read
/// and written lane by lane, so there is no dependence between iterations.
template <class Body>
inline void forLanes(u32 mask, Body body) {
  if (mask == allLanes) {
#pragma GCC ivdep
    for (int i = 0; i < warpSize; ++i)
      body(i);
  } else {
    for (u32 rest = mask; rest; rest &= rest - 1)
      body(std::countr_zero(rest));
  }
}

/// A predicate register's lanes.
inline u32 predicate(Warp &warp, u32 slot) { return *lanes<u32>(warp, slot); }

/// Writes a predicate register in the executing lanes.
inline void setPredicate(Warp &warp, u32 slot, u32 value) {
  u32 *place = lanes<u32>(warp, slot);
  *place = (*place & ~warp.mask) | (value & warp.mask);
}

/// The first executing lane.
inline int firstLane(const Warp &warp) { return std::countr_zero(warp.mask); }

// Shapes of handlers, lane by lane.

/// d = Op(a)
template <class T, class Op>
Step unary(Warp &warp, const Instruction &i) {
  Held<T> *d = lanes<T>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = hold<T>(Op::apply(unhold<T>(a[l]))); });
  return Step::Next;
}

/// d = Op(a, b)
template <class T, class Op>
Step binary(Warp &warp, const Instruction &i) {
  Held<T> *d = lanes<T>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  forLanes(warp.mask, [=](int l) { d[l] = hold<T>(Op::apply(unhold<T>(a[l]), unhold<T>(b[l]))); });
  return Step::Next;
}

/// d = Op(a, b, c)
template <class T, class Op>
Step ternary(Warp &warp, const Instruction &i) {
  Held<T> *d = lanes<T>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b), *c = lanes<T>(warp, i.c);
  forLanes(warp.mask, [=](int l) {
    d[l] = hold<T>(Op::apply(unhold<T>(a[l]), unhold<T>(b[l]), unhold<T>(c[l])));
  });
  return Step::Next;
}

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_LANES_H
