#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/backoff.h"
#include "collectors/base/clock.h"
#include "collectors/engine/device_reader.h"
#include "collectors/netlink/netlink_socket.h"
#include "collectors/netlink/rdma_netlink.h"

namespace efa {

/// Reads the port counters of one EFA device by RDMA netlink: all of a port in one message, of one
/// moment. What netlink does not tell, the counters of the device and its attributes, comes from
/// another reader, if there is one.
///
/// A port that cannot be read is asked again after a second, then more and more rarely up to once a
/// minute, because each try costs admin commands and lines in the kernel log.
///
/// Source   RDMA_NLDEV_CMD_STAT_GET, Linux 5.3 and newer
/// Errors   in the DeviceReading; the kernel does not say why a device did not tell its counters
///          (transient)
/// Cost     two system calls for a port, and the device is asked in each reading: the kernel keeps
///          no copy for a while, as it does for sysfs
/// Threads  see DeviceReader; set_target() is safe to call during read()
class NetlinkDevice final : public DeviceReader {
 public:
  /// `rest`: reads the same device but for its ports, and nobody reads it yet; `clock` must outlive
  /// it. The ports cannot be read before the target is set.
  NetlinkDevice(std::unique_ptr<NetlinkTransport> transport, const Clock& clock,
                std::shared_ptr<DeviceReader> rest);
  /// Without sysfs.
  NetlinkDevice(std::unique_ptr<NetlinkTransport> transport, const Clock& clock,
                const RdmaDevice& device);

  /// Which device RDMA core is to be asked for; null: it has none of that name.
  void set_target(const RdmaDevice* device);

  [[nodiscard]] const std::string& identity() const override { return identity_; }
  [[nodiscard]] std::shared_ptr<const DeviceLayout> layout() const override { return layout_; }
  void read(DeviceReading& out) override;

 private:
  struct Port {
    std::uint32_t number = 0;
    std::string name;
    std::vector<std::string> counters;              // as the kernel told them last
    std::vector<std::optional<std::size_t>> slots;  // parallel: where they go
    Result<std::vector<RdmaCounter>> answer{std::vector<RdmaCounter>{}};  // of this reading
    Backoff backoff;
    std::optional<Problem> problem;  // why it is backed off
  };

  NetlinkDevice(std::unique_ptr<NetlinkTransport> transport, const Clock& clock,
                DeviceAttributes attributes, std::shared_ptr<DeviceReader> rest);

  void renew_ports(std::uint64_t target);
  void ask(Port& port, std::uint32_t device, SteadyTime now);
  void renew_layout();
  static void add_port(Port& port, std::size_t of_rest, DeviceLayout& layout);
  static void fill(const Port& port, DeviceReading& out);

  std::unique_ptr<NetlinkTransport> transport_;
  const Clock& clock_;
  RdmaNetlink rdma_;
  std::atomic<std::uint64_t> target_;  // index, and above it the number of ports
  const DeviceAttributes attributes_;  // what netlink knows
  const std::shared_ptr<DeviceReader> rest_;
  std::string identity_;
  std::vector<Port> ports_;
  DeviceReading rest_reading_;
  std::shared_ptr<const DeviceLayout> rest_layout_;  // that layout_ was made from
  std::shared_ptr<const DeviceLayout> layout_;
  bool is_layout_old_ = false;
};

/// What RDMA netlink tells of a device: its name, and its GUID as sysfs has it.
DeviceAttributes attributes_of(const RdmaDevice& device);

}  // namespace efa
