#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "collectors/base/unique_fd.h"
#include "tests/tls/made_certificates.h"

namespace efa::test {

struct TlsWish {
  std::string ca;                           // trusted; empty: the server is not verified
  std::optional<MadeCertificate> identity;  // the client's own
  int version = 0;                          // the only one; 0: any
  std::string protocols;                    // ALPN, in its wire format
};

/// A TLS connection to a server on this machine.
///
/// Errors   throws std::runtime_error with what OpenSSL says; a read that takes 20 s is one
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, const TlsWish& wish = {});

  void send(std::string_view bytes);
  /// One answer, head and body, by its Content-Length.
  std::string read_answer();
  /// What comes until the server closes the connection.
  std::string read_to_end();
  std::string get(std::string_view path, std::string_view extra_headers = "");

  [[nodiscard]] std::string server_name() const;  // the CN of its certificate
  [[nodiscard]] std::string version() const;
  [[nodiscard]] std::string protocol() const;  // of ALPN

 private:
  template <auto Free>
  struct Freed {
    void operator()(auto* object) const { Free(object); }
  };
  bool receive();

  UniqueFd fd_;
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> ssl_;
  std::string received_;
};

/// A TCP connection to the same.
UniqueFd connect_to(std::uint16_t port);

}  // namespace efa::test
