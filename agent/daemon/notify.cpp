#include "agent/daemon/notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "collectors/base/number.h"
#include "collectors/base/unique_fd.h"

namespace efa {
namespace {

struct Address {
  sockaddr_un address{};
  socklen_t size = 0;  // 0: not an address
};

// A path ends in a zero byte; an abstract name begins with one and ends where it ends.
Address parse_address(std::string_view text) {
  Address parsed;
  const bool known = text.size() > 1 && (text.front() == '/' || text.front() == '@');
  if (!known || text.size() >= sizeof(parsed.address.sun_path)) {
    return parsed;
  }
  parsed.address.sun_family = AF_UNIX;
  std::copy(text.begin(), text.end(), std::begin(parsed.address.sun_path));
  std::size_t size = offsetof(sockaddr_un, sun_path) + text.size();
  if (text.front() == '@') {
    parsed.address.sun_path[0] = '\0';
  } else {
    ++size;
  }
  parsed.size = static_cast<socklen_t>(size);
  return parsed;
}

// A newline would begin another assignment.
std::string status_line(std::string_view text) {
  std::string line = "STATUS=" + std::string(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

Notifier Notifier::from_environment() {
  const char* address = std::getenv("NOTIFY_SOCKET");
  return Notifier(address == nullptr ? "" : address);
}

Result<void> Notifier::ready(std::string_view status) const {
  return send("READY=1\n" + status_line(status));
}

Result<void> Notifier::reloading() const {
  // The manager tells a stale READY=1 by this time from the one that ends the reload.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

Result<void> Notifier::stopping() const { return send("STOPPING=1"); }

Result<void> Notifier::status(std::string_view text) const { return send(status_line(text)); }

Result<void> Notifier::watchdog() const { return send("WATCHDOG=1"); }

Result<void> Notifier::send(std::string_view message) const {
  if (!connected()) {
    return {};
  }
  const std::string context = "NOTIFY_SOCKET " + address_;
  const Address to = parse_address(address_);
  if (to.size == 0) {
    return Error::from_errno(EAFNOSUPPORT, context);
  }
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) {
    return Error::from_errno(errno, context);
  }
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  // The cast is what sendto(2) documents.
  const auto* address = reinterpret_cast<const sockaddr*>(&to.address);
  if (::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL, address, to.size) < 0) {
    return Error::from_errno(errno, context);
  }
  return {};
}

std::optional<std::chrono::microseconds> watchdog_timeout_from_environment() {
  return watchdog_timeout(std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"), ::getpid());
}

std::optional<std::chrono::microseconds> watchdog_timeout(const char* usec, const char* pid,
                                                          pid_t self) {
  const bool for_another = pid != nullptr && parse_u64(pid) != static_cast<std::uint64_t>(self);
  if (usec == nullptr || for_another) {
    return std::nullopt;
  }
  constexpr auto largest = static_cast<std::uint64_t>(std::chrono::microseconds::max().count());
  const std::uint64_t timeout = parse_u64(usec).value_or(0);
  if (timeout == 0 || timeout > largest) {
    return std::nullopt;
  }
  return std::chrono::microseconds(timeout);
}

}  // namespace efa
