#include "collectors/base/number.h"

#include <charconv>
#include <system_error>

namespace efa {

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  if (!text.empty() && text.back() == '\n') {
    text.remove_suffix(1);
  }
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [parsed_to, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || parsed_to != end) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> parse_leading_decimal(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') {
    return std::nullopt;
  }
  double value = 0;
  const auto [parsed_to, failure] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (failure != std::errc{}) {
    return std::nullopt;
  }
  return value;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const auto begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

}  // namespace efa
