#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "agent/exposition/server.h"
#include "agent/tls/password_check.h"
#include "collectors/base/clock.h"
#include "config/web_config.h"

namespace efa {

/// What a web configuration asks of every request before it is answered, and adds to every answer:
/// the limit of requests, the password, the headers.
///
/// Threads  safe to call concurrently
class Gate {
 public:
  using Current = std::function<std::shared_ptr<const WebConfig>()>;

  Gate(Current current, const Clock& clock, PasswordCheck::Hash hash = bcrypt)
      : current_(std::move(current)), clock_(clock), passwords_(std::move(hash)) {}

  void answer(const HttpRequest& request, HttpResponse& response, const Server::Handler& next);

 private:
  bool within_limit(const WebConfig::RateLimit& limit);
  bool admit(const WebConfig& config, const HttpRequest& request, HttpResponse& response);

  const Current current_;
  const Clock& clock_;
  PasswordCheck passwords_;
  std::mutex mutex_;  // guards what follows
  WebConfig::RateLimit limit_;
  double tokens_ = 0;
  SteadyTime counted_{};
};

}  // namespace efa
