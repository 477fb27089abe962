#pragma once

#include <rdma/rdma_netlink.h>

#include <cstdint>

namespace efa {

// What <rdma/rdma_netlink.h> does not have everywhere: that of Linux 6.1 ends at
// RDMA_NLDEV_ATTR_STAT_HWCOUNTER_DYNAMIC, 95. The numbers are the kernel's ABI.
inline constexpr std::uint16_t nldev_attr_driver_details = 97;     // u8, Linux 6.11
inline constexpr std::uint16_t nldev_attr_event_type = 102;        // u8, Linux 6.12
inline constexpr std::uint16_t nldev_sys_attr_monitor_mode = 103;  // u8, Linux 6.12
inline constexpr std::uint16_t nldev_cmd_monitor = 28;
inline constexpr unsigned rdma_group_notify = 4;
static_assert(RDMA_NLDEV_ATTR_STAT_HWCOUNTER_DYNAMIC == 95);

enum NldevEvent : std::uint8_t {
  nldev_event_register = 0,
  nldev_event_unregister = 1,
  nldev_event_rename = 4,
};

/// The type of a netlink message that carries a command of the RDMA devices, RDMA_NLDEV_CMD_*.
constexpr std::uint16_t nldev_type(unsigned command) {
  return static_cast<std::uint16_t>((unsigned{RDMA_NL_NLDEV} << 10U) + command);
}

}  // namespace efa
