#include <utility>

#include "agent/tls/gate.h"
#include "agent/tls/live_web_config.h"
#include "agent/tls/tls_server.h"
#include "agent/tls/web_security.h"
#include "collectors/base/clock.h"

namespace efa {
namespace {

class LiveWebSecurity final : public WebSecurity {
 public:
  LiveWebSecurity(const std::string& file, Tell tell)
      : files_(file, std::move(tell)), gate_([this] { return config(); }, clock_) {}

  std::vector<ConfigError> start() { return files_.start(); }

  [[nodiscard]] bool uses_tls() const override { return files_.current()->context != nullptr; }
  void reload() override { files_.reload(); }

  [[nodiscard]] Server::Handler guarded(Server::Handler next) override {
    return [this, next = std::move(next)](const HttpRequest& request, HttpResponse& response) {
      gate_.answer(request, response, next);
    };
  }

  [[nodiscard]] std::unique_ptr<Server> serve_tls(std::vector<Listener> listeners, unsigned threads,
                                                  Server::Handler handler,
                                                  Server::Observer observer) override {
    return std::make_unique<TlsServer>(
        std::move(listeners), threads, [this] { return files_.current()->context; },
        std::move(handler), std::move(observer));
  }

 private:
  std::shared_ptr<const WebConfig> config() {
    const auto state = files_.current();
    return {state, &state->config};
  }

  MonotonicClock clock_;
  mutable LiveWebConfig files_;
  Gate gate_;
};

}  // namespace

MadeWebSecurity make_web_security(const std::string& file, WebSecurity::Tell tell) {
  MadeWebSecurity made;
  auto security = std::make_unique<LiveWebSecurity>(file, std::move(tell));
  made.errors = security->start();
  if (made.errors.empty()) {
    made.security = std::move(security);
  }
  return made;
}

}  // namespace efa
