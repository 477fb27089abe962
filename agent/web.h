#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include "agent/agent.h"
#include "agent/exposition/gzip.h"
#include "agent/exposition/http_server.h"

namespace efa {

/// What the agent answers at which path.
///
///   the telemetry path   a scrape, in the format and encoding that the request prefers
///   /                    what this is, and what it sees
///   /healthz             200 as long as requests are answered
///   /readyz              200 once a first reading is done, 503 before
///
/// Threads  all members are safe to call concurrently
class Web {
 public:
  explicit Web(Agent& agent);

  void answer(const HttpRequest& request, HttpResponse& response);

 private:
  void answer_scrape(const HttpRequest& request, HttpResponse& response);
  void answer_landing_page(HttpResponse& response) const;
  void compress(HttpResponse& response);

  Agent& agent_;
  const std::string telemetry_path_;
  const unsigned max_requests_;
  std::atomic<unsigned> running_{0};
  std::mutex gzip_mutex_;  // guards what follows
  Gzip gzip_;
};

/// How long a scrape may take by the header X-Prometheus-Scrape-Timeout-Seconds: 80 % of it, so
/// that the answer is there in time. Nothing if the header is absent or not a positive number.
std::optional<std::chrono::milliseconds> patience_of(std::string_view scrape_timeout);

}  // namespace efa
