#include "lib/Runtime/CacheFile.h"

#include "lib/Support/Hash.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <fcntl.h>
#include <unistd.h>

using namespace lacuna;
using Json = nlohmann::ordered_json;

static constexpr std::string_view magic = "lacuna-cache 1 ";
static constexpr std::size_t stampDigits = 20;
static_assert(magic.size() + stampDigits == cacheStampEnd);

static std::string formatStamp(std::uint64_t stamp) {
  std::string digits = std::to_string(stamp);
  return std::string(stampDigits - digits.size(), '0') + digits;
}

static Json describe(std::string_view bytes) {
  return {{"bytes", bytes.size()}, {"digest", hashHex(bytes)}};
}

std::string lacuna::formatCacheFile(std::string_view key, const CacheEntry &entry,
                                    std::uint64_t stamp) {
  Json parts = Json::array();
  std::string bytes(key);
  for (const auto &[name, part] : entry) {
    Json description = {{"name", name}};
    description.update(describe(part));
    parts.push_back(std::move(description));
    bytes += part;
  }
  std::string manifest = Json({{"key", describe(key)}, {"parts", std::move(parts)}}).dump();
  return std::string(magic) + formatStamp(stamp) + "\n" + hashHex(manifest) + "\n" + manifest +
         "\n" + bytes;
}

std::uint64_t lacuna::cacheFileStamp(std::string_view file) {
  std::uint64_t stamp = 0;
  if (file.size() >= cacheStampEnd && file.starts_with(magic))
    std::from_chars(file.data() + magic.size(), file.data() + cacheStampEnd, stamp);
  return stamp;
}

/// Takes the bytes that `description` promises off the front of `rest`; none
/// when there are fewer or they are others.
static std::optional<std::string_view> takeVerified(const Json &description,
                                                    std::string_view &rest) {
  if (!description.is_object() || !description.contains("bytes") || !description.contains("digest"))
    return std::nullopt;
  const Json &bytes = description["bytes"], &digest = description["digest"];
  if (!bytes.is_number_unsigned() || !digest.is_string())
    return std::nullopt;
  std::uint64_t size = bytes.get<std::uint64_t>();
  if (size > rest.size() || hashHex(rest.substr(0, size)) != digest.get_ref<const std::string &>())
    return std::nullopt;
  std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

/// Takes a line with its end off the front of `rest`; none without an end.
static std::optional<std::string_view> takeLine(std::string_view &rest) {
  std::size_t end = rest.find('\n');
  if (end == std::string_view::npos)
    return std::nullopt;
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<CacheEntry> lacuna::parseCacheFile(std::string_view file, std::string_view key) {
  if (file.size() <= cacheStampEnd || !file.starts_with(magic) || file[cacheStampEnd] != '\n')
    return std::nullopt;
  file.remove_prefix(cacheStampEnd + 1);
  std::optional<std::string_view> digest = takeLine(file), text = takeLine(file);
  if (!digest || !text || hashHex(*text) != *digest)
    return std::nullopt;
  Json manifest = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("key") || !manifest.contains("parts") ||
      !manifest["parts"].is_array())
    return std::nullopt;
  std::string_view rest = file;
  if (takeVerified(manifest["key"], rest) != key)
    return std::nullopt;
  CacheEntry entry;
  for (const Json &description : manifest["parts"]) {
    std::optional<std::string_view> bytes = takeVerified(description, rest);
    if (!bytes || !description.contains("name") || !description["name"].is_string())
      return std::nullopt;
    entry[description["name"].get<std::string>()] = *bytes;
  }
  if (!rest.empty())
    return std::nullopt;
  return entry;
}

void lacuna::touchCacheFile(const std::string &path, std::uint64_t stamp) {
  int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0)
    return;
  std::string digits = formatStamp(stamp);
  [[maybe_unused]] ssize_t ignored = ::pwrite(file, digits.data(), digits.size(), magic.size());
  ::close(file);
}
