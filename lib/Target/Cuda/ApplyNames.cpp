//===- ApplyNames.cpp - Names of variables in printed text ----------------===//
//
// One pass over the lines. A variable that is declared on one line and assigned on
// the next is declared with its value. The emitter numbers variables anew in every function
// and never reuses a number inside one, so the marks of a function are simply
// collected until its closing brace in the first column.
//
//===----------------------------------------------------------------------===//
#include "lib/Target/Cuda/EmitCuda.h"

#include <cctype>
#include <unordered_map>

using namespace lacuna;

static constexpr std::string_view markPrefix = "//= ";

static bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// Appends `body` with words replaced by their names.
static void appendRenamed(std::string &out, std::string_view body,
                          const std::unordered_map<std::string_view, std::string_view> &names) {
  for (size_t at = 0; at < body.size();) {
    size_t end = at;
    while (end < body.size() && isWord(body[end]))
      ++end;
    if (end == at) {
      out += body[at++];
      continue;
    }
    // A word behind a dot is a member.
    auto name = at && body[at - 1] == '.' ? names.end() : names.find(body.substr(at, end - at));
    out += name == names.end() ? body.substr(at, end - at) : name->second;
    at = end;
  }
}

/// Joins "  T v1;" with a following "  v1 = ...;" to "  T v1 = ...;". `body` ends
/// with the first line; true when `line` was joined to it.
static bool joinDeclaration(std::string &body, std::string_view line) {
  size_t start = body.size() < 2 ? std::string::npos : body.rfind('\n', body.size() - 2);
  std::string_view last = std::string_view(body).substr(start == std::string::npos ? 0 : start + 1);
  size_t indent = line.find_first_not_of(' '), end = line.find(" = ");
  if (indent == std::string_view::npos || end == std::string_view::npos || !last.ends_with(";\n"))
    return false;
  std::string_view name = line.substr(indent, end - indent);
  std::string_view declared = last.substr(0, last.size() - 2);
  size_t space = declared.rfind(' ');
  if (space == std::string_view::npos || declared.substr(space + 1) != name ||
      declared.find_first_of("=(") != std::string_view::npos ||
      declared.find_first_not_of(' ') == space)
    return false;
  body.resize(body.size() - 2);
  body += line.substr(end);
  return true;
}

std::string lacuna::applyNames(std::string_view text) {
  std::string out, body;
  std::unordered_map<std::string_view, std::string_view> names;
  out.reserve(text.size());
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n') + 1);
    if (line.empty())
      line = text;
    text.remove_prefix(line.size());
    size_t mark = line.find_first_not_of(' ');
    if (mark != std::string_view::npos && line.substr(mark).starts_with(markPrefix)) {
      std::string_view pair = line.substr(mark + markPrefix.size());
      size_t space = pair.find(' ');
      names[pair.substr(0, space)] = pair.substr(space + 1, pair.find('\n') - space - 1);
      continue;
    }
    if (!joinDeclaration(body, line))
      body += line;
    if (line.starts_with("}")) {
      appendRenamed(out, body, names);
      names.clear();
      body.clear();
    }
  }
  appendRenamed(out, body, names);
  return out;
}
