#include "tests/imds/fake_imds.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

#include <netdb.h>

namespace efa::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

UniqueFd listen_on(const std::string& address, std::uint16_t& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), "0", &hints, &found) != 0) {
    throw std::system_error(EINVAL, std::generic_category(), address);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  UniqueFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    fail("listen on " + address);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  std::array<char, NI_MAXSERV> service{};
  auto* any = reinterpret_cast<sockaddr*>(&bound);
  if (::getsockname(fd.get(), any, &size) != 0 ||
      ::getnameinfo(any, size, nullptr, 0, service.data(), service.size(), NI_NUMERICSERV) != 0) {
    fail("the port of " + address);
  }
  port = static_cast<std::uint16_t>(std::stoi(service.data()));
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

MetadataRequest parse_head(const std::string& head) {
  MetadataRequest request;
  const auto method_end = head.find(' ');
  const auto path_end = head.find(' ', method_end + 1);
  request.method = head.substr(0, method_end);
  request.path = head.substr(method_end + 1, path_end - method_end - 1);
  for (auto begin = head.find("\r\n") + 2; begin < head.size();) {
    const auto end = head.find("\r\n", begin);
    const std::string line = head.substr(begin, end - begin);
    if (const auto colon = line.find(": "); colon != std::string::npos) {
      request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    begin = end + 2;
  }
  return request;
}

std::string status_line(int status) {
  return "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " Not OK") +
         "\r\nServer: EC2ws\r\n";
}

std::string with_length(std::size_t length) {
  return "Content-Type: text/plain\r\nContent-Length: " + std::to_string(length) + "\r\n";
}

std::string proper(const MetadataReply& reply, std::string_view header = "") {
  std::string text = status_line(reply.status) + with_length(reply.body.size());
  text.append(header).append("\r\n").append(reply.body);
  return text;
}

// A chunk for each half, the second with an extension, and a trailer.
std::string chunked(const MetadataReply& reply) {
  std::string text = status_line(reply.status) + "Transfer-Encoding: chunked\r\n\r\n";
  const std::size_t half = reply.body.size() / 2;
  for (const std::string& part : {reply.body.substr(0, half), reply.body.substr(half)}) {
    if (!part.empty()) {
      std::array<char, 32> size{};
      std::snprintf(size.data(), size.size(), "%zx", part.size());
      text.append(size.data()).append(";a=b\r\n").append(part).append("\r\n");
    }
  }
  return text + "0\r\nX-Trailer: 1\r\n\r\n";
}

void reset_at_close(int fd) {
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

FakeImds::FakeImds(MetadataService& service, const std::string& address)
    : service_(service), stop_(::eventfd(0, EFD_CLOEXEC)) {
  endpoint_.host = address;
  listener_ = listen_on(address, endpoint_.port);
  if (!stop_) {
    fail("eventfd");
  }
  thread_ = std::thread([this] { run(); });
}

FakeImds::~FakeImds() {
  const std::uint64_t one = 1;
  while (::write(stop_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

std::string FakeImds::last_head() const {
  const std::lock_guard lock(mutex_);
  return last_head_;
}

void FakeImds::run() {
  std::vector<pollfd> waited;
  while (true) {
    waited = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const auto& [fd, connection] : open_) {
      waited.push_back({fd, POLLIN, 0});
    }
    if (::poll(waited.data(), waited.size(), -1) < 0) {
      continue;
    }
    if (waited[0].revents != 0) {
      return;
    }
    for (std::size_t i = 2; i < waited.size(); ++i) {
      if (waited[i].revents != 0 && !serve(open_.at(waited[i].fd))) {
        open_.erase(waited[i].fd);
      }
    }
    if (waited[1].revents != 0) {
      accept_one();
    }
  }
}

void FakeImds::accept_one() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (fd) {
    ++connections_;
    const int key = fd.get();
    open_[key] = {std::move(fd), {}};
  }
}

// False: the connection is over.
bool FakeImds::serve(Connection& connection) {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  std::array<char, 4096> buffer{};
  const ssize_t size = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
  if (size <= 0) {
    return false;
  }
  connection.received.append(buffer.data(), static_cast<std::size_t>(size));
  for (auto end = connection.received.find(end_of_head); end != std::string::npos;
       end = connection.received.find(end_of_head)) {
    const std::string head = connection.received.substr(0, end + 2);
    connection.received.erase(0, end + end_of_head.size());
    if (!answer(connection.fd.get(), head)) {
      return false;
    }
  }
  return true;
}

bool FakeImds::answer(int fd, const std::string& head) {
  constexpr std::size_t too_much = 64 * 1024 + 1;
  {
    const std::lock_guard lock(mutex_);
    last_head_ = head;
  }
  const MetadataReply reply = service_.answer(parse_head(head));
  switch (manner_.load()) {
    case Manner::proper:
      send_all(fd, proper(reply));
      return true;
    case Manner::chunked:
      send_all(fd, chunked(reply));
      return true;
    case Manner::closing:
      send_all(fd, proper(reply, "Connection: close\r\n"));
      return false;
    case Manner::dropping:
      send_all(fd, proper(reply));
      return false;
    case Manner::ended:
      send_all(fd, status_line(reply.status) + "\r\n" + reply.body);
      return false;
    case Manner::redirected:
      send_all(fd, proper({302, ""}, "Location: " + url() + "/latest/meta-data/instance-type\r\n"));
      return true;
    case Manner::oversized:
      send_all(fd, proper({200, std::string(too_much, 'x')}));
      return true;
    case Manner::endless:
      send_all(fd, status_line(200) + "Transfer-Encoding: chunked\r\n\r\n5;" +
                       std::string(4 * too_much, 'x'));
      return true;
    case Manner::truncated:
      send_all(fd, status_line(200) + with_length(reply.body.size() * 2) + "\r\n" + reply.body);
      return false;
    case Manner::garbage:
      send_all(fd, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
      return true;
    case Manner::reset:
      reset_at_close(fd);
      return false;
    case Manner::silent:
      return true;
  }
  return true;
}

}  // namespace efa::test
