#include "agent/exposition/server_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "collectors/base/number.h"

namespace efa {
namespace {

struct TcpSocket {
  sockaddr_storage address{};
  bool listening = false;
};

// A TCP socket, or nothing.
std::optional<TcpSocket> inspect(int fd) {
  TcpSocket socket;
  socklen_t size = sizeof socket.address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&socket.address), &size) != 0) {
    return std::nullopt;
  }
  int protocol = 0;
  int accepting = 0;
  size = sizeof protocol;
  if ((socket.address.ss_family != AF_INET && socket.address.ss_family != AF_INET6) ||
      ::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0 || protocol != IPPROTO_TCP ||
      ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &size) != 0) {
    return std::nullopt;
  }
  socket.listening = accepting != 0;
  return socket;
}

// The address without the port, in the form of IPv6; all zero for the wildcards of both families.
in6_addr host_of(const sockaddr_storage& address) {
  in6_addr host{};
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    return ipv6.sin6_addr;
  }
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, &address, sizeof ipv4);
  std::memcpy(&host.s6_addr[12], &ipv4.sin_addr, sizeof ipv4.sin_addr);
  return host;
}

// dup3(2) as it is. ThreadSanitizer, which watches the function but does not see how civetweb's
// threads synchronise, would take civetweb's later close(2) for a race.
int replace_descriptor(int with, int fd) {
  return static_cast<int>(::syscall(SYS_dup3, with, fd, O_CLOEXEC));
}

// Milliseconds since anything was sent or received; nothing if a request waits to be read, or if
// either side has ended it already.
std::optional<std::uint32_t> quiet_for(int fd) {
  pollfd news{fd, POLLIN | POLLRDHUP, 0};
  if (::poll(&news, 1, 0) != 0) {
    return std::nullopt;
  }
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return std::nullopt;
  }
  return std::min(info.tcpi_last_data_recv, info.tcpi_last_data_sent);
}

}  // namespace

ServerSockets::ServerSockets(std::vector<Listener> listeners)
    : stand_in_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), listeners_(std::move(listeners)) {
  if (auto directory = files_.open_directory(AT_FDCWD, "/proc/self/fd")) {
    directory_ = std::move(*directory);
  }
  for (const auto& listener : listeners_) {
    addresses_.push_back(listener.address);
  }
}

std::string ServerSockets::placeholders() const {
  std::string specification;
  for (std::size_t i = 0; i < places(); ++i) {
    specification += i == 0 ? "127.0.0.1:0" : ",127.0.0.1:0";
  }
  return specification;
}

// In an accepted IPv6 connection's record civetweb built without IPv6 lets getsockname(2) write 28
// bytes into a member of 16; the other 12 fall into the member behind it, the client's address,
// which nothing here reads. Found in the source of 1.15 and in Debian's binary. IPv4 has sockets
// of its own, so that only clients that use IPv6 come there.
bool ServerSockets::put_listeners_in_place(const std::vector<std::uint16_t>& placeholder_ports) {
  places_.assign(places(), -1);
  for_each_socket([&](int fd, const TcpSocket& socket) {
    const auto port =
        std::find(placeholder_ports.begin(), placeholder_ports.end(), port_of(socket.address));
    if (socket.listening && port != placeholder_ports.end() &&
        host_of(socket.address).s6_addr32[3] == htonl(INADDR_LOOPBACK)) {
      places_[static_cast<std::size_t>(port - placeholder_ports.begin())] = fd;
    }
  });
  bool all = true;
  for (std::size_t i = 0; all && i < places_.size(); ++i) {
    const int fd = i < listeners_.size() ? listeners_[i].fd.get() : stand_in_.get();
    all = places_[i] >= 0 && replace_descriptor(fd, places_[i]) >= 0;
  }
  return all;
}

void ServerSockets::close_listeners() {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (!listeners_[i].shared) {
      ::shutdown(listeners_[i].fd.get(), SHUT_RDWR);
    }
    replace_descriptor(stand_in_.get(), places_[i]);
  }
}

// A poll(2) that was woken by close_listeners() and found the stand-in already in place waits on
// for the listener: it does not begin to wait for another file half-way.
void ServerSockets::wake_listeners() {
  const std::lock_guard lock(mutex_);
  ::eventfd_write(stand_in_.get(), 1);
  for (const auto& listener : listeners_) {
    if (!listener.shared) {
      ::shutdown(listener.fd.get(), SHUT_RDWR);
    }
  }
  listeners_.clear();
}

template <typename Visit>
void ServerSockets::for_each_socket(Visit visit) {
  const std::lock_guard lock(mutex_);
  if (!directory_ || !files_.list(directory_.get(), entries_)) {
    return;
  }
  for (const auto& entry : entries_) {
    const auto number = parse_u64(entry.name);
    const int fd = number ? static_cast<int>(*number) : -1;
    if (const auto socket = inspect(fd)) {
      visit(fd, *socket);
    }
  }
}

bool ServerSockets::is_connection_of_ours(const sockaddr_storage& bound) const {
  const in6_addr host = host_of(bound);
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const sockaddr_storage& address) {
    const in6_addr ours = host_of(address);
    return port_of(address) == port_of(bound) && address.ss_family == bound.ss_family &&
           (IN6_IS_ADDR_UNSPECIFIED(&ours) || std::memcmp(&ours, &host, sizeof host) == 0);
  });
}

template <typename Visit>
void ServerSockets::for_each_connection(Visit visit) {
  for_each_socket([&](int fd, const TcpSocket& socket) {
    const bool was_listener =
        std::any_of(listeners_.begin(), listeners_.end(),
                    [fd](const Listener& listener) { return listener.fd.get() == fd; });
    if (!socket.listening && !was_listener && is_connection_of_ours(socket.address)) {
      visit(fd);
    }
  });
}

std::size_t ServerSockets::shut_down_connections(int how) {
  std::size_t count = 0;
  for_each_connection([&count, how](int fd) {
    ++count;
    ::shutdown(fd, how);
  });
  return count;
}

bool ServerSockets::shut_down_quietest(std::chrono::milliseconds at_least) {
  int quietest = -1;
  std::uint32_t longest = 0;
  std::size_t count = 0;
  for_each_connection([&](int fd) {
    ++count;
    const auto quiet = quiet_for(fd);
    if (quiet && (quietest < 0 || *quiet > longest)) {
      quietest = fd;
      longest = *quiet;
    }
  });
  return count > 1 && quietest >= 0 && std::chrono::milliseconds(longest) >= at_least &&
         ::shutdown(quietest, SHUT_RD) == 0;
}

void ServerSockets::close_connections() {
  for_each_connection([](int fd) { ::close(fd); });
}

}  // namespace efa
