#include "collectors/netlink/device_events.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <utility>

#include "collectors/netlink/messages.h"
#include "collectors/netlink/rdma_numbers.h"
#include "collectors/netlink/rdma_objects.h"

namespace efa {
namespace {

constexpr std::size_t datagram_size = std::size_t{16} << 10U;  // of a uevent: at most 2 KiB of keys
constexpr std::size_t datagrams_at_once = 4096;
constexpr unsigned kernel_uevents = 1;  // udev's own, of group 2, are not for us

Error malformed() { return {Reason::malformed, 0, {}}; }

std::optional<DeviceEvent::Kind> kind_of(std::uint8_t event) {
  switch (event) {
    case nldev_event_register:
      return DeviceEvent::Kind::added;
    case nldev_event_unregister:
      return DeviceEvent::Kind::removed;
    case nldev_event_rename:
      return DeviceEvent::Kind::renamed;
    default:
      return std::nullopt;
  }
}

std::optional<DeviceEvent::Kind> kind_of(std::string_view action) {
  if (action == "add") {
    return DeviceEvent::Kind::added;
  }
  if (action == "remove") {
    return DeviceEvent::Kind::removed;
  }
  if (action == "move") {
    return DeviceEvent::Kind::renamed;
  }
  return std::nullopt;
}

std::string_view last_component(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

struct Uevent {
  std::string_view action;
  std::string_view path;
  std::string_view old_path;
  std::string_view subsystem;
};

void read_key(std::string_view line, Uevent& event) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    return;
  }
  const std::string_view key = line.substr(0, equals);
  const std::string_view value = line.substr(equals + 1);
  if (key == "ACTION") {
    event.action = value;
  } else if (key == "DEVPATH") {
    event.path = value;
  } else if (key == "DEVPATH_OLD") {
    event.old_path = value;
  } else if (key == "SUBSYSTEM") {
    event.subsystem = value;
  }
}

Uevent read_keys(std::string_view text) {
  Uevent event;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    read_key(text.substr(0, end), event);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return event;
}

Result<std::vector<DeviceEvent>> decode(DeviceEvents::Source source,
                                        std::span<const std::byte> datagram) {
  if (source == DeviceEvents::Source::rdma) {
    return decode_rdma_events(datagram);
  }
  auto event = decode_uevent(datagram);
  if (!event) {
    return event.error();
  }
  std::vector<DeviceEvent> events;
  if (*event) {
    events.push_back(std::move(**event));
  }
  return events;
}

}  // namespace

Result<std::vector<DeviceEvent>> decode_rdma_events(std::span<const std::byte> datagram) {
  std::vector<DeviceEvent> events;
  MessageReader reader(datagram);
  while (const auto message = reader.next()) {
    if (message->type != nldev_type(nldev_cmd_monitor)) {
      continue;
    }
    auto event = decode_event(message->payload);
    if (!event) {
      return event.error();
    }
    const auto kind = kind_of(event->type);
    if (!kind) {
      continue;  // of a network device, say
    }
    if (event->name.empty()) {
      return malformed();
    }
    events.push_back({*kind, std::move(event->name), {}});
  }
  return reader.malformed() ? malformed() : Result(std::move(events));
}

Result<std::optional<DeviceEvent>> decode_uevent(std::span<const std::byte> datagram) {
  std::string text(datagram.size(), '\0');
  std::transform(datagram.begin(), datagram.end(), text.begin(),
                 [](std::byte byte) { return static_cast<char>(byte); });
  const Uevent uevent = read_keys(text);
  const auto kind = kind_of(uevent.action);
  if (uevent.subsystem != "infiniband" || (!kind && !uevent.action.empty())) {
    return std::optional<DeviceEvent>();
  }
  const std::string_view name = last_component(uevent.path);
  if (!kind || name.empty()) {
    return malformed();
  }
  return std::optional(
      DeviceEvent{*kind, std::string(name), std::string(last_component(uevent.old_path))});
}

DeviceEvents::DeviceEvents(std::unique_ptr<NetlinkListener> listener, Source source)
    : listener_(std::move(listener)), source_(source), buffer_(datagram_size) {}

Result<DeviceEvents> DeviceEvents::listen(RdmaNetlink& rdma, const Listen& listen) {
  const auto system = rdma.system();
  if (system && system->monitor) {
    if (auto listener = listen(NETLINK_RDMA, rdma_group_notify)) {
      return DeviceEvents(std::move(*listener), Source::rdma);
    }
  }
  return listen_to_uevents(listen);
}

Result<DeviceEvents> DeviceEvents::listen_to_uevents(const Listen& listen) {
  auto listener = listen(NETLINK_KOBJECT_UEVENT, kernel_uevents);
  if (!listener) {
    return listener.error();
  }
  return DeviceEvents(std::move(*listener), Source::uevents);
}

// Reads on after an event that was lost or is not legible. A flood is left to the next call.
DeviceEvents::Heard DeviceEvents::drain() {
  Heard heard;
  for (std::size_t i = 0; i < datagrams_at_once; ++i) {
    const auto size = listener_->receive(buffer_);
    if (!size) {
      heard.problem = size.error();
      if (heard.problem->errno_value == ENOBUFS || heard.problem->reason == Reason::malformed) {
        continue;
      }
      break;
    }
    if (!*size) {
      break;
    }
    auto decoded = decode(source_, std::span(buffer_).first(**size));
    if (decoded) {
      std::move(decoded->begin(), decoded->end(), std::back_inserter(heard.events));
    } else {
      heard.problem = decoded.error();
    }
  }
  return heard;
}

}  // namespace efa
