//===- ApplyNames.cpp - Names of variables in printed text ----------------===//
//
// One pass over the lines. The emitter numbers variables anew in every function
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
