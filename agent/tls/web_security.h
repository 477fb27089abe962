#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/exposition/listener.h"
#include "agent/exposition/server.h"
#include "config/config.h"
#include "config/load.h"

namespace efa {

/// What a web configuration (--web.config.file) turns on: TLS, passwords, headers, a limit of
/// requests. The file and those that it names are looked at before each handshake and each request,
/// and read again when one has changed; if what they say then is wrong, the last sound state stays.
///
/// Cost     a stat(2) of each file a request; a bcrypt computation for a password that was not
///          seen lately
/// Threads  all members are safe to call concurrently
class WebSecurity {
 public:
  /// Told what becomes of changed files: once for each state of them.
  using Tell =
      std::function<void(LogLevel level, std::string_view message, std::string_view error)>;

  WebSecurity() = default;
  WebSecurity(const WebSecurity&) = delete;
  WebSecurity& operator=(const WebSecurity&) = delete;
  virtual ~WebSecurity() = default;

  /// Never changes: a file that turns TLS on or off while the agent runs is wrong.
  [[nodiscard]] virtual bool uses_tls() const = 0;

  /// Reads the files again, changed or not, and tells.
  virtual void reload() = 0;

  /// `next` for those who may ask; the others are told what they lack. Refers to this object.
  [[nodiscard]] virtual Server::Handler guarded(Server::Handler next) = 0;

  /// Serves over TLS, where uses_tls(). Refers to this object.
  ///
  /// Errors   as HttpServer
  [[nodiscard]] virtual std::unique_ptr<Server> serve_tls(std::vector<Listener> listeners,
                                                          unsigned threads, Server::Handler handler,
                                                          Server::Observer observer) = 0;
};

/// Null, and why, if the web configuration, or a file that it names, is wrong.
struct MadeWebSecurity {
  std::unique_ptr<WebSecurity> security;
  std::vector<ConfigError> errors;
};

MadeWebSecurity make_web_security(const std::string& file, WebSecurity::Tell tell);

/// How make_web_security() is found in the module that agent/web_security_module.h loads.
using MakeWebSecurity = void(const std::string& file, const WebSecurity::Tell& tell,
                             MadeWebSecurity& made);
inline constexpr const char* make_web_security_symbol = "efa_make_web_security";
inline constexpr const char* web_security_build_symbol = "efa_web_security_build";

}  // namespace efa
