#include "config/quoting.h"

#include <algorithm>
#include <cstddef>

#include "config/text_rules.h"

namespace efa {
namespace {

std::size_t character_length(std::string_view text) {
  return std::max<std::size_t>(1, utf8_length(text));
}

bool printable(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) {
    return first >= 0x20 && first < 0x7F;
  }
  // C1 controls, line and paragraph separators, and the byte order mark.
  return !(first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0) &&
         character != "\xE2\x80\xA8" && character != "\xE2\x80\xA9" && character != "\xEF\xBB\xBF";
}

std::string hex(unsigned value, unsigned digits) {
  std::string result;
  for (unsigned i = digits; i > 0; --i) {
    result += "0123456789ABCDEF"[(value >> (4 * (i - 1))) & 0xFU];
  }
  return result;
}

/// `character` is one in UTF-8, or a byte that is none.
std::string escaped(std::string_view character) {
  if (character == "\"" || character == "\\") {
    return "\\" + std::string(character);
  }
  if (character == "\n") {
    return "\\n";
  }
  if (character == "\t") {
    return "\\t";
  }
  if (printable(character)) {
    return std::string(character);
  }
  const auto bits = [&](std::size_t i, unsigned mask) {
    return static_cast<unsigned>(character[i]) & mask;
  };
  switch (character.size()) {
    case 1:
      return "\\x" + hex(bits(0, 0xFF), 2);
    case 2:
      return "\\u" + hex(bits(0, 0x1F) << 6U | bits(1, 0x3F), 4);
    default:  // the unprintable ones have three
      return "\\u" + hex(bits(0, 0xF) << 12U | bits(1, 0x3F) << 6U | bits(2, 0x3F), 4);
  }
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    result += escaped(text.substr(0, length));
    text.remove_prefix(length);
  }
  return result + "\"";
}

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::size_t length = 0;
  while (length < text.size() && length < longest) {
    length += character_length(text.substr(length));
  }
  return quoted(text.substr(0, length)) + (length < text.size() ? "..." : "");
}

std::string duration_text(std::chrono::milliseconds duration) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  if (duration % minutes(1) == seconds::zero()) {
    return std::to_string(duration / minutes(1)) + "m";
  }
  if (duration % seconds(1) == seconds::zero()) {
    return std::to_string(duration / seconds(1)) + "s";
  }
  return std::to_string(duration.count()) + "ms";
}

}  // namespace efa
