#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace efa {

/// What a handler may ask of a request. Views are valid during the handler's call; those of headers
/// are empty if the header is absent, and a header that came twice is joined with a comma.
struct HttpRequest {
  std::string_view method;  // GET or HEAD: the others have been answered with 405
  std::string_view path;    // decoded, without the query; begins with '/'
  std::string_view accept;
  std::string_view accept_encoding;
  std::string_view scrape_timeout;  // X-Prometheus-Scrape-Timeout-Seconds
  std::string_view authorization;
};

/// What a handler answers. `body` comes empty, with storage kept from earlier answers.
/// Content-Length, Connection, Date and X-Content-Type-Options are the server's.
struct HttpResponse {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string_view content_encoding;  // empty: none
  std::string_view extra_headers;     // whole lines that end in CRLF; must outlive the call
  std::string more_headers;           // the same, kept here
  std::string body;
};

/// A server of HTTP/1.1 that runs from when it is made.
class Server {
 public:
  using Handler = std::function<void(const HttpRequest&, HttpResponse&)>;
  /// Called before an answer is sent with its status, for the server's own (400, 405, ...), too.
  using Observer = std::function<void(int status)>;

  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  virtual ~Server() = default;

  /// The ports it listens on, in the order of the addresses or listeners.
  [[nodiscard]] virtual const std::vector<std::uint16_t>& ports() const = 0;

  /// Accepts nothing more, closes idle connections at once, and lets requests that are being
  /// answered finish within `patience`; takes at most a quarter of a second more. Its ports are
  /// free when it returns, but for listeners that are shared. Called by the destructor, too.
  ///
  /// False: a handler has not returned. Its thread and copies of handler and observer are left to
  /// it, so what they refer to must go on living, or the process must end without destroying it.
  virtual bool stop(std::chrono::milliseconds patience) = 0;
};

}  // namespace efa
