//===- BuildId.cpp - Identity of this build of the compiler ---------------===//
//
// The linker's build id covers every byte of code and every embedded header
// of the executable or library that this function is linked into.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/Compilation.h"

#include <elf.h>
#include <link.h>

#include <cstring>

namespace {
struct Search {
  const void *inside; ///< an address of the object that is meant
  std::string id;
};
} // namespace

/// Whether the object's segments hold the address.
static bool holds(const dl_phdr_info &object, const void *address) {
  auto value = reinterpret_cast<ElfW(Addr)>(address);
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = object.dlpi_phdr[i];
    ElfW(Addr) begin = object.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && value >= begin && value < begin + segment.p_memsz)
      return true;
  }
  return false;
}

/// The GNU build id among the notes of a segment, in hexadecimal; else empty.
static std::string buildIdOf(const char *note, std::size_t size) {
  const char *end = note + size;
  while (note + sizeof(ElfW(Nhdr)) <= end) {
    ElfW(Nhdr) header;
    std::memcpy(&header, note, sizeof header);
    const char *name = note + sizeof header;
    const char *data = name + (header.n_namesz + 3) / 4 * 4;
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 && !std::memcmp(name, "GNU", 4)) {
      std::string id;
      for (unsigned i = 0; i < header.n_descsz; ++i) {
        id += "0123456789abcdef"[(data[i] >> 4) & 15];
        id += "0123456789abcdef"[data[i] & 15];
      }
      return id;
    }
    note = data + (header.n_descsz + 3) / 4 * 4;
  }
  return {};
}

static int visit(dl_phdr_info *object, std::size_t, void *data) {
  auto &search = *static_cast<Search *>(data);
  if (!holds(*object, search.inside))
    return 0;
  for (int i = 0; i < object->dlpi_phnum && search.id.empty(); ++i) {
    const ElfW(Phdr) &segment = object->dlpi_phdr[i];
    if (segment.p_type == PT_NOTE)
      search.id = buildIdOf(reinterpret_cast<const char *>(object->dlpi_addr + segment.p_vaddr),
                            segment.p_memsz);
  }
  return 1;
}

std::string lacuna::compilerBuildId() {
  Search search{reinterpret_cast<const void *>(&compilerBuildId), {}};
  dl_iterate_phdr(visit, &search);
  return search.id;
}
