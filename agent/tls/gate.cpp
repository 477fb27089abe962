#include "agent/tls/gate.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "agent/exposition/exchange.h"
#include "agent/exposition/http_message.h"

namespace efa {
namespace {

// Always there: exposition/http_message.cpp writes it.
constexpr std::string_view header_of_the_server = "X-Content-Type-Options";

bool is_set(const WebConfig& config, std::string_view name) {
  return std::any_of(config.headers.begin(), config.headers.end(),
                     [name](const auto& header) { return same_word(header.first, name); });
}

// An answer's own headers, without those that the configuration sets.
void add_headers(const WebConfig& config, HttpResponse& response) {
  std::string_view own = response.extra_headers;
  while (!own.empty()) {
    const std::string_view line = own.substr(0, own.find("\r\n"));
    own.remove_prefix(std::min(own.size(), line.size() + 2));
    if (!is_set(config, line.substr(0, line.find(':')))) {
      response.more_headers.append(line).append("\r\n");
    }
  }
  response.extra_headers = {};
  for (const auto& [name, value] : config.headers) {
    if (name != header_of_the_server) {
      response.more_headers.append(name).append(": ").append(value).append("\r\n");
    }
  }
}

}  // namespace

void Gate::answer(const HttpRequest& request, HttpResponse& response, const Server::Handler& next) {
  const auto config = current_();
  if (!within_limit(config->rate_limit)) {
    set_error(response, 429, "Too Many Requests");
  } else if (admit(*config, request, response)) {
    next(request, response);
  }
  if (!config->headers.empty()) {
    add_headers(*config, response);
  }
}

bool Gate::admit(const WebConfig& config, const HttpRequest& request, HttpResponse& response) {
  if (config.users.empty()) {
    return true;
  }
  const auto credentials = parse_basic_authorization(request.authorization);
  const auto answer =
      credentials ? passwords_.check(config.users, *credentials) : PasswordCheck::Answer::wrong;
  if (answer == PasswordCheck::Answer::busy) {
    set_error(response, 503, "too many passwords are being checked");
    response.extra_headers = "Retry-After: 1\r\n";
  } else if (answer == PasswordCheck::Answer::wrong) {
    set_error(response, 401, "Unauthorized");
    response.extra_headers = "WWW-Authenticate: Basic realm=\"efa-agent\"\r\n";
  }
  return answer == PasswordCheck::Answer::right;
}

// A bucket that holds `burst` tokens and gets one each `interval`; a request takes one.
bool Gate::within_limit(const WebConfig::RateLimit& limit) {
  if (limit.interval.count() == 0) {
    return true;
  }
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.now();
  if (limit != limit_) {
    limit_ = limit;
    tokens_ = limit.burst;
    counted_ = now;
  }
  tokens_ =
      std::min<double>(limit.burst, tokens_ + std::chrono::duration<double>(now - counted_) /
                                                  std::chrono::duration<double>(limit.interval));
  counted_ = now;
  if (tokens_ < 1) {
    return false;
  }
  tokens_ -= 1;
  return true;
}

}  // namespace efa
