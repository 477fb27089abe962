#include "collectors/proc/stat_text.h"

#include <algorithm>

namespace efa {

std::string_view take_word(std::string_view& text) {
  constexpr std::string_view white = " \t\n";
  text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(white));
  text.remove_prefix(word.size());
  return word;
}

// The command may hold spaces and parentheses itself: it ends at the last one.
std::optional<StatText> StatText::parse(std::string_view text) {
  const auto begin = text.find('(');
  const auto end = text.rfind(')');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return std::nullopt;
  }
  StatText result;
  result.command_ = text.substr(begin + 1, end - begin - 1);
  text.remove_prefix(end + 1);
  for (std::string_view& field : result.fields_) {
    field = take_word(text);
  }
  return result;
}

}  // namespace efa
