#include "tests/lab/efa_device/crc16.h"

namespace efa::lab {

std::uint16_t crc16(Bytes bytes) {
  constexpr std::uint32_t reflected_polynomial = 0xa001;
  std::uint32_t crc = 0xffff;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1) != 0 ? crc >> 1 ^ reflected_polynomial : crc >> 1;
    }
  }
  return static_cast<std::uint16_t>(crc ^ 0xffff);
}

}  // namespace efa::lab
