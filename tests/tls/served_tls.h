#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agent/tls/tls_context.h"
#include "agent/tls/tls_server.h"
#include "tests/tls/made_certificates.h"
#include "tests/tls/tls_client.h"

namespace efa::test {

/// Signs the certificates of the tests' servers.
inline const MadeCertificate& ca() {
  static const MadeCertificate made = make_ca("CA");
  return made;
}

/// TLS with that certificate, and nothing else.
inline LoadedWebConfig web_config(const MadeCertificate& pair = make_certificate(ca())) {
  LoadedWebConfig loaded;
  loaded.file = "web.yml";
  loaded.config.tls.emplace();
  loaded.config.tls->certificate.text = pair.certificate;
  loaded.config.tls->key.text = pair.key;
  return loaded;
}

/// The request's line and headers are the body.
inline void answer_with_path(const HttpRequest& request, HttpResponse& response) {
  response.body = std::string(request.method) + " " + std::string(request.path) + " " +
                  std::string(request.accept) + "|" + std::string(request.authorization) + "|" +
                  std::string(request.scrape_timeout);
}

/// A TLS server on a port of its own of this machine, whose configuration may change.
struct Served {
  explicit Served(const LoadedWebConfig& config = web_config(),
                  Server::Handler handler = answer_with_path, unsigned most = 4,
                  TlsServer::Limits limits = {})
      : context(load_tls_context(config).context),
        server(
            {"127.0.0.1:0"}, most, [this] { return current(); }, std::move(handler),
            [this](int status) { note(status); }, limits),
        port(server.ports().front()) {}

  std::shared_ptr<SSL_CTX> current() {
    const std::lock_guard lock(mutex);
    return context;
  }
  void change(const LoadedWebConfig& config) {
    auto next = load_tls_context(config).context;
    const std::lock_guard lock(mutex);
    context = std::move(next);
  }
  void note(int status) {
    const std::lock_guard lock(mutex);
    seen.push_back(status);
  }
  std::vector<int> statuses() {
    const std::lock_guard lock(mutex);
    return seen;
  }

  std::mutex mutex;
  std::shared_ptr<SSL_CTX> context;
  std::vector<int> seen;
  TlsServer server;
  std::uint16_t port;
};

/// What is wrong with a handshake and a request, or the answer.
inline std::string outcome(std::uint16_t port, const TlsWish& wish = {}) {
  try {
    return TlsClient(port, wish).get("/x");
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace efa::test
