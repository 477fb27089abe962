#include "tests/lab/efa_device/crc16.h"

#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace efa::lab {
namespace {

std::uint16_t crc_of(std::string_view text) {
  return crc16(std::vector<std::uint8_t>(text.begin(), text.end()));
}

TEST_CASE("the checksum has the check value of its kind") {
  CHECK(crc_of("123456789") == 0xb4c8);
  CHECK(crc_of("") == 0);
}

}  // namespace
}  // namespace efa::lab
