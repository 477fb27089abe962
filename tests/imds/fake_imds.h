#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "collectors/base/unique_fd.h"
#include "collectors/imds/http_endpoint.h"
#include "tests/imds/metadata_service.h"

namespace efa::test {

/// An IMDS over HTTP on a port of its own of this machine.
///
/// Errors   throws std::system_error
/// Threads  one of its own; all calls are safe concurrently
class FakeImds {
 public:
  /// How an answer is sent.
  enum class Manner : std::uint8_t {
    proper,
    chunked,
    closing,     // says that it closes the connection, and does
    dropping,    // closes the connection without saying so
    ended,       // tells no length: the end of the connection is that of the body
    redirected,  // to the same server: "Location: http://.../latest/meta-data/instance-type"
    oversized,   // of 64 KiB and a byte
    endless,     // one chunk's head that never ends
    truncated,   // half of the body, then the end of the connection
    garbage,     // no HTTP
    reset,       // none, and the connection is reset
    silent,      // none at all
  };

  explicit FakeImds(MetadataService& service, const std::string& address = "127.0.0.1");
  FakeImds(const FakeImds&) = delete;
  FakeImds& operator=(const FakeImds&) = delete;
  ~FakeImds();

  void behave(Manner manner) { manner_ = manner; }

  [[nodiscard]] std::uint16_t port() const { return endpoint_.port; }
  [[nodiscard]] const HttpEndpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] std::string url() const { return "http://" + endpoint_.authority(); }
  /// Accepted so far.
  [[nodiscard]] std::size_t connections() const { return connections_; }
  /// The whole head of the last request.
  [[nodiscard]] std::string last_head() const;

 private:
  struct Connection {
    UniqueFd fd;
    std::string received;
  };

  void run();
  void accept_one();
  bool serve(Connection& connection);
  bool answer(int fd, const std::string& head);

  MetadataService& service_;
  HttpEndpoint endpoint_;
  UniqueFd listener_;
  UniqueFd stop_;
  std::atomic<Manner> manner_{Manner::proper};
  std::atomic<std::size_t> connections_{0};
  mutable std::mutex mutex_;
  std::string last_head_;
  std::map<int, Connection> open_;
  std::thread thread_;
};

}  // namespace efa::test
