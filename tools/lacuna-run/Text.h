//===- Text.h - Pieces of an argument's text ---------------------------------===//
#ifndef TOOLS_LACUNA_RUN_TEXT_H
#define TOOLS_LACUNA_RUN_TEXT_H

#include <charconv>
#include <string_view>

namespace lacuna {

/// The next piece of `text` up to `separator`, removed from it with the separator.
inline std::string_view takeUntil(std::string_view &text, char separator) {
  std::size_t end = text.find(separator);
  std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

/// Whether all of `text` is a number of type T, which `value` then is.
template <class T>
bool parseNumber(std::string_view text, T &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_TEXT_H
