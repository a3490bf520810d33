# Writes DeviceHeaders.cpp: every header of kernels/lacuna as a string.
# cmake -DFOLDER=kernels -DOUT=DeviceHeaders.cpp -P EmbedHeaders.cmake
cmake_minimum_required(VERSION 3.20)
file(GLOB headers RELATIVE ${FOLDER} ${FOLDER}/lacuna/*.cuh)
list(SORT headers)
set(entries "")
foreach(header IN LISTS headers)
  file(READ ${FOLDER}/${header} text)
  string(APPEND entries "    {\"${header}\", R\"lacuna(${text})lacuna\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT "// Generated from kernels/lacuna by EmbedHeaders.cmake.
#include \"lib/Target/Cuda/EmitCuda.h\"

static constexpr lacuna::DeviceHeader headers[] = {
@entries@};

std::span<const lacuna::DeviceHeader> lacuna::deviceHeaders() { return headers; }
")
