#include "lib/Emulator/Ptx/Lexer.h"

using namespace lacuna::emulator;
using namespace lacuna::emulator::ptx;

static bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%';
}
static bool isDigit(char c) { return c >= '0' && c <= '9'; }

void Lexer::skipBlank() {
  while (position < text.size()) {
    char c = text[position];
    std::string_view rest = text.substr(position, 2);
    if (c == '\n') {
      ++line;
      ++position;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++position;
    } else if (rest == "//") {
      while (position < text.size() && text[position] != '\n')
        ++position;
    } else if (rest == "/*") {
      std::size_t end = text.find("*/", position + 2);
      end = end == text.npos ? text.size() : end + 2;
      for (; position < end; ++position)
        line += text[position] == '\n';
    } else {
      return;
    }
  }
}

void Lexer::advance() {
  skipBlank();
  current = {Token::Kind::End, {}, line};
  if (position >= text.size())
    return;
  std::size_t begin = position;
  auto at = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  char c = at(begin);
  std::size_t end = begin + 1;
  if (isLetter(c) || (c == '.' && isLetter(at(begin + 1)))) {
    current.kind = Token::Kind::Word;
    // A single colon ends a label; a double one belongs to a modifier
    // (".shared::cta"). A dot only when something follows it.
    while (isLetter(at(end)) || isDigit(at(end)) ||
           (at(end) == '.' && (isLetter(at(end + 1)) || isDigit(at(end + 1)))) ||
           (at(end) == ':' && at(end + 1) == ':'))
      end += at(end) == ':' ? 2 : 1;
  } else if (isDigit(c)) {
    current.kind = Token::Kind::Number;
    while (isLetter(at(end)) || isDigit(at(end)) || (at(end) == '.' && isDigit(at(end + 1))))
      ++end;
  } else if (c == '"') {
    current.kind = Token::Kind::Text;
    while (end < text.size() && text[end] != '"')
      ++end;
    ++end;
  } else {
    current.kind = Token::Kind::Punctuation;
  }
  current.spelling = text.substr(begin, end - begin);
  position = end;
}

Token Lexer::next() {
  Token result = current;
  advance();
  return result;
}

void Lexer::skipLine() {
  u32 here = current.line;
  while (current.kind != Token::Kind::End && current.line == here)
    advance();
}
