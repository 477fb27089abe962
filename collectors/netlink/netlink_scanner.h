#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/engine/device_reader.h"
#include "collectors/netlink/netlink_device.h"
#include "collectors/netlink/netlink_socket.h"
#include "collectors/netlink/rdma_netlink.h"

namespace efa {

/// Gives devices readers that take the port counters from RDMA netlink.
///
/// Source   another scanner, for what sysfs tells; RDMA_NLDEV_CMD_GET; where sysfs is not to be had
///          also RDMA_NLDEV_CMD_GET_CHARDEV, which tells an EFA from other devices
/// Errors   those of the other scanner; RDMA core cannot be asked, or a device of sysfs is not one
///          it knows: that device is as the other scanner gave it
/// Cost     that of the other scanner, and a request that only reads the kernel's memory
/// Threads  see DeviceScanner
class NetlinkScanner final : public DeviceScanner {
 public:
  using MakeTransport = std::function<std::unique_ptr<NetlinkTransport>()>;
  enum class Use : std::uint8_t {
    always,
    where_missing,  // only for devices whose port counters sysfs does not show
  };

  /// `sysfs`: null if there is none. `clock` must outlive the scanner and its readers.
  NetlinkScanner(std::unique_ptr<DeviceScanner> sysfs, Use use, MakeTransport make_transport,
                 const Clock& clock);

  Result<void> scan(Devices& devices) override;

 private:
  // A device has one reader for as long as the other scanner gives the same one: that reader may be
  // in the midst of a reading.
  struct Known {
    std::shared_ptr<DeviceReader> rest;     // the other scanner's reader
    DeviceAttributes attributes;            // as found: while a reader reads nobody may ask it
    std::uint32_t index = 0;                // without sysfs
    std::shared_ptr<NetlinkDevice> reader;  // null: `rest` does
  };

  [[nodiscard]] bool wants_netlink(const DeviceAttributes& device) const;
  Result<void> scan_with_sysfs(Devices& devices);
  Result<void> scan_without_sysfs(Devices& devices);
  Result<bool> is_efa(const RdmaDevice& device);
  Result<void> set_targets();
  [[nodiscard]] Known known_by_sysfs(const std::shared_ptr<DeviceReader>& rest) const;
  [[nodiscard]] Known known_by_name(const RdmaDevice& device) const;

  const std::unique_ptr<DeviceScanner> sysfs_;
  const Use use_;
  const MakeTransport make_transport_;
  const Clock& clock_;
  std::unique_ptr<NetlinkTransport> transport_;
  RdmaNetlink rdma_;
  Devices sysfs_devices_;
  std::vector<Known> known_;   // of the last scan
  std::vector<Known> former_;  // of the one before
  std::map<std::uint32_t, bool> efa_by_index_;
};

}  // namespace efa
