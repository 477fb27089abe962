#include "tests/support/http_client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <netdb.h>
#include <strings.h>

namespace efa::test {
namespace {

constexpr timeval patience{20, 0};

UniqueFd connect_to(std::uint16_t port, const std::string& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw std::runtime_error("not an IP address: " + address);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  UniqueFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), found->ai_addr, found->ai_addrlen) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect to " + address);
  }
  return fd;
}

// "HTTP/1.1 200 OK", then "name: value" a line.
HttpAnswer parse_head(std::string_view head) {
  HttpAnswer answer;
  answer.status_line = head.substr(0, head.find("\r\n"));
  answer.status = std::stoi(answer.status_line.substr(answer.status_line.find(' ')));
  while (head.find("\r\n") != std::string_view::npos) {
    head.remove_prefix(head.find("\r\n") + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) {
      throw std::runtime_error("not a header: " + std::string(line));
    }
    answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return answer;
}

}  // namespace

std::optional<std::string> HttpAnswer::header(std::string_view name) const {
  for (const auto& [each, value] : headers) {
    if (each.size() == name.size() && ::strncasecmp(each.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

HttpClient::HttpClient(std::uint16_t port, const std::string& address)
    : fd_(connect_to(port, address)) {}

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void HttpClient::end_sending() { ::shutdown(fd_.get(), SHUT_WR); }

// False when the connection has ended.
bool HttpClient::receive() {
  std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (size < 0 && errno != ECONNRESET) {
    throw std::system_error(errno, std::generic_category(), "waiting for the server");
  }
  received_.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return size > 0;
}

HttpAnswer HttpClient::read_answer(bool to_head) {
  auto end = received_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!receive()) {
      throw std::runtime_error("the connection ended before an answer: " + received_);
    }
    end = received_.find("\r\n\r\n");
  }
  HttpAnswer answer = parse_head(std::string_view(received_).substr(0, end));
  received_.erase(0, end + 4);
  const std::size_t size = to_head ? 0 : std::stoul(answer.header("Content-Length").value());
  while (received_.size() < size) {
    if (!receive()) {
      throw std::runtime_error("the connection ended within an answer");
    }
  }
  answer.body = received_.substr(0, size);
  received_.erase(0, size);
  return answer;
}

void HttpClient::await_answer() {
  while (received_.empty() && receive()) {
  }
}

std::string HttpClient::read_to_end() {
  while (receive()) {
  }
  return std::move(received_);
}

void HttpClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

HttpAnswer HttpClient::get(std::string_view path, std::string_view extra_headers) {
  send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" +
       std::string(extra_headers) + "\r\n");
  return read_answer();
}

HttpAnswer http_get(std::uint16_t port, std::string_view path, std::string_view extra_headers) {
  return HttpClient(port).get(path, extra_headers);
}

}  // namespace efa::test
