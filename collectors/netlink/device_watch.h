#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "collectors/base/result.h"
#include "collectors/base/unique_fd.h"
#include "collectors/engine/reading.h"
#include "collectors/netlink/device_events.h"

namespace efa {

/// Counts the EFA devices that come, go and are renamed, as it happens: between two scrapes, too.
///
/// Source   DeviceEvents; where these are not to be heard, or not complete (in a container), what
///          the readings find, which is told by note()
/// Cost     a thread that sleeps until the kernel has an event
/// Threads  note() and counts() are safe to call concurrently
class DeviceWatch {
 public:
  static constexpr std::size_t kinds = 3;
  using Counts = std::array<std::uint64_t, kinds>;  // by DeviceEvent::Kind

  /// What the watch wants to know of the host.
  struct Host {
    /// The EFA devices that there are; nothing if that cannot be told.
    std::function<std::optional<std::set<std::string>>()> efa_names;
    /// Called for each event of an EFA, at once.
    std::function<void(const DeviceEvent&)> tell;
  };

  /// Without `events` only what is noted counts.
  DeviceWatch(std::unique_ptr<DeviceEvents> events, Host host);
  DeviceWatch(const DeviceWatch&) = delete;
  DeviceWatch& operator=(const DeviceWatch&) = delete;
  ~DeviceWatch();

  /// All devices of a reading; the first ones are those that were there before.
  void note(const std::vector<NamedDevice>& found);
  [[nodiscard]] Counts counts() const;

 private:
  void run();
  void go_on_by_readings();
  void take(const std::vector<DeviceEvent>& events);
  [[nodiscard]] bool concerns_efa(const DeviceEvent& event) const;

  const std::unique_ptr<DeviceEvents> events_;
  const Host host_;
  std::set<std::string> names_;  // that EFA devices have, or had; the thread's
  UniqueFd stop_;

  mutable std::mutex mutex_;  // guards what follows
  Counts heard_{};
  Counts found_{};
  std::optional<std::vector<NamedDevice>> last_found_;

  std::thread thread_;
};

}  // namespace efa
