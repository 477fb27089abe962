#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collectors/base/files.h"
#include "collectors/base/result.h"
#include "collectors/engine/reading.h"

namespace efa {

/// The PCI function behind an RDMA device: what makes it an EFA, and its identity.
struct PciIdentity {
  std::string address;  // 0000:10:1b.0
  std::string id;       // 1d0f:efa2

  bool operator==(const PciIdentity&) const = default;
};

/// The PCI function of an RDMA device if it is an EFA: vendor 0x1d0f, device 0xefa*. Absent for any
/// other device (mlx5, software RDMA, the NVLink bridges of P6) and one that left meanwhile.
Result<PciIdentity> read_efa_identity(Files& files, const std::string& device_path);

/// What sysfs tells of an EFA device besides its counters; what cannot be read is left empty. Ports
/// and their attributes are not included.
///
/// Source   <device>/node_guid, <device>/device/{numa_node,p2p}, <device>/ports/1/gids/0,
///          /sys/module/efa/version
/// Cost     six files; none asks the device
DeviceAttributes read_attributes(Files& files, const std::string& sysfs, const std::string& name,
                                 const PciIdentity& pci);

/// The MAC address in a link-local GID made by EUI-64 ("fe80:0000:0000:0000:0094:3dff:fe89:1b70"
/// is 02:94:3d:89:1b:70); nothing for any other text.
std::optional<std::string> mac_of_gid(std::string_view gid);

/// Bytes per second of a port's rate ("100 Gb/sec (4X EDR)").
std::optional<double> parse_rate(std::string_view rate);

}  // namespace efa
