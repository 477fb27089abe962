#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "collectors/base/clock.h"
#include "collectors/base/unique_fd.h"
#include "tests/lab/efa_device/data_path/fabric.h"
#include "tests/lab/efa_device/device.h"
#include "tests/lab/efa_device/listener.h"
#include "tests/lab/efa_device/log.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/vfio_user/commands.h"
#include "tests/lab/efa_device/vfio_user/connection.h"
#include "tests/lab/efa_device/vfio_user/guest.h"
#include "tests/lab/efa_device/wake_up.h"

namespace efa::lab::vfio_user {

/// One device, and the one client at a time that it is plugged into.
///
/// Errors   a client that sends nonsense is sent away with a line on stderr; the next may come
/// Cost     a poll and two reads for each message, which are done where they are read
/// Threads  run() and serve() in one; the rest from any
class Server {
 public:
  Server(const Profile& profile, unsigned number, Fabric& fabric, const Clock& clock,
         const Log& log);

  /// Serves clients of the listener, one after the other, until stop().
  void run(const Listener& listener);
  /// Serves a connected client until it leaves, or stop(). All it brought is gone afterwards.
  void serve(UniqueFd client);
  void stop() const { stop_.ring(); }

  /// To be touched under the fabric's lock only.
  [[nodiscard]] Device& device() { return device_; }
  /// After something was changed that can become due earlier than it was.
  void look_again() const { changed_.ring(); }

 private:
  [[nodiscard]] std::optional<SteadyTime> do_what_is_due();
  /// Whether the client stays.
  [[nodiscard]] bool take_message(Connection& connection);
  [[nodiscard]] bool execute(Message& message, Connection& connection);
  void unplug();

  Fabric& fabric_;
  const Clock& clock_;
  const Log& log_;
  Guest guest_;
  Device device_;
  Commands commands_;
  WakeUp stop_;
  WakeUp changed_;
};

}  // namespace efa::lab::vfio_user
