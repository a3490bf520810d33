//===- types.cuh - Fixed-width integers without a standard header ----------===//
#ifndef LACUNA_TYPES_CUH
#define LACUNA_TYPES_CUH

typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long long int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;

#endif // LACUNA_TYPES_CUH
