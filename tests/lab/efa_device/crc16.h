#pragma once

#include <cstdint>

#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// The checksum of admin queue entries: polynomial 0x8005, reflected, begun and ended with 0xffff.
[[nodiscard]] std::uint16_t crc16(Bytes bytes);

}  // namespace efa::lab
