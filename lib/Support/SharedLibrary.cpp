#include "lib/Support/SharedLibrary.h"

#include <dlfcn.h>
#include <link.h>

using namespace lacuna;

Result<SharedLibrary> SharedLibrary::open(const std::string &file) {
  if (void *handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL))
    return SharedLibrary(handle);
  const char *reason = dlerror();
  return Status(StatusKind::Driver, reason ? reason : "cannot load " + file);
}

void *SharedLibrary::symbol(const char *name) const { return dlsym(handle, name); }

std::string SharedLibrary::path() const {
  link_map *map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map)
    return {};
  return map->l_name;
}
