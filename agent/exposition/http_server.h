#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/exposition/listener.h"
#include "agent/exposition/server.h"

namespace efa {

/// An HTTP/1.1 server with keep-alive, on civetweb.
///
/// Errors   the constructor throws std::runtime_error that names the address that cannot be bound
///          and why; an exception that leaves a handler becomes a 500 without a word of it, so a
///          handler that wants it logged catches it itself
/// Cost     a thread a connection, from a fixed set (of two at least), each with a stack of 100
/// KiB; one send for head
///          and body. When every thread has a connection, the one that has been silent for longest
///          is closed, so that neither idle nor half sent requests keep a scrape out
/// Threads  handlers run concurrently, one for each connection; the members of this class belong to
///          one thread. Makes the process ignore SIGPIPE; its threads take no signals
class HttpServer final : public Server {
 public:
  /// `addresses`: "host:port", ":port" (every address, IPv4 and IPv6), "[::1]:port"; port 0 takes a
  /// free one. A name stands for its first address, IPv4 if it has one.
  HttpServer(const std::vector<std::string>& addresses, unsigned threads, Handler handler,
             Observer observer);
  /// On sockets that listen already. Those that are shared go on doing so when this has stopped.
  HttpServer(std::vector<Listener> listeners, unsigned threads, Handler handler, Observer observer);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer() override;

  [[nodiscard]] const std::vector<std::uint16_t>& ports() const override { return ports_; }
  bool stop(std::chrono::milliseconds patience) override;

 private:
  class Impl;
  void start(std::vector<Listener> listeners, unsigned threads, Handler handler, Observer observer);

  std::vector<std::uint16_t> ports_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace efa
