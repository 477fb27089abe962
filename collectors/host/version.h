#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace efa {

/// The numbers a version begins with, for comparing: "1.22.0amzn1.0" is 1.22.0, "2.17.3g"
/// is 2.17.3, "4.1.6-2" is 4.1.6, "2019.4.243" and "2021.9" are themselves. What is not there is 0,
/// so that 2021.9 equals 2021.9.0; what follows the numbers is for people and does not count: a
/// candidate 5.0.0rc1 equals 5.0.0.
struct Version {
  static constexpr std::size_t most_numbers = 4;  // those after the fourth do not count

  std::array<std::uint32_t, most_numbers> numbers{};

  constexpr bool operator==(const Version&) const = default;
  constexpr std::strong_ordering operator<=>(const Version& other) const {
    return numbers <=> other.numbers;
  }
};

namespace detail {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Cuts off the number `text` begins with; nothing if there is none or it is too large.
constexpr std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
    if (value > std::numeric_limits<std::uint32_t>::max()) {
      return std::nullopt;
    }
    ++digits;
  }
  if (digits == 0) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return static_cast<std::uint32_t>(value);
}

}  // namespace detail

/// Nothing if `text` does not begin with a number, or one of its numbers is over 2^32-1.
constexpr std::optional<Version> parse_version(std::string_view text) {
  Version version;
  for (std::size_t i = 0; i < Version::most_numbers; ++i) {
    const auto number = detail::take_number(text);
    if (!number) {
      return std::nullopt;
    }
    version.numbers[i] = *number;
    const bool goes_on = text.size() >= 2 && text[0] == '.' && detail::is_digit(text[1]);
    if (!goes_on) {
      break;
    }
    text.remove_prefix(1);
  }
  return version;
}

}  // namespace efa
