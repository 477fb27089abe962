#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace efa {

/// The one decimal number in what a sysfs file printed: digits, then at most one
/// newline. "0100" is one hundred: the kernel prints no octal. Nothing for
/// an empty text, a sign, any other character, or a number over 2^64-1.
std::optional<std::uint64_t> parse_u64(std::string_view text);

/// The number at the start of `text`, with decimals ("2.5 Gb/sec"): bytes-exact is
/// not wanted here, speeds are. Nothing if it does not begin with a digit.
std::optional<double> parse_leading_decimal(std::string_view text);

/// `text` without white space at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace efa
