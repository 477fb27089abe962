#include "agent/device_scanner.h"

#include <fcntl.h>

#include <string>
#include <utility>

#include "agent/daemon/log.h"
#include "collectors/netlink/netlink_scanner.h"
#include "collectors/netlink/netlink_socket.h"
#include "collectors/sysfs/sysfs_scanner.h"

namespace efa {
namespace {

// Descriptors that readers must leave free: sockets, and the files that are open for a moment.
constexpr std::uint64_t reserved_descriptors = 128;

std::size_t descriptors_to_keep(std::uint64_t limit) {
  return limit > reserved_descriptors ? static_cast<std::size_t>(limit - reserved_descriptors) : 0;
}

bool is_sysfs_mounted(Files& files, const std::string& sysfs) {
  return files.open_directory(AT_FDCWD, (sysfs + "/class").c_str()).ok();
}

}  // namespace

std::unique_ptr<DeviceScanner> make_device_scanner(const Config& config, Files& files,
                                                   const Clock& clock, std::uint64_t descriptors) {
  using Use = NetlinkScanner::Use;
  const CounterSource source = config.counters.source;
  std::unique_ptr<DeviceScanner> sysfs;
  if (source == CounterSource::sysfs || is_sysfs_mounted(files, config.path.sysfs)) {
    sysfs = std::make_unique<SysfsScanner>(
        files, clock, config.path.sysfs, descriptors_to_keep(descriptors),
        source == CounterSource::netlink ? SysfsDevice::PortCounters::leave
                                         : SysfsDevice::PortCounters::read);
  } else {
    log::warning(
        "no sysfs here: counters of ports come from RDMA netlink, those of devices are "
        "not to be had",
        {{"path", config.path.sysfs}});
  }
  if (source == CounterSource::sysfs) {
    return sysfs;
  }
  return std::make_unique<NetlinkScanner>(
      std::move(sysfs), source == CounterSource::netlink ? Use::always : Use::where_missing,
      [] { return std::make_unique<NetlinkSocket>(); }, clock);
}

}  // namespace efa
