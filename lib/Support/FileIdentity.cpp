#include "lib/Support/FileIdentity.h"

#include "lib/Support/Files.h"
#include "lib/Support/Hash.h"

#include <climits>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fstream>
#include <link.h>
#include <string_view>
#include <unistd.h>
#include <vector>

using namespace lacuna;

/// `size` bytes at `offset`; empty when the file has fewer.
static std::string readAt(std::ifstream &file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  file.clear();
  file.seekg(offset);
  file.read(bytes.data(), size);
  return file ? bytes : std::string();
}

/// Description of the build-id note in a segment of notes, or nothing. Each
/// note is a header, a name and a description, padded to 4 bytes.
static std::string_view buildIdIn(std::string_view notes) {
  auto padded = [](std::size_t size) { return (size + 3) & ~std::size_t(3); };
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes.data(), sizeof(note));
    std::size_t name = sizeof(note), description = name + padded(note.n_namesz);
    if (description + note.n_descsz > notes.size())
      break;
    if (note.n_type == NT_GNU_BUILD_ID && notes.substr(name, 4) == std::string_view("GNU\0", 4))
      return notes.substr(description, note.n_descsz);
    notes.remove_prefix(std::min(notes.size(), description + padded(note.n_descsz)));
  }
  return {};
}

/// The build id of an ELF file; empty when there is none.
static std::string buildId(const std::string &path) {
  constexpr std::size_t mostNoteBytes = 1 << 16;
  std::ifstream file(path, std::ios::binary);
  std::string headerBytes = readAt(file, 0, sizeof(ElfW(Ehdr)));
  if (headerBytes.compare(0, SELFMAG, ELFMAG, SELFMAG) != 0)
    return {};
  ElfW(Ehdr) header;
  std::memcpy(&header, headerBytes.data(), sizeof(header));
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    std::string bytes =
        readAt(file, header.e_phoff + std::uint64_t(i) * header.e_phentsize, sizeof(ElfW(Phdr)));
    if (bytes.empty())
      return {};
    ElfW(Phdr) segment;
    std::memcpy(&segment, bytes.data(), sizeof(segment));
    if (segment.p_type != PT_NOTE || segment.p_filesz > mostNoteBytes)
      continue;
    std::string notes = readAt(file, segment.p_offset, segment.p_filesz);
    if (std::string_view id = buildIdIn(notes); !id.empty())
      return std::string(id);
  }
  return {};
}

Result<std::string> lacuna::fileIdentity(const std::string &path) {
  if (std::string id = buildId(path); !id.empty()) {
    std::string text = "build-id:";
    for (unsigned char byte : id)
      for (int digit : {byte >> 4, byte & 15})
        text += "0123456789abcdef"[digit];
    return text;
  }
  Result<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.status();
  return "content:" + hashHex(*bytes);
}

std::string lacuna::ownFile() {
  Dl_info info;
  link_map *map = nullptr;
  if (dladdr1(reinterpret_cast<void *>(&lacuna::ownFile), &info, reinterpret_cast<void **>(&map),
              RTLD_DL_LINKMAP) &&
      map && map->l_name && *map->l_name)
    return map->l_name;
  // The main program has no name in the link map.
  char path[PATH_MAX];
  ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  return length > 0 ? std::string(path, length) : std::string();
}
