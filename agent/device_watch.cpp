#include "agent/device_watch.h"

#include <fcntl.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/daemon/log.h"
#include "agent/daemon/problem_log.h"
#include "collectors/netlink/device_events.h"
#include "collectors/netlink/netlink_socket.h"
#include "collectors/netlink/rdma_netlink.h"
#include "collectors/sysfs/device_attributes.h"

namespace efa {
namespace {

std::optional<std::set<std::string>> efa_names(Files& files, const std::string& path) {
  std::vector<DirectoryEntry> entries;
  const auto directory = files.open_directory(AT_FDCWD, path.c_str());
  if (!directory || !files.list(directory->get(), entries)) {
    return std::nullopt;
  }
  std::set<std::string> names;
  for (DirectoryEntry& entry : entries) {
    if (read_efa_identity(files, path + '/' + entry.name)) {
      names.insert(std::move(entry.name));
    }
  }
  return names;
}

void tell(const DeviceEvent& event) {
  LogWords words{{"event", std::string(to_string(event.kind))}, {"device", event.name}};
  if (!event.old_name.empty()) {
    words.emplace_back("was", event.old_name);
  }
  write_words(log::write, LogLevel::info, "the kernel tells of a device", words);
}

std::unique_ptr<DeviceEvents> listen(Files& files, const std::string& path, const Clock& clock) {
  NetlinkSocket socket;
  RdmaNetlink rdma(socket, clock);
  // Without devices RDMA core is not asked: that might load what this host has no use for.
  const bool has_rdma = files.open_directory(AT_FDCWD, path.c_str()).ok();
  auto events =
      has_rdma ? DeviceEvents::listen(rdma) : DeviceEvents::listen_to_uevents(listen_to_group);
  if (!events) {
    log::info(
        "devices that come and go are noticed by scrapes only: the kernel's events are not "
        "to be heard",
        {{"error", events.error().message()}});
    return nullptr;
  }
  return std::make_unique<DeviceEvents>(std::move(*events));
}

}  // namespace

std::shared_ptr<DeviceWatch> make_device_watch(const Config& config, Files& files,
                                               const Clock& clock) {
  const std::string path = config.path.sysfs + "/class/infiniband";
  return std::make_shared<DeviceWatch>(
      listen(files, path, clock),
      DeviceWatch::Host{[&files, path] { return efa_names(files, path); }, tell});
}

}  // namespace efa
