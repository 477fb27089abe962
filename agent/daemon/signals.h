#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>

namespace efa {

enum class Signal : std::uint8_t {
  terminate,  // SIGTERM, SIGINT
  reload,     // SIGHUP
};

/// Takes the signals a daemon is spoken to with, one at a time and outside of any handler.
///
/// Must be made before the first thread is: its constructor blocks the signals in the thread that
/// calls it, and only threads that begin later inherit that. A thread that began earlier would be
/// ended by SIGTERM, and the process with it. SIGPIPE is ignored from then on, in the whole
/// process. Neither is undone: a second SIGTERM while the agent ends must not cut that short.
///
/// Errors   the constructor throws std::system_error
/// Threads  wait_for() belongs to one thread
class SignalWaiter {
 public:
  SignalWaiter();

  /// The next signal; nothing if none came in `duration`. Signals of a kind that
  /// came while nobody waited are one.
  std::optional<Signal> wait_for(std::chrono::nanoseconds duration);

 private:
  sigset_t signals_{};
};

}  // namespace efa
