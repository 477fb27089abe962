#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "collectors/base/unique_fd.h"

namespace efa {

/// A TCP socket that listens, without blocking in accept(2).
struct Listener {
  UniqueFd fd;
  sockaddr_storage address{};  // the port is never 0
  bool shared = false;         // others hold it, too, and listen on: shutdown(2) would end that

  [[nodiscard]] std::uint16_t port() const;
};

/// Listens on an address as an operator writes it: "host:port", "[::1]:port", and ":port" or
/// "[::]:port" for every address, IPv4 and IPv6, which takes two sockets if the kernel has IPv6.
/// Port 0 takes a free one. A name stands for its first address, IPv4 if it has one, as for Go's
/// exporters.
///
/// Errors   throws std::runtime_error that names the address and what is wrong with it
/// Cost     a name is looked up, which may ask a DNS server
std::vector<Listener> listen_on(const std::string& address);

/// Takes over a socket that listens already and that its maker, the service manager, keeps as well:
/// who connects while nobody accepts waits, and is not refused.
///
/// Errors   throws std::runtime_error that names the socket by `name` and says what it is instead
/// of
///          a listening TCP socket
Listener adopt_listener(UniqueFd fd, const std::string& name);

/// The address of a listener as an operator writes it for listen_on().
std::string address_of(const Listener& listener);

/// The port of an IPv4 or IPv6 address.
std::uint16_t port_of(const sockaddr_storage& address);

}  // namespace efa
