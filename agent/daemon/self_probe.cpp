#include "agent/daemon/self_probe.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include <netdb.h>

#include "collectors/base/unique_fd.h"

namespace efa {
namespace {

std::string host_to_ask(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty() || host == "0.0.0.0") {
    return "127.0.0.1";
  }
  return host == "::" ? "::1" : host;
}

void set_timeouts(int fd, std::chrono::milliseconds patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval limit{seconds.count(), std::chrono::microseconds(patience - seconds).count()};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // connect(2), too
}

Result<UniqueFd> connect_to(const std::string& host, std::uint16_t port,
                            std::chrono::milliseconds patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return Error{Reason::transient, 0, "cannot resolve " + host};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  UniqueFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) {
    return Error::from_errno(errno, "socket");
  }
  set_timeouts(fd.get(), patience);
  if (::connect(fd.get(), found->ai_addr, found->ai_addrlen) != 0) {
    return Error::from_errno(errno, "connect to " + host);
  }
  return fd;
}

}  // namespace

Result<void> probe_http(const std::string& address, std::uint16_t port, const std::string& path,
                        std::chrono::milliseconds patience, ProvingAnswer wanted) {
  const auto fd = connect_to(host_to_ask(address), port, patience);
  if (!fd) {
    return fd.error();
  }
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (::send(fd->get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return Error::from_errno(errno, "send");
  }
  std::array<char, 64> head{};
  const ssize_t size = ::recv(fd->get(), head.data(), head.size(), MSG_WAITALL);
  if (size < 0) {
    return Error::from_errno(errno, "receive");
  }
  const std::string_view text(head.data(), static_cast<std::size_t>(size));
  const bool proves =
      wanted == ProvingAnswer::ok ? text.starts_with("HTTP/1.1 200 ") : text.starts_with("HTTP/1.");
  if (!proves) {
    return Error{Reason::transient, 0,
                 path + " answers " + std::string(text.substr(0, text.find('\r')))};
  }
  return {};
}

}  // namespace efa
