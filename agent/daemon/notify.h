#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/base/result.h"

namespace efa {

/// Tells the service manager how the agent is, in the protocol of sd_notify(3). That page
/// documents the protocol as stable and invites others to speak it; libsystemd would cost 1.2 MB
/// of the 8 MB of memory that the agent aims for (measured).
///
/// Source   the datagram socket that NOTIFY_SOCKET names: a path, or "@name" in the abstract
/// namespace Errors   of sendto(2), returned for the log and otherwise without effect; none if
/// there is no socket Cost     one sendto; at most one second if the manager does not read Threads
/// safe to call concurrently
class Notifier {
 public:
  /// To the service manager that started this process; to nobody if there is none.
  static Notifier from_environment();
  /// To `address`; to nobody if it is empty.
  explicit Notifier(std::string_view address) : address_(address) {}

  [[nodiscard]] bool connected() const { return !address_.empty(); }

  /// Started, or done with reloading.
  Result<void> ready(std::string_view status) const;
  /// Reading the configuration anew; ready() must follow.
  Result<void> reloading() const;
  Result<void> stopping() const;
  /// One line for `systemctl status`.
  Result<void> status(std::string_view text) const;
  /// Alive; due more often than the watchdog's interval.
  Result<void> watchdog() const;

 private:
  [[nodiscard]] Result<void> send(std::string_view message) const;

  std::string address_;
};

/// How long the service manager waits for Notifier::watchdog() before it kills the agent; nothing
/// if it does not wait. A third of it is a good interval to call it in.
std::optional<std::chrono::microseconds> watchdog_timeout_from_environment();
/// The same of any WATCHDOG_USEC and WATCHDOG_PID (null: not set) for the process `self`.
std::optional<std::chrono::microseconds> watchdog_timeout(const char* usec, const char* pid,
                                                          pid_t self);

}  // namespace efa
