#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/base/unique_fd.h"

namespace efa::test {

/// One answer of an HTTP server.
struct HttpAnswer {
  int status = 0;
  std::string status_line;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The value of a header, its name compared without regard to case; nothing if absent.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// A TCP connection to a server on this machine that sends what it is told, well-formed or not.
///
/// Errors   throws std::runtime_error: cannot connect, ended early, nothing came for 20 s
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, const std::string& address = "127.0.0.1");

  /// Sends bytes as they are; what a server refuses to take is dropped silently.
  void send(std::string_view bytes);
  /// Half close: the server sees the end of what is sent.
  void end_sending();
  /// The next answer, by its Content-Length; without a body after a HEAD request.
  HttpAnswer read_answer(bool to_head = false);
  /// Waits until an answer has begun, and leaves the rest of it unread.
  void await_answer();
  /// Waits until the server has closed the connection, and returns what it sent before.
  std::string read_to_end();
  /// Closes with a reset rather than politely.
  void reset();

  HttpAnswer get(std::string_view path, std::string_view extra_headers = "");

 private:
  bool receive();

  UniqueFd fd_;
  std::string received_;
};

/// One GET on a connection of its own.
HttpAnswer http_get(std::uint16_t port, std::string_view path, std::string_view extra_headers = "");

}  // namespace efa::test
