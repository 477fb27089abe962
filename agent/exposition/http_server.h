#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/exposition/listener.h"

namespace efa {

/// What a handler may ask of a request. Views are valid during the handler's call; those of headers
/// are empty if the header is absent, and a header that came twice is joined with a comma.
struct HttpRequest {
  std::string_view method;  // GET or HEAD: the others have been answered with 405
  std::string_view path;    // decoded, without the query; begins with '/'
  std::string_view accept;
  std::string_view accept_encoding;
  std::string_view scrape_timeout;  // X-Prometheus-Scrape-Timeout-Seconds
};

/// What a handler answers. `body` comes empty, with storage kept from earlier answers.
/// Content-Length, Connection, Date and X-Content-Type-Options are the server's.
struct HttpResponse {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string_view content_encoding;  // empty: none
  std::string_view extra_headers;     // whole lines that end in CRLF; must outlive the call
  std::string body;
};

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
class HttpServer {
 public:
  using Handler = std::function<void(const HttpRequest&, HttpResponse&)>;
  /// Called before an answer is sent with its status, for the server's own (400, 405, ...), too.
  using Observer = std::function<void(int status)>;

  /// `addresses`: "host:port", ":port" (every address, IPv4 and IPv6), "[::1]:port"; port 0 takes a
  /// free one. A name stands for its first address, IPv4 if it has one.
  HttpServer(const std::vector<std::string>& addresses, unsigned threads, Handler handler,
             Observer observer);
  /// On sockets that listen already. Those that are shared go on doing so when this has stopped.
  HttpServer(std::vector<Listener> listeners, unsigned threads, Handler handler, Observer observer);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// The ports it listens on, in the order of the addresses or listeners.
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const { return ports_; }

  /// Accepts nothing more, closes idle connections at once, and lets requests that are being
  /// answered finish within `patience`; takes at most a quarter of a second more. Its ports are
  /// free when it returns. Called by the destructor, too.
  ///
  /// False: a handler has not returned. Its thread and copies of handler and observer are left to
  /// it, so what they refer to must go on living, or the process must end without destroying it.
  bool stop(std::chrono::milliseconds patience);

 private:
  class Impl;
  void start(std::vector<Listener> listeners, unsigned threads, Handler handler, Observer observer);

  std::vector<std::uint16_t> ports_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace efa
