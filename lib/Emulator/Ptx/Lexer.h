//===- Lexer.h - PTX text into tokens --------------------------------------===//
#ifndef LIB_EMULATOR_PTX_LEXER_H
#define LIB_EMULATOR_PTX_LEXER_H

#include "lib/Emulator/PtxTypes.h"

#include <string_view>

namespace lacuna::emulator::ptx {

/// One token. A Word is an identifier with its dots: "ld.global.u32", ".reg",
/// "%tid.x", "_".
struct Token {
  enum class Kind : u8 { Word, Number, Text, Punctuation, End };
  Kind kind = Kind::End;
  std::string_view spelling; ///< lies in the text
  u32 line = 0;              ///< from 1

  bool is(char c) const { return kind == Kind::Punctuation && spelling[0] == c; }
  bool is(std::string_view word) const { return kind == Kind::Word && spelling == word; }
};

/// Splits a PTX text; comments and white space are skipped. The text must
/// outlive the lexer and its tokens.
class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) { advance(); }

  /// The token that next() will return.
  const Token &peek() const { return current; }
  /// Returns the current token and moves on.
  Token next();
  /// Skips the rest of the current token's line.
  void skipLine();

private:
  void advance();
  void skipBlank();

  std::string_view text;
  std::size_t position = 0;
  u32 line = 1;
  Token current;
};

} // namespace lacuna::emulator::ptx

#endif // LIB_EMULATOR_PTX_LEXER_H
