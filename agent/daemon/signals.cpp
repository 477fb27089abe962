#include "agent/daemon/signals.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <initializer_list>
#include <system_error>

namespace efa {
namespace {

timespec to_timespec(std::chrono::nanoseconds duration) {
  const auto positive = std::max(duration, std::chrono::nanoseconds::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(positive);
  return {.tv_sec = static_cast<std::time_t>(seconds.count()),
          .tv_nsec = static_cast<long>((positive - seconds).count())};
}

}  // namespace

SignalWaiter::SignalWaiter() {
  ::sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    ::sigaddset(&signals_, signal);
  }
  const int failure = ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  if (failure != 0) {
    throw std::system_error(failure, std::generic_category(), "cannot block signals");
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  if (::sigaction(SIGPIPE, &ignore, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot ignore SIGPIPE");
  }
}

std::optional<Signal> SignalWaiter::wait_for(std::chrono::nanoseconds duration) {
  const auto deadline = std::chrono::steady_clock::now() + duration;
  while (true) {
    const timespec left = to_timespec(deadline - std::chrono::steady_clock::now());
    const int signal = ::sigtimedwait(&signals_, nullptr, &left);
    if (signal > 0) {
      return signal == SIGHUP ? Signal::reload : Signal::terminate;
    }
    // EINTR: the process was stopped and continued, or a handler ran.
    if (errno != EINTR) {
      return std::nullopt;
    }
  }
}

}  // namespace efa
