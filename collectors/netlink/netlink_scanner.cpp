#include "collectors/netlink/netlink_scanner.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace efa {
namespace {

// Sysfs and RDMA core are asked one after the other, and devices may have changed names between.
const RdmaDevice* find(const std::vector<RdmaDevice>& devices, const DeviceAttributes& wanted) {
  const auto found = std::find_if(devices.begin(), devices.end(), [&](const RdmaDevice& device) {
    return device.name == wanted.name;
  });
  if (found == devices.end()) {
    return nullptr;
  }
  const std::string guid = attributes_of(*found).node_guid;
  const bool is_another = !guid.empty() && !wanted.node_guid.empty() && guid != wanted.node_guid;
  return is_another ? nullptr : &*found;
}

}  // namespace

NetlinkScanner::NetlinkScanner(std::unique_ptr<DeviceScanner> sysfs, Use use,
                               MakeTransport make_transport, const Clock& clock)
    : sysfs_(std::move(sysfs)),
      use_(use),
      make_transport_(std::move(make_transport)),
      clock_(clock),
      transport_(make_transport_()),
      rdma_(*transport_, clock) {}

Result<void> NetlinkScanner::scan(Devices& devices) {
  former_ = std::exchange(known_, {});
  auto scanned = sysfs_ ? scan_with_sysfs(devices) : scan_without_sysfs(devices);
  former_.clear();
  return scanned;
}

bool NetlinkScanner::wants_netlink(const DeviceAttributes& device) const {
  return use_ == Use::always || device.ports.empty();
}

Result<void> NetlinkScanner::scan_with_sysfs(Devices& devices) {
  const auto scanned = sysfs_->scan(sysfs_devices_);
  std::transform(sysfs_devices_.begin(), sysfs_devices_.end(), std::back_inserter(known_),
                 [&](const auto& rest) { return known_by_sysfs(rest); });
  const auto asked = set_targets();
  devices.clear();
  for (const Known& known : known_) {
    if (known.reader) {
      devices.push_back(known.reader);
    } else {
      devices.push_back(known.rest);
    }
  }
  return scanned ? asked : scanned;
}

// If RDMA core cannot be asked this time, the targets stay.
Result<void> NetlinkScanner::set_targets() {
  const bool is_wanted = std::any_of(known_.begin(), known_.end(),
                                     [](const Known& known) { return known.reader != nullptr; });
  if (!is_wanted) {
    return {};
  }
  const auto found = rdma_.devices();
  if (!found) {
    return Error{found.error().reason, found.error().errno_value, "RDMA netlink"};
  }
  for (const Known& known : known_) {
    if (known.reader) {
      known.reader->set_target(find(*found, known.attributes));
    }
  }
  return {};
}

Result<void> NetlinkScanner::scan_without_sysfs(Devices& devices) {
  const auto found = rdma_.devices();
  if (!found && found.error().reason != Reason::absent) {
    known_ = former_;
    return Error{found.error().reason, found.error().errno_value, "RDMA netlink"};
  }
  std::optional<Error> problem;
  std::map<std::uint32_t, bool> efa_by_index;
  for (const RdmaDevice& device : found ? *found : std::vector<RdmaDevice>()) {
    const auto efa = is_efa(device);
    if (!efa) {
      problem = Error{efa.error().reason, efa.error().errno_value,
                      "RDMA netlink: the driver of " + device.name};
      continue;
    }
    efa_by_index.emplace(device.index, *efa);
    if (*efa) {
      known_.push_back(known_by_name(device));
    }
  }
  efa_by_index_ = std::move(efa_by_index);
  devices.clear();
  for (const Known& known : known_) {
    devices.push_back(known.reader);
  }
  std::sort(devices.begin(), devices.end(),
            [](const auto& a, const auto& b) { return a->identity() < b->identity(); });
  return problem ? Result<void>(*problem) : Result<void>();
}

// An index is another one each time that a device is registered.
Result<bool> NetlinkScanner::is_efa(const RdmaDevice& device) {
  if (const auto known = efa_by_index_.find(device.index); known != efa_by_index_.end()) {
    return known->second;
  }
  const auto driver = rdma_.driver(device.index);
  return driver ? Result<bool>(*driver == efa_driver) : Result<bool>(driver.error());
}

NetlinkScanner::Known NetlinkScanner::known_by_sysfs(
    const std::shared_ptr<DeviceReader>& rest) const {
  const auto same = std::find_if(former_.begin(), former_.end(),
                                 [&](const Known& known) { return known.rest == rest; });
  if (same != former_.end()) {
    return *same;
  }
  Known known{rest, rest->layout()->attributes, 0, nullptr};
  if (wants_netlink(known.attributes)) {
    known.reader = std::make_shared<NetlinkDevice>(make_transport_(), clock_, rest);
  }
  return known;
}

NetlinkScanner::Known NetlinkScanner::known_by_name(const RdmaDevice& device) const {
  const auto same = std::find_if(former_.begin(), former_.end(), [&](const Known& known) {
    return known.index == device.index && known.attributes.name == device.name;
  });
  return same != former_.end()
             ? *same
             : Known{nullptr, attributes_of(device), device.index,
                     std::make_shared<NetlinkDevice>(make_transport_(), clock_, device)};
}

}  // namespace efa
