#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/result.h"
#include "collectors/netlink/netlink_socket.h"
#include "collectors/netlink/rdma_netlink.h"

namespace efa {

/// An RDMA device, of any vendor, came, left, or has another name.
struct DeviceEvent {
  enum class Kind : std::uint8_t { added, removed, renamed };

  Kind kind = Kind::added;
  std::string name;      // of a renamed one, the new
  std::string old_name;  // of a renamed one, if the kernel told

  bool operator==(const DeviceEvent&) const = default;
};

/// The word for an event, as label value and in logs.
constexpr std::string_view to_string(DeviceEvent::Kind kind) {
  constexpr std::string_view words[] = {"added", "removed", "renamed"};
  return words[static_cast<std::size_t>(kind)];
}

/// Notices RDMA devices that come, go and are renamed, without looking for them.
///
/// Source   the RDMA core's own events (Linux 6.12 and newer), else the kernel's uevents of
///          SUBSYSTEM=infiniband. Those of a network namespace that is not the host's may not come
/// Errors   of listen(): neither can be heard; the caller looks for devices from time to time.
///          of drain(): transient, events were lost, or malformed, one was not legible: the caller
///          looks for devices once
/// Cost     one system call for each event, and one
/// Threads  one at a time
class DeviceEvents {
 public:
  enum class Source : std::uint8_t { rdma, uevents };
  using Listen = std::function<Result<std::unique_ptr<NetlinkListener>>(int protocol, unsigned)>;

  /// Takes the better source of those that this kernel has and this process may hear.
  static Result<DeviceEvents> listen(RdmaNetlink& rdma, const Listen& listen = listen_to_group);

  /// The kernel's uevents, without asking RDMA core.
  static Result<DeviceEvents> listen_to_uevents(const Listen& listen = listen_to_group);

  DeviceEvents(std::unique_ptr<NetlinkListener> listener, Source source);

  [[nodiscard]] Source source() const { return source_; }
  /// To poll: readable when drain() has something to give.
  [[nodiscard]] int descriptor() const { return listener_->descriptor(); }
  struct Heard {
    std::vector<DeviceEvent> events;  // in order
    std::optional<Error> problem;     // what else there was, and cannot be told
  };
  /// What happened since the last call. Does not wait.
  Heard drain();

 private:
  std::unique_ptr<NetlinkListener> listener_;
  Source source_;
  std::vector<std::byte> buffer_;
};

// Decoders of one datagram: pure, whatever the bytes are. malformed() if it concerns a device and
// does not say what; no event for what does not matter.

/// A datagram of the RDMA core's group: any number of messages.
Result<std::vector<DeviceEvent>> decode_rdma_events(std::span<const std::byte> datagram);
/// A uevent of the kernel: "ACTION@DEVPATH", then KEY=VALUE, each ended by a NUL.
Result<std::optional<DeviceEvent>> decode_uevent(std::span<const std::byte> datagram);

}  // namespace efa
