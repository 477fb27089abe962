#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <openssl/types.h>

#include "agent/exposition/listener.h"
#include "agent/exposition/server.h"

namespace efa {

/// An HTTP/1.1 server over TLS, on Boost.Asio, Boost.Beast and OpenSSL. (civetweb's TLS cannot
/// change certificates while it runs, and in Debian needs development packages to run at all.)
///
/// One thread does all that may have to wait for a client: handshakes, requests that come in, and
/// answers that go out. Only the handler runs in others, so that who is slow holds none of them.
/// Plain HTTP is told so with status 400. The answer to that takes the way of every answer, through
/// a thread that runs handlers: the agent's watchdog asks that way, and needs no certificate.
///
/// Errors   as HttpServer
/// Cost     a thread, and one for each handler that ever ran at the same time; 75 KiB a connection.
///          When there are as many connections as there may be, one is closed: of those that have
///          not finished the handshake the one that was silent for longest, else of the others
/// Threads  as HttpServer
class TlsServer final : public Server {
 public:
  /// What the next handshake uses. Called in the server's own thread.
  using Context = std::function<std::shared_ptr<SSL_CTX>()>;

  struct Limits {
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds request{10'000};     // from its first byte; also to take the answer
    std::chrono::milliseconds keep_alive{75'000};  // more than the usual time between scrapes
    std::chrono::milliseconds farewell{1'000};     // for the client to close
  };

  /// `most`: connections, and handlers, at once; two at least.
  TlsServer(const std::vector<std::string>& addresses, unsigned most, Context context,
            Handler handler, Observer observer, Limits limits);
  TlsServer(const std::vector<std::string>& addresses, unsigned most, Context context,
            Handler handler, Observer observer)
      : TlsServer(addresses, most, std::move(context), std::move(handler), std::move(observer),
                  Limits{}) {}
  /// On sockets that listen already. Those that are shared go on doing so when this has stopped.
  TlsServer(std::vector<Listener> listeners, unsigned most, Context context, Handler handler,
            Observer observer);
  ~TlsServer() override;

  [[nodiscard]] const std::vector<std::uint16_t>& ports() const override { return ports_; }
  bool stop(std::chrono::milliseconds patience) override;

 private:
  class Impl;
  std::vector<std::uint16_t> ports_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace efa
