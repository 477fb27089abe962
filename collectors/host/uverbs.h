#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collectors/host/host_files.h"

namespace efa {

/// A file in /dev; never opened, only looked at.
struct DeviceNode {
  bool is_character_device = false;
  std::uint32_t permissions = 0;  // 0666
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  /// Whether everyone, or its group, may read and write.
  [[nodiscard]] bool is_open_to_all() const { return (permissions & 06U) == 06U; }
  [[nodiscard]] bool is_open_to_group() const { return (permissions & 060U) == 060U; }

  bool operator==(const DeviceNode&) const = default;
};

/// The character device through which programs use an RDMA device.
struct UverbsNode {
  std::string name;                // uverbs0
  std::string device;              // rdmap16s27, also mlx5_0; empty: not known
  std::optional<DeviceNode> node;  // in /dev, which a container or a unit may have of its own

  bool operator==(const UverbsNode&) const = default;
};

struct Uverbs {
  bool has_folder = false;        // /dev/infiniband
  std::vector<UverbsNode> nodes;  // that the kernel has, by number

  /// How many the kernel has for that device.
  [[nodiscard]] std::size_t count(const std::string& device) const;
};

/// Source   <sysfs>/class/infiniband_verbs/uverbs*/ibdev, /dev/infiniband/uverbs*
/// Errors   nothing if sysfs cannot be read; without the module ib_uverbs there are no nodes
/// Cost     a file and a stat(2) for each device
std::optional<Uverbs> read_uverbs(HostFiles& files);

}  // namespace efa
