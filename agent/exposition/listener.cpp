#include "agent/exposition/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <variant>

#include <netdb.h>

#include "collectors/base/number.h"

namespace efa {
namespace {

constexpr int backlog = 200;

std::runtime_error refusal(const std::string& text, const std::string& why) {
  return std::runtime_error("cannot listen on \"" + text + "\": " + why);
}

void set_port(sockaddr_storage& address, std::uint16_t port) {
  sockaddr_in ipv4{};  // the port stands at the same place in both families
  std::memcpy(&ipv4, &address, sizeof ipv4);
  ipv4.sin_port = htons(port);
  std::memcpy(&address, &ipv4, sizeof ipv4);
}

sockaddr_storage any_address(sa_family_t family, std::uint16_t port) {
  sockaddr_storage address{};  // the wildcard addresses of both families are all zero
  address.ss_family = family;
  set_port(address, port);
  return address;
}

bool is_any_ipv6(const sockaddr_storage& address) {
  sockaddr_in6 ipv6{};
  std::memcpy(&ipv6, &address, sizeof ipv6);
  return ipv6.sin6_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&ipv6.sin6_addr);
}

// The listener, or the errno of the call that failed.
std::variant<Listener, int> try_listening(const sockaddr_storage& wanted) {
  Listener listener;
  listener.fd.reset(::socket(wanted.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int fd = listener.fd.get();
  const int on = 1;
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    return errno;
  }
  if (wanted.ss_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  const socklen_t wanted_size =
      wanted.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  socklen_t size = sizeof listener.address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&wanted), wanted_size) != 0 ||
      ::listen(fd, backlog) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&listener.address), &size) != 0) {
    return errno;
  }
  return listener;
}

std::string why_refused(int errno_value) {
  switch (errno_value) {
    case EADDRINUSE:
      return "the address is in use by another socket";
    case EACCES:
    case EPERM:
      return "no permission (ports below 1024 need CAP_NET_BIND_SERVICE)";
    case EADDRNOTAVAIL:
      return "not an address of this host";
    case EAFNOSUPPORT:
      return "the kernel does not have this kind of address";
    default:
      return std::generic_category().message(errno_value);
  }
}

sockaddr_storage look_up(const std::string& text, const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failure != 0) {
    throw refusal(text, "the host \"" + host + "\" is not known: " + ::gai_strerror(failure));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  const addrinfo* best = nullptr;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const bool ipv4 = each->ai_family == AF_INET;
    if (ipv4 || (each->ai_family == AF_INET6 && best == nullptr)) {
      best = each;
    }
    if (ipv4) {
      break;
    }
  }
  if (best == nullptr) {
    throw refusal(text, "the host \"" + host + "\" has no IP address");
  }
  sockaddr_storage address{};
  std::memcpy(&address, best->ai_addr, best->ai_addrlen);
  return address;
}

struct Wanted {
  sockaddr_storage address;
  bool every = false;  // of both families
};

Wanted parse(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) {
    throw refusal(text, "expected host:port, :port or [IPv6 address]:port");
  }
  const auto port = parse_u64(std::string_view(text).substr(colon + 1));
  if (!port || *port > UINT16_MAX || text.back() == '\n') {
    throw refusal(text, "the port must be a number from 0 to 65535");
  }
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string::npos) {
    throw refusal(text, "an IPv6 address must stand in brackets, as in [::1]:10045");
  }
  Wanted wanted{};
  wanted.address = host.empty() ? any_address(AF_INET, 0) : look_up(text, host);
  wanted.every = host.empty() || is_any_ipv6(wanted.address);
  set_port(wanted.address, static_cast<std::uint16_t>(*port));
  return wanted;
}

Listener listen_or_throw(const std::string& text, const sockaddr_storage& address) {
  auto result = try_listening(address);
  if (auto* const listener = std::get_if<Listener>(&result)) {
    return std::move(*listener);
  }
  throw refusal(text, why_refused(*std::get_if<int>(&result)));
}

std::vector<Listener> listen_on_every_address(const std::string& text, std::uint16_t port) {
  constexpr int attempts = 16;  // a port that is free for IPv4 may be taken for IPv6
  std::vector<Listener> listeners;
  for (int attempt = 1; listeners.size() < 2; ++attempt) {
    listeners.clear();
    listeners.push_back(listen_or_throw(text, any_address(AF_INET, port)));
    auto ipv6 = try_listening(any_address(AF_INET6, listeners.front().port()));
    if (auto* const listener = std::get_if<Listener>(&ipv6)) {
      listeners.push_back(std::move(*listener));
      break;
    }
    const int why = *std::get_if<int>(&ipv6);
    if (why == EAFNOSUPPORT || why == EADDRNOTAVAIL) {
      break;  // no IPv6 here
    }
    if (why != EADDRINUSE || port != 0 || attempt == attempts) {
      throw refusal(text, why_refused(why));
    }
  }
  return listeners;
}

int option_of(int fd, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

std::uint16_t port_of(const sockaddr_storage& address) {
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, &address, sizeof ipv4);
  return ntohs(ipv4.sin_port);
}

std::uint16_t Listener::port() const { return port_of(address); }

std::vector<Listener> listen_on(const std::string& address) {
  const Wanted wanted = parse(address);
  if (wanted.every) {
    return listen_on_every_address(address, port_of(wanted.address));
  }
  std::vector<Listener> listeners;
  listeners.push_back(listen_or_throw(address, wanted.address));
  return listeners;
}

Listener adopt_listener(UniqueFd fd, const std::string& name) {
  Listener listener;
  listener.fd = std::move(fd);
  listener.shared = true;
  const int socket = listener.fd.get();
  const auto refuse = [&](const std::string& why) {
    return std::runtime_error("cannot serve on the passed socket \"" + name + "\" (descriptor " +
                              std::to_string(socket) + "): " + why);
  };
  socklen_t size = sizeof listener.address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&listener.address), &size) != 0) {
    throw refuse(errno == ENOTSOCK ? "it is no socket" : std::generic_category().message(errno));
  }
  const auto family = listener.address.ss_family;
  if ((family != AF_INET && family != AF_INET6) ||
      option_of(socket, SOL_SOCKET, SO_PROTOCOL) != IPPROTO_TCP) {
    throw refuse("it is no TCP socket; a unit has ListenStream= with a port");
  }
  if (option_of(socket, SOL_SOCKET, SO_ACCEPTCONN) != 1) {
    throw refuse("it does not listen; a unit has Accept=no");
  }
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags < 0 || ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) != 0) {
    throw refuse(std::generic_category().message(errno));
  }
  return listener;
}

std::string address_of(const Listener& listener) {
  std::string port = ':' + std::to_string(listener.port());
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (listener.address.ss_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &listener.address, sizeof ipv4);
    return ::inet_ntop(AF_INET, &ipv4.sin_addr, text.data(), text.size()) + port;
  }
  if (is_any_ipv6(listener.address) &&
      option_of(listener.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY) == 0) {
    return port;  // of IPv4, too
  }
  sockaddr_in6 ipv6{};
  std::memcpy(&ipv6, &listener.address, sizeof ipv6);
  ::inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
  return '[' + std::string(text.data()) + ']' + port;
}

}  // namespace efa
