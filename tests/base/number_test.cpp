#include "collectors/base/number.h"

#include <limits>

#include "tests/support/catch.h"

namespace efa {
namespace {

TEST_CASE("a counter is a decimal number, with leading zeros or not") {
  CHECK(parse_u64("0") == 0U);
  CHECK(parse_u64("100") == 100U);
  CHECK(parse_u64("0100") == 100U);
  CHECK(parse_u64("00000000000000000000000000001") == 1U);
}

TEST_CASE("a counter may be followed by one newline and nothing else") {
  CHECK(parse_u64("1\n") == 1U);
  CHECK_FALSE(parse_u64("1\n\n"));
  CHECK_FALSE(parse_u64("1 "));
  CHECK_FALSE(parse_u64("1\r\n"));
  CHECK_FALSE(parse_u64("1x"));
  CHECK_FALSE(parse_u64("1\n2"));
  CHECK_FALSE(parse_u64(std::string_view("1\0", 2)));
}

TEST_CASE("a counter of 2^64-1 is exact, and one more is refused") {
  CHECK(parse_u64("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(parse_u64("18446744073709551616"));
  CHECK_FALSE(parse_u64("99999999999999999999999"));
  CHECK(parse_u64("9007199254740993") == 9007199254740993U);  // no double holds it
}

TEST_CASE("what is not a number is no value, never zero") {
  CHECK_FALSE(parse_u64(""));
  CHECK_FALSE(parse_u64("\n"));
  CHECK_FALSE(parse_u64("N/A"));
  CHECK_FALSE(parse_u64("N/A (no PMA)\n"));
  CHECK_FALSE(parse_u64("-1"));
  CHECK_FALSE(parse_u64("+1"));
  CHECK_FALSE(parse_u64(" 1"));
  CHECK_FALSE(parse_u64("0x10"));
  CHECK_FALSE(parse_u64("1.5"));
}

TEST_CASE("a rate is the number its text begins with") {
  CHECK(parse_leading_decimal("100 Gb/sec (4X EDR)") == 100.0);
  CHECK(parse_leading_decimal("2.5 Gb/sec (1X SDR)") == 2.5);
  CHECK(parse_leading_decimal("400") == 400.0);
}

TEST_CASE("a text that does not begin with a digit has no rate") {
  CHECK_FALSE(parse_leading_decimal(""));
  CHECK_FALSE(parse_leading_decimal(" 100 Gb/sec"));
  CHECK_FALSE(parse_leading_decimal("-100 Gb/sec"));
  CHECK_FALSE(parse_leading_decimal("inf"));
  CHECK_FALSE(parse_leading_decimal(".5"));
}

TEST_CASE("white space is cut off at both ends and kept inside") {
  CHECK(trimmed(" \t4X EDR\r\n") == "4X EDR");
  CHECK(trimmed("NVIDIA") == "NVIDIA");
  CHECK(trimmed(" \n").empty());
  CHECK(trimmed("").empty());
}

}  // namespace
}  // namespace efa
