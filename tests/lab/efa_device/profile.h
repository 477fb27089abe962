#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace efa::lab {

/// What kind of device it is.
struct Profile {
  std::uint8_t generation = 1;  // 0..4
  std::uint16_t gbps = 100;
  /// Minor version of the interface: with 2 the driver checks completions by their CRC, with 3 its
  /// requests have 128 bytes.
  std::uint8_t interface = 3;
  bool rdma_read = true;
  bool rdma_write = true;
  /// How long the driver is to wait for an answer; 0: its own 30 s.
  std::chrono::milliseconds admin_timeout{0};

  [[nodiscard]] std::uint16_t pci_device_id() const {
    return static_cast<std::uint16_t>(0xefa0U + generation);
  }
};

/// A profile as it is given on the command line.
struct ProfileText {
  std::string generation = "efa1";
  std::string gbps = "100";
  std::string interface = "3";
  std::string admin_timeout = "0";
  bool without_rdma_read = false;
  bool without_rdma_write = false;
};

/// Errors   std::invalid_argument says what was given and what was expected
[[nodiscard]] Profile parse_profile(const ProfileText& text);

}  // namespace efa::lab
